-- Bit strings: the bytes of their number, the lowest first, without those that are zero at the end. One bit is a
-- boolean.
\t \a
create table flags (id int primary key, one bit, one_varying varbit(1), seven bit(7), sixteen bit(16), two varbit(2),
                    wide varbit(64), any_length varbit);
call decode();

insert into flags values (1, B'0', B'0', B'1000000', B'0000000000000001', B'00', B'1', B'101');
insert into flags values (2, B'1', B'1', B'0000001', B'1000000000000000', B'01', B'1' || repeat('0', 63)::varbit,
  B'');
insert into flags values (3, null, '', B'0000000', B'0000000100000000', B'11', repeat('1', 64)::varbit, B'00000000');
insert into flags values (4, null, null, B'1111111', B'1111111100000000', B'1', X'0123456789ABCDEF',
  X'000000000000000001');
select columns();

-- Any length: 10000 bytes of 10011001, and one more bit.
insert into flags (id, any_length) select 5, B'1' || repeat('10011001', 10000)::varbit;
select decode(value::json #>> '{}', 'base64') = decode(repeat('99', 10000) || '01', 'hex')
from raw_events() event, columns_of(event) where name = 'any_length';
drop table flags;

-- Numerics are exact: base64 of the unscaled value, with its scale where the type has none.
\t \a
create table prices (id int primary key, n4 numeric(4), n32 numeric(3,2), n64 numeric(6,4),
                     big numeric(40,10), n numeric);
call decode();

insert into prices values (1, 10.11, 1, 22.22, 1.5, 10.1111);
insert into prices values (2, 22.2, 9.99, 22, 0, 0);
insert into prices values (3, -1, -9.99, -22.22, -1, -1.10);
insert into prices values (4, 127, 1.27, 0.0127, 0.0000000127, 127);
insert into prices values (5, 128, 1.28, 0.0128, 0.0000000128, 128.000);
insert into prices values (6, -128, -1.28, -0.0128, 9223372036.854775807, 0.000);
insert into prices values (7, -129, -1.29, -0.0129, 9223372036.854775808, 100);
insert into prices values (8, null, null, null, 123456789012345678901234567890.0123456789, 1e40);
insert into prices values (9, 'NaN', 'NaN', 'NaN', 'NaN', 'NaN');
insert into prices values (10, null, null, null, null, 1e-40);
insert into prices (id, n) values (11, -123456789012345678901234567890.000000000000000000000000000123456789);
select events();

-- A long one comes back digit for digit.
create function number_of(bytes bytea) returns numeric language sql as $$
  select sum(get_byte(bytes, i) * 256::numeric ^ (length(bytes) - 1 - i))::numeric
         - case when get_byte(bytes, 0) >= 128 then 256::numeric ^ length(bytes) else 0 end
  from generate_series(0, length(bytes) - 1) i
$$;
insert into prices (id, n)
select 12, -translate(string_agg(md5(n::text), ''), 'abcdef', '123456')::numeric from generate_series(1, 10) n;
insert into prices (id, n) select 13, n * 1e-100 + 1e-301 from prices where id = 12;
select scale(n), after->'n'->>'scale',
       number_of(decode(after->'n'->>'value', 'base64')) = n * ('1e' || scale(n))::numeric
from (select event::jsonb->'after' as after from raw_events() event) taken
join prices on id = (after->>'id')::int order by id;
drop table prices;
drop function number_of;

-- Text types, uuid and bytea.
\t \a
create table texts (id int primary key, t text, v varchar(10), c char(4), padded char(10), n name,
                    u uuid, b bytea);
call decode();

insert into texts values (1, 'some text', 'varying', 'cdef', 'abc', 'a_name',
                          'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', '\x010203');
insert into texts values (2, '', '', '', '', '', '00000000-0000-0000-0000-000000000000', '');
insert into texts values (3, ' spaces ', ' ', 'ü', 'ü', 'ü', null, '\x00');
insert into texts values (4, '/slash/', null, null, null, null, null, '\xfbffbf00');
insert into texts values (5, 'größer 大きい 😀', 'ß', '大', '😀', null, null, '\xff');
select events();
drop table texts;

-- Booleans, integers and floats.
\t \a
create table numbers (id int primary key, b boolean, s smallint, i int, l bigint, o oid, r real,
                      d double precision);
call decode();

insert into numbers values (1, true, 1, 123456, 1234567890123, 4000000000, 3.3, 4.44);
insert into numbers values (2, false, -32768, -2147483648, -9223372036854775808, 0, 3, 3);
insert into numbers values (3, null, 32767, 2147483647, 9223372036854775807, 4294967295, 0, 0);
insert into numbers values (4, null, null, null, null, null, 'NaN', 'NaN');
insert into numbers values (5, null, null, null, null, null, 'Infinity', 'Infinity');
insert into numbers values (6, null, null, null, null, null, '-Infinity', '-Infinity');
insert into numbers values (7, null, null, null, null, null, '-0', '-0');
-- Shortest digits that read back the same; an exponent below 10^-3 and from 10^7 up.
insert into numbers values (8, null, null, null, null, null, 0.1, 0.1);
insert into numbers values (9, null, null, null, null, null, 0.001, 0.0009999);
insert into numbers values (10, null, null, null, null, null, 9999999, 10000000);
insert into numbers values (11, null, null, null, null, null, 1e21, 1e21);
insert into numbers values (12, null, null, null, null, null, 1e-45, 5e-324);
insert into numbers values (13, null, null, null, null, null, 3.4028235e38, 1.7976931348623157e308);
insert into numbers values (14, null, null, null, null, null, 16777216, 12345678.9);
select events();
drop table numbers;

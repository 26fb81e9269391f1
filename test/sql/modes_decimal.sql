-- Numerics and money in each mode: exact bytes, the nearest double, digits.
\t \a
create table prices (id int primary key, n4 numeric(4), n32 numeric(3,2), n64 numeric(6,4), n numeric,
                     ns numeric(10,2)[], nv numeric[], m money);
create table numbers (id int primary key, n numeric);
call decode();

insert into prices values (1, 10.11, 1, 22.22, 10.1111, '{1.2,3.4,5.6}', '{1.1,2.22,3.333}', '1234.11');
insert into prices values (2, 22.2, 9.99, 22, 22.2200, '{-0.01,NULL,0}', '{1e10,1e-10,-0}', '-1234.11');
insert into prices values (3, 'NaN', 'NaN', 'NaN', 'NaN', '{NaN,1}', '{NaN,1}', 0);
insert into numbers values (4, 0), (5, 0.000), (6, -1.10), (7, 1e40), (8, 1e-40), (9, 128.000), (10, 100);
-- Where doubles are shortened, written with an exponent, or too small and too large.
insert into numbers values (11, 0.1), (12, 12345678.9), (13, 0.0001), (14, 123456789012345678901234567890.0123456789),
                           (15, 4.35), (16, 9007199254740993), (17, 1e-400);
select shorten(modes('decimal', 'precise', 'double', 'string'));
insert into numbers values (18, 1e309), (19, -1e309);
select columns('decimal', 'double');
drop table prices, numbers;

-- Infinities, and scales outside the precision, in each mode.
\t \a
create table extremes (id int primary key, thousands numeric(3,-3), tiny numeric(3,5), n numeric, ns numeric[]);
call decode();

insert into extremes values (1, 12345, 0.00123, 'Infinity', '{Infinity,-Infinity}');
insert into extremes values (2, -999499, -0.00999, '-Infinity', '{}');
insert into extremes values (3, 0, 0, 0, null);
select modes('decimal', 'precise', 'double', 'string');
drop table extremes;

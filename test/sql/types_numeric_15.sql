-- Numerics that only 15 and later know: scales outside the precision, infinities.
\t \a
create table extremes (id int primary key, thousands numeric(3,-3), tiny numeric(3,5), n numeric);
call decode();

insert into extremes values (1, 12345, 0.00123, 'Infinity');
insert into extremes values (2, -999499, -0.00999, '-Infinity');
insert into extremes values (3, 0, 0, 0);
insert into extremes values (4, 400, 0.000001, 1);
insert into extremes values (5, 'NaN', 'NaN', 'NaN');
select events();
drop table extremes;

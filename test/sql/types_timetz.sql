-- Times with a zone are told in UTC, without zeros at the end, in every mode alike.
\t \a
create table shifts (id int primary key, t timetz, t0 timetz(0), t3 timetz(3));
call decode();

insert into shifts values (1, '13:51:30.123789+02', '13:51:30+02', '13:51:30.123+02');
insert into shifts values (2, '13:51:30.120000+02', '00:00+00', '11:51:02.500Z');
insert into shifts values (3, '24:00+00', '23:59:59.999999+00', '24:00:00+00');
-- Over midnight on either side, zones with minutes and seconds.
insert into shifts values (4, '01:30+05:30', '23:30-05:30', '00:00:00.001+15:59:59');
insert into shifts values (5, '00:00+15:59:59', '24:00-15:59', '24:00+01');
insert into shifts values (6, '24:00-01', '23:59:59.999999-00:00:01', null);
select columns();
insert into shifts values (7, '13:51:30.123789+02');
select modes('time', 'adaptive', 'adaptive_time_microseconds', 'connect', 'isostring', 'microseconds', 'nanoseconds');
drop table shifts;

-- Intervals without end.
\t \a
create table spans (id int primary key, i interval);
call decode();

insert into spans values (1, 'infinity'), (2, '-infinity'),
  (3, '178956970 years 7 mons 2147483647 days 2562047788:00:54.775806');
select modes('interval', 'numeric', 'string');
insert into spans values (4, 'infinity'), (5, '-infinity');
select columns('format', 'wal-listener');
drop table spans;

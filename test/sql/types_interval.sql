-- Intervals are microseconds, a month being 365.25 / 12 days.
\t \a
create table spans (id int primary key, i interval);
call decode();

insert into spans values (1, '1 year'), (2, '1 month'), (3, '1 day'), (4, '0');
insert into spans values (5, '1 year 2 months 3 days 04:05:06.78'), (6, '-1 year -2 months +3 days -04:05:06');
-- Those that do not fit into 64 bits are null.
insert into spans values (7, '178000000 years'), (8, '2147483647 days'), (9, '106751991 days');
select events();
drop table spans;

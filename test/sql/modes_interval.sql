-- Intervals in each mode: microseconds, or a period with every part.
\t \a
create table spans (id int primary key, i interval, i0 interval(0), days interval day, many interval[]);
create table more (id int primary key, i interval);
set intervalstyle = 'sql_standard';
call decode();

insert into spans values (1, '1 year 2 mons 3 days 04:05:06.78', '04:05:06.78', '3 days',
  '{"1 mon -2 days","00:00:01"}');
insert into spans values (2, '0', '0', '0', '{}'), (3, '1 year', '1 mon', '-1 day', '{NULL}');
insert into more values (4, '-1 year -2 mons +3 days -04:05:06'), (5, '-00:00:00.000001'), (6, '00:00:59.999999'),
                        (7, '1 mon -1 day 00:00:00.5'), (8, '36:00:00'), (9, '-1 mon'), (10, '13 mons'),
                        (11, '25 days -25:00:00.5');
-- The ends: what microseconds cannot hold is null.
insert into more values (12, '178000000 years 2147483647 days'), (13, '-178000000 years -2147483648 days'),
                        (14, interval '2147483647:00:00' + '414564141:00:54.775807'),
                        (15, interval '-2147483647:00:00' - '414564141:00:54.775807'),
                        (16, '106751991 days 04:00:54.775807'), (17, '106751991 days 04:00:54.775808');
select modes('interval', 'numeric', 'string');
drop table spans, more;

-- Dates, times and timestamps in each mode.
\t \a
create table moments (id int primary key, d date, t time, t0 time(0), t3 time(3), t4 time(4), ts timestamp,
                      ts0 timestamp(0), ts3 timestamp(3), ts4 timestamp(4), tz timestamptz, tz0 timestamptz(0));
create table far (id int primary key, d date, ts timestamp, ts3 timestamp(3));
set timezone = 'Asia/Kolkata';
set datestyle = 'SQL, DMY';
call decode();

insert into moments values (1, '2017-09-15', '04:05:11.789', '04:05:11', '04:05:11.789', '04:05:11.789',
  '2019-07-09 02:28:57.123456', '2019-07-09 02:28:57', '2019-07-09 02:28:57.123', '2019-07-09 02:28:57.1234',
  '2019-07-09 02:28:57.123456Z', '2019-07-09 02:28:57Z');
insert into moments values (2, '1970-01-01', '00:00', '00:00', '00:00', '00:00', 'epoch', 'epoch', 'epoch', 'epoch',
  'epoch', 'epoch');
insert into moments values (3, '1969-12-31', '24:00', '24:00', '24:00', '24:00', '1969-12-31 23:59:59.999999',
  '1969-12-31 23:59:59', '1969-12-31 23:59:59.999', '1969-12-31 23:59:59.9999', '1969-12-31 23:59:59.999999Z',
  '1969-12-31 23:59:59Z');
insert into moments values (4, 'infinity', '23:59:59.999999', '23:59:59', '23:59:59.999', '23:59:59.9999',
  'infinity', 'infinity', 'infinity', 'infinity', 'infinity', 'infinity');
insert into moments values (5, '-infinity', null, null, null, null, '-infinity', '-infinity', '-infinity',
  '-infinity', '-infinity', '-infinity');
-- Before Christ, and far ahead.
insert into far values (6, '0044-03-15 BC', '0044-03-15 12:00 BC', '0044-03-15 12:00 BC');
insert into far values (7, '4714-11-24 BC', '4714-11-24 BC', '4714-11-24 BC');
insert into far values (8, '5874897-12-31', '294276-12-31T23:59:59.999999', '294276-12-31T23:59:59.999');
insert into far values (9, '9999-12-31', '9999-12-31 23:59:59.999999', '10000-01-01');
-- The ends of what 64 bits of nanoseconds hold.
insert into far (id, ts) values (10, '2262-04-11 23:47:16.854775'), (11, '2262-04-11 23:47:16.854776'),
                                (12, '1677-09-21 00:12:43.145225'), (13, '1677-09-21 00:12:43.145224');
select modes('time', 'adaptive', 'adaptive_time_microseconds', 'connect', 'isostring', 'microseconds', 'nanoseconds');

-- In arrays alike.
create table lists (id int primary key, d date[], t time[], t3 time(3)[], ts timestamp[], ts3 timestamp(3)[],
                    tz timestamptz[], tz1 timestamptz(1)[]);
insert into lists values (1, '{2017-09-15,infinity}', '{04:05:11.789,24:00}', '{04:05:11.789}',
                          '{2019-07-09 02:28:57.123456,-infinity}', '{2019-07-09 02:28:57.123,NULL}',
                          '{2019-07-09 02:28:57.123456+00}', '{2019-07-09 02:28:57.5+00}');
select modes('time', 'adaptive', 'adaptive_time_microseconds', 'connect', 'isostring', 'microseconds', 'nanoseconds');
drop table moments, far, lists;

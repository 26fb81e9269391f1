-- Dates and times: numbers since 1970, microseconds from four digits on.
\t \a
create table moments (id int primary key, d date, t time, t0 time(0), t3 time(3), t4 time(4));
create table stamps (id int primary key, ts timestamp, ts0 timestamp(0), ts1 timestamp(1),
                     ts2 timestamp(2), ts3 timestamp(3), ts4 timestamp(4), ts5 timestamp(5),
                     ts6 timestamp(6));
create table zoned (id int primary key, tz timestamptz, tz0 timestamptz(0), tz3 timestamptz(3));
set datestyle = 'ISO, YMD';
call decode();

insert into moments values (1, '2016-11-04', '13:51:30.123456', '13:51:30', '13:51:30.123', '13:51:30.1234');
insert into moments values (2, '1970-01-01', '00:00', '00:00', '00:00', '00:00');
insert into moments values (3, '1969-12-31', '24:00', '24:00', '24:00', '24:00');
insert into moments values (4, 'infinity', '04:05:11.789', '23:59:59', '23:59:59.999', '23:59:59.9999');
insert into moments values (5, '-infinity', '23:59:59.999999');
insert into moments values (6, '4714-11-24 BC'), (7, '5874897-12-31'), (8, '0044-03-15 BC');
select events();

insert into stamps select 1, ts, ts, ts, ts, ts, ts, ts, ts from (select timestamp '2019-07-09 02:28:57.123456' ts) v;
insert into stamps select 2, ts, ts, ts, ts, ts, ts, ts, ts from (select timestamp 'infinity' ts) v;
insert into stamps select 3, ts, ts, ts, ts, ts, ts, ts, ts from (select timestamp '-infinity' ts) v;
insert into stamps
select 4, ts, ts, ts, ts, ts, ts, ts, ts from (select timestamp '1969-12-31 23:59:59.999999' ts) v;
insert into stamps values (5, '2016-11-04T13:51:30.123456'), (6, '21016-11-04T13:51:30.123456');
insert into stamps values (7, '294247-01-01T23:59:59.999999'), (8, '4714-11-24 BC'), (9, '0044-03-15 12:00 BC');
-- Past what 64 bits of microseconds hold; milliseconds do.
insert into stamps values (10, '294276-12-31T23:59:59.999999', null, null, null, '294276-12-31T23:59:59.999');
select events();

insert into zoned values (1, '2016-11-04T13:51:30.123456+02:00',
                          '2016-11-04T13:51:30+02:00', '2016-11-04T13:51:30.5+02');
insert into zoned values (2, '2000-01-01 00:00 Asia/Kolkata', 'epoch', 'epoch');
insert into zoned values (3, 'infinity', 'infinity', 'infinity'), (4, '-infinity', '-infinity', '-infinity');
insert into zoned values (5, '21016-11-04T06:51:30.123456Z'), (6, '294247-01-01T23:59:59.999999Z');
insert into zoned values (7, '4714-12-31T23:59:59.999999Z BC'), (8, '0044-03-15 00:00Z BC'),
                         (9, '0001-12-31 23:59Z BC');
insert into zoned values (10, '294276-12-31T23:59:59.999999Z'), (11, '4714-11-24 00:00Z BC');
select events();
drop table moments, stamps, zoned;

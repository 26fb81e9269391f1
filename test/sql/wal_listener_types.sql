-- Format wal-listener: values are natural JSON.
\t \a
create type mood as enum ('sad', 'it''s "fine"');
create type place as (street text, number int);
create domain positive as int check (value > 0);
create domain net_price as numeric(10,2);
create table plain (id int primary key, b boolean, t text, v varchar(10), c char(4), n name, ch "char", u uuid,
                    e mood, d positive, p net_price, r regclass, l pg_lsn);
create table documents (id int primary key, j json, jb jsonb, x xml);
create table bytes (id int primary key, b bytea, bits varbit, b1 bit, b3 bit(3));
create table times (id int primary key, d date, t time, t0 time(0), tz timetz, ts timestamp, ts0 timestamp(0),
                    ts3 timestamp(3), at timestamptz, at0 timestamptz(0), i interval);
create table others (id int primary key, m money, ip inet, c cidr, ma macaddr, r int4range, tr tstzrange, p place,
                     pt point, b box, ts tsvector, q tsquery);
set timezone = 'Asia/Kolkata';
set datestyle = 'SQL, DMY';
set intervalstyle = 'sql_standard';
set bytea_output = 'escape';
call decode();

insert into plain values (1, true, 'some text', 'varying', 'ab', 'a_name', 'x',
                          'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', 'it''s "fine"', 7, 1.5, 'plain', '16/B374D848');
insert into plain values (2, false, E'größer 😀 "quoted" back\\slash\nline\ttab', '', '', '', '', null, 'sad', null,
  null, 0, null);
insert into plain (id) values (3);

-- jsonb is nested as it is, json is its text.
insert into documents values (1, '{ "b" :1,"a":[1, 2]}', '{ "b" :1,"a":[1, 2]}', '<a href="x">&amp;</a>');
insert into documents values (2, 'null', 'null', '');
insert into documents values (3, '1.0', '12345678901234567890.10'),
                             (4, '"\u00fc\n\"q\""', '"\u00fc\n\"q\""'), (5, '[]', '{}'), (6, '1E3', '1E3'),
                             (7, null, null), (8, '{"😀": "😀"}', '{"😀": "😀"}');

insert into bytes values (1, '\x010203', '101', '1', '011'), (2, '', '', '0', '000'),
  (3, '\xfbffbf00', null, null, null);

-- Timestamps in RFC 3339, the rest in ISO style.
insert into times values (1, '2016-11-04', '13:51:30.123456', '13:51:30', '13:51:30.123+02',
                          '2016-11-04 13:51:30.123456', '2016-11-04 13:51:30', '2016-11-04 13:51:30.120',
                          '2016-11-04 13:51:30.123456+02', '2016-11-04 13:51:30+02',
                          '1 year 2 mons 3 days 04:05:06.78');
insert into times values (2, 'epoch', '24:00', '00:00', '24:00+00', 'epoch', 'epoch', 'epoch', 'epoch', 'epoch', '0');
insert into times values (3, 'infinity', null, null, null, 'infinity', 'infinity', 'infinity', 'infinity',
  'infinity', '-1 mon +2 days -00:00:00.5');
insert into times values (4, '-infinity', null, null, '00:00-05:30', '-infinity', '-infinity', '-infinity',
  '-infinity', '-infinity', '36:00');
insert into times values (5, '0044-03-15 BC', null, null, null, '0044-03-15 12:00 BC', null, null,
  '0044-03-15 12:00Z BC', null, null);
insert into times values (6, '5874897-12-31', null, null, null, '294276-12-31 23:59:59.999999', null, null,
  '10000-01-01 00:00Z', null, null);
insert into times values (7, '0001-12-31 BC', null, null, null, '0001-12-31 BC', null, null,
  '9999-12-31 23:59:59.999999Z', null, null);

insert into others values (1, '-1234.11', '192.168.2.0/12', '10', '08-00-2b-01-02-03', '[1000,6000)',
                           '[2019-03-31 15:30:00+00,infinity)', '("Main ""St"", 5",7)', '(1.5,-2)', '(3,4),(1,2)',
                           '''a'':1 ''b''', '''fat'' & !''rat''');
insert into others (id) values (2);
select columns('format', 'wal-listener');
drop table plain, documents, bytes, times, others;
drop domain positive, net_price;
drop type mood, place;

-- Arrays are JSON arrays, each element as a value of its type.
\t \a
create type mood as enum ('sad', 'it''s "fine"');
create table lists (id int primary key, i2 int2[], i4 int[], i8 bigint[], o oid[], r real[], d double precision[],
  b boolean[]);
create table texts (id int primary key, t text[], v varchar(10)[], c char(10)[], u uuid[], e mood[], j json[],
  jb jsonb[]);
create table addresses (id int primary key, i inet[], c cidr[], m macaddr[], m8 macaddr8[]);
create table ranges (id int primary key, i4 int4range[], i8 int8range[], n numrange[], ts tsrange[], tz tstzrange[],
  d daterange[]);
create table decimals (id int primary key, n numeric[], n2 numeric(10,2)[], b bytea[]);
create table times (id int primary key, d date[], t time[], t3 time(3)[], tz timetz[], ts timestamp[],
                    ts3 timestamp(3)[], at timestamptz[], at0 timestamptz(0)[]);
set timezone = 'Asia/Kolkata';
set datestyle = 'SQL, DMY';
call decode();

insert into lists values (1, '{1,-32768,NULL}', '{1,2,3}', '{1550166368505037572}', '{3,4000000000}', '{3,3.3,NaN}',
                          '{4.44,1e21,-Infinity}', '{t,f,NULL}');
insert into lists values (2, '{}', '{NULL}', '{}', '{}', '{}', '{}', '{}'),
  (3, null, null, null, null, null, null, null);
insert into texts values (1, '{one,two,three}', '{a,NULL,""}', '{cone,ctwo,cthree}',
                          '{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}', '{sad,"it''s \"fine\""}',
                          '{"{\"a\" : 1}",NULL}', '{"{\"a\" : 1}","null"}');
insert into texts values (2, E'{"quote \\" comma, brace { backslash \\\\",NULL,"NULL","","größer 😀","line\nbreak"}');
insert into addresses values (1, '{192.168.2.0/12,::1}', '{192.168.100.128/25,10}',
                              '{08:00:2b:01:02:03,08-00-2b-01-02-03,08002b:010203}', '{08:00:2b:01:02:03:04:05}');
insert into ranges values (1, '{"[1000,6000)",empty}', '{"[1000000,6000000)"}', '{"[5.3,6.3)","(,)"}',
                           '{"[2019-03-31 15:30:00,infinity)"}', '{"[2019-03-31 15:30:00+00,)"}',
                           '{"[2019-03-31,infinity)"}');
insert into decimals values (1, '{1.1,2.22,3.333}', '{1.2,3.4,5.6}', '{"\\x000102","\\x030405"}');
insert into decimals values (2, '{NaN,1.50,100}', '{NaN,0,-0.01}', '{"",NULL}');
insert into times values (1, '{2016-11-04,infinity}', '{00:01:02,01:02:03}', '{00:01:02.003}',
                          '{13:51:30.123789+02,24:00+00}', '{2020-04-01 00:01:02,2020-04-01 01:02:03}',
                          '{2020-04-01 00:01:02.003,-infinity}', '{2020-04-01 13:51:02+02,2020-04-01 14:51:03+02}',
                          '{2020-04-01 13:51:02+02,infinity}');
select columns();

-- A domain over an array is an array. The labels of an enum are those of the time of the change.
create domain pair as int[] check (array_length(value, 1) = 2);
create table pairs (id int primary key, p pair, m mood[]);
insert into pairs values (1, '{1,2}', '{sad}');
alter type mood rename value 'sad' to 'gloomy';
insert into pairs values (2, '{3,4}', '{gloomy}');
select columns();
drop table lists, texts, addresses, ranges, decimals, times, pairs;
drop domain pair;
drop type mood;

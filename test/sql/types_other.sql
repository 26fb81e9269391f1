-- Any other type is the server's text in a string.
\t \a
create type mood as enum ('sad', 'ok', 'it''s "fine"');
create type place as (street text, number int);
create table others (id int primary key, v text[], n int[], f float8[], e mood, es mood[], i inet, c cidr,
                     m macaddr, r int4range, tr tstzrange, p place, ps place[], money money, b1 bit(1),
                     b7 bit(7), vb varbit, x xml, ch "char", tz timetz, rc regclass, lsn pg_lsn, ts tsvector,
                     pt point);
set timezone = 'Asia/Kolkata';
call decode();

insert into others values (
  1, '{one,"t\"w,o",NULL,""}', '[2:3]={7,NULL}', '{0.1,NaN}', 'it''s "fine"', '{sad,"it''s \"fine\""}',
  '192.168.2.0/12', '192.168.100.128/25', '08-00-2b-01-02-03', '[1000,6000)',
  '[2019-03-31 15:30:00+00,infinity)', '("Main ""St"", 5",7)', '{"(a,1)","(,)"}', '-1234.11', B'1', B'1000000',
  B'101', '<a href="x">&amp;</a>', 'x', '13:51:30.123+02', 'others', '16/B374D848', '''a'':1 ''b''', '(1.5,-2)');
insert into others (id) values (2);
insert into others (id, v, n, vb, ts, x) values (3, '{}', '{{1,2},{3,4}}', '', '', '');
select events();

-- The label is that of the time of the change.
insert into others (id, e) values (4, 'ok');
alter type mood rename value 'ok' to 'well';
insert into others (id, e) values (5, 'well');
alter type mood add value 'happy';
insert into others (id, e) values (6, 'happy');
select event::jsonb->'after'->>'e' from raw_events() event;
drop table others;
drop type mood, place;

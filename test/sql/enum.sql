-- Labels of enums as of each change.
\t \a
create type mood as enum ('sad', 'it''s "ok"', E'two\nlines', 'ünïcode 😀', 'back\slash', '');
create table diary (id serial primary key, m mood, a mood[] default '{}', n mood not null default 'sad');
call decode();

insert into diary (m, a) select m, array[m, null] from unnest(enum_range(null::mood)) m;
select events();

-- New labels, before and behind, and one that is renamed.
alter type mood add value 'glad';
alter type mood add value 'blue' before 'sad';
insert into diary (m, a) values ('glad', '{blue,glad}');
alter type mood rename value 'glad' to 'happy';
insert into diary (m, a) values ('happy', '{blue,happy}');
alter type mood rename value 'happy' to 'sad 2';
alter type mood rename value 'sad' to 'happy';
insert into diary (m) values ('sad 2'), ('happy');
select events();

-- In one transaction; rolled back.
begin;
insert into diary (m) values ('blue');
alter type mood rename value 'blue' to 'green';
insert into diary (m) values ('green');
alter type mood rename to temper;
savepoint s;
alter type temper rename value 'green' to 'red';
insert into diary (m) values ('red');
rollback to s;
insert into diary (m) values ('green');
commit;
begin;
alter type temper rename value 'green' to 'red';
rollback;
insert into diary (m) values ('green');
select events();

-- A type that is made, used and dropped in one transaction.
begin;
create type brief as enum ('a');
create table notes (id int primary key, b brief, bs brief[]);
insert into notes values (1, 'a', '{a}');
alter type brief rename value 'a' to 'z';
insert into notes values (2, 'z', '{z}');
alter table notes alter b type text, alter bs type text[];
drop type brief;
insert into notes values (3, 'text', '{text}');
commit;
select events();

-- As a key, in the old image and in the subject.
create type level as enum ('low', 'high level');
create table alarms (l level primary key, note text);
insert into alarms values ('low'), ('high level');
alter type level rename value 'low' to 'lower';
update alarms set note = 'x' where l = 'lower';
delete from alarms where l = 'lower';
select frame_subject(frame) || ' ' || (frame_body(frame)::json->'before')::text
from frames('subject', 'app.{table}.{action}.{key}', 'name', 'app') frame where get_byte(frame, 4) = 2;
drop table diary, notes, alarms;
drop type temper, level;

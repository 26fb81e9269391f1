-- What an update or delete shows of the old row changes with the table's identity.
\t \a
create table people (id int primary key, code text not null, name text);
create unique index people_code on people (code);
insert into people select n, 'c' || n, 'name ' || n from generate_series(1, 40) n;
call decode();

delete from people where id = 1;
alter table people replica identity full;
delete from people where id = 2;
alter table people replica identity using index people_code;
delete from people where id = 3;
update people set id = id + 100 where id = 4;
update people set code = 'x5' where id = 5;
alter table people replica identity nothing;
delete from people where id = 6;
alter table people replica identity default;
delete from people where id = 7;
select events();

-- Within one transaction, and rolled back.
begin;
delete from people where id = 8;
alter table people replica identity full;
delete from people where id = 9;
savepoint s;
alter table people replica identity using index people_code;
delete from people where id = 10;
rollback to s;
delete from people where id = 11;
alter table people replica identity using index people_code;
delete from people where id = 12;
commit;
select events();

-- The index of the identity is gone: nothing of old rows is logged.
drop index people_code;
delete from people where id = 13;
update people set id = 114 where id = 14;
create unique index people_code on people (code);
delete from people where id = 15;
alter table people replica identity using index people_code;
alter index people_code rename to people_by_code;
alter table people rename code to sign;
delete from people where id = 16;
select events();

-- The primary key: dropped, made of another column, its column renamed.
alter table people replica identity default;
delete from people where id = 17;
begin;
alter table people drop constraint people_pkey;
delete from people where id = 18;
update people set id = 119 where id = 19;
alter table people add primary key (sign);
update people set id = 120 where id = 20;
update people set sign = 'x21' where id = 21;
alter table people rename sign to mark;
delete from people where id = 22;
alter table people drop constraint people_pkey, add primary key (mark, id);
delete from people where id = 23;
update people set id = 124 where id = 24;
commit;
delete from people where id = 25;
begin;
alter table people drop constraint people_pkey, add primary key (id);
rollback;
delete from people where id = 26;
alter table people rename mark to sign;
alter table people drop constraint people_pkey;
alter table people add primary key (name, id);
alter table people drop id;
alter table people alter name drop not null;
delete from people where sign = 'c27';
alter table people add id serial primary key;
delete from people where sign = 'c28';
select events();

-- The key of a frame is that of the change as well.
insert into people values ('f1', 'frame 1', 101);
begin;
update people set name = 'frame 2' where id = 101;
alter table people drop constraint people_pkey, add primary key (sign);
update people set name = 'frame 3' where id = 101;
alter table people replica identity using index people_by_code;
update people set name = 'frame 4' where id = 101;
alter table people replica identity full;
update people set name = 'frame 5' where id = 101;
alter table people drop constraint people_pkey;
update people set name = 'frame 6' where id = 101;
commit;
select frame_subject(frame) || ' ' || (frame_body(frame)::json->'after'->>'name')
from frames('name', 'app', 'subject', 'app.{table}.{key}') frame where get_byte(frame, 4) = 2;
drop table people;

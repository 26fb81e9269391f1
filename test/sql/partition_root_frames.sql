-- Option partition_root in frames and format wal-listener: subject, table and key of the root, whatever the
-- partition's order.
\t \a
create table readings (id int, at int not null, value int, primary key (at, id)) partition by range (at);
create table readings_1 (value int, at int not null, id int not null);
alter table readings attach partition readings_1 for values from (1) to (2);
create table readings_2 partition of readings for values from (2) to (3);
call decode();

insert into readings values (7, 1, 10), (8, 2, 20);
update readings set value = 11 where id = 7;
update readings set id = 9 where id = 7;
update readings set at = 2 where id = 9;
delete from readings where id = 8;
select chr(get_byte(frame, 5)) as op, frame_number(frame, 16, 8) as ordinal, frame_number(frame, 24, 4) as part,
  frame_subject(frame), frame_table(frame), frame_key(frame)
from frames('name', 'app', 'partition_root', 'on', 'subject', '{name}.{table}.{action}.{key}') frame
  where get_byte(frame, 4) = 2;

insert into readings values (7, 1, 10);
update readings set value = 11 where id = 7;
update readings set id = 10 where id = 7;
update readings set at = 2 where id = 10;
delete from readings where id = 10;
select listener_events('partition_root', 'on');

-- With transactions: counted under the root's name.
begin;
insert into readings values (11, 1, 10), (11, 2, 10);
commit;
select event::json->'data_collections' from raw_events('partition_root', 'on', 'transactions', 'on') event
  where event::json->>'status' = 'END';

-- With an origin.
select from pg_replication_origin_create('node b');
select from pg_replication_origin_session_setup('node b');
insert into readings values (12, 1, 10);
truncate readings;
select from pg_replication_origin_session_reset();
insert into readings values (13, 1, 10);
select events('partition_root', 'on', 'origin', 'none', 'operations', 'insert,truncate');
select from pg_replication_origin_drop('node b');
drop table readings;

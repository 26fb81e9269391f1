-- Option partition_root: rows of partitions under the name and in the columns of their root.
\t \a
create table readings (id int, dropped int, at date not null, value int, note text default 'none',
  primary key (id, at)) partition by range (at);
alter table readings drop column dropped;
create table readings_2023 partition of readings for values from ('2023-01-01') to ('2024-01-01');
-- In another order, with columns that are gone.
create table readings_2024 (note text, gone int, value int, at date not null, gone_too text, id int not null);
alter table readings_2024 drop column gone, drop column gone_too;
alter table readings attach partition readings_2024 for values from ('2024-01-01') to ('2025-01-01');
create table readings_later partition of readings default partition by list (id);
create table readings_later_1 (value int, note text, id int not null, at date not null);
alter table readings_later attach partition readings_later_1 for values in (1);
create table readings_later_2 partition of readings_later default;
call decode();

insert into readings values (1, '2023-05-01', 10), (1, '2024-05-01', 20), (1, '2030-05-01', 30);
insert into readings values (2, '2030-05-01', 40, null);
update readings set value = value + 1;
-- Rows that are written into a partition by its own name.
insert into readings_2024 (id, at, value) values (3, '2024-01-01', 50);
update readings_2024 set note = 'x' where id = 3;
select events('partition_root', 'on');

-- A key that changes within a partition; a move is a delete and an insert in the log.
update readings set id = 4 where id = 3;
update readings set at = '2024-06-01' where at = '2023-05-01';
update readings set at = '2023-06-01', id = 5 where id = 2;
delete from readings where at = '2030-05-01';
delete from readings_2024 where id = 4;
select events('partition_root', 'on');

-- The same without: partitions by their own names.
insert into readings values (6, '2024-05-01', 20), (1, '2030-05-01', 30);
delete from readings where id = 6;
select events('partition_root', 'off');

-- Filters go by the root's name, and only by that.
insert into readings values (7, '2024-05-01', 20), (1, '2031-05-01', 30);
select events('partition_root', 'on', 'tables', 'public.readings');
insert into readings values (8, '2024-05-01', 20);
select events('partition_root', 'on', 'tables', 'readings_2024');
insert into readings values (9, '2024-05-01', 20);
select events('partition_root', 'on', 'exclude_tables', 'readings_*');
insert into readings values (10, '2024-05-01', 20);
select events('partition_root', 'on', 'exclude_tables', 'readings');

-- FULL identity is that of the partition; out-of-line values come from its old row.
alter table readings_2024 replica identity full;
update readings set value = 0 where id = 10;
update readings set id = 11 where id = 10;
delete from readings where id = 11;
alter table readings_2023 alter note set storage external;
insert into readings values (12, '2023-01-01', 1, repeat('x', 5000));
update readings set value = 2 where id = 12;
select shorten(events('partition_root', 'on'));

-- Detached it is a table of its own; so is one that never was a partition.
alter table readings detach partition readings_2024;
insert into readings_2024 (id, at, value) values (13, '2024-01-01', 1);
create table alone (id int primary key);
insert into alone values (1);
select events('partition_root', 'on');
-- Attached it is a partition again, renamed roots included.
alter table readings attach partition readings_2024 for values from ('2024-01-01') to ('2025-01-01');
insert into readings_2024 (id, at, value) values (14, '2024-01-01', 1);
alter table readings rename to measurements;
insert into readings_2024 (id, at, value) values (15, '2024-01-01', 1);
alter table measurements rename column value to reading;
insert into readings_2024 (id, at, reading) values (16, '2024-01-01', 1);
alter table measurements add column unit text default 'm';
update measurements set reading = 2 where id = 16;
select events('partition_root', 'on');

-- Plain inheritance is none of this.
create table parent (id int primary key);
create table child (extra int) inherits (parent);
insert into parent values (1);
insert into child values (2, 3);
select events('partition_root', 'on');
drop table measurements, alone, parent, child;

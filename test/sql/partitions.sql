-- Partitions go by their own names; a move is a delete and an insert.
\t \a
create table readings (id int, at date not null, value int, primary key (id, at)) partition by range (at);
create table readings_2023 partition of readings for values from ('2023-01-01') to ('2024-01-01');
create table readings_2024 (value int, dropped int, at date not null, id int not null);  -- in another order
alter table readings_2024 drop column dropped;
alter table readings attach partition readings_2024 for values from ('2024-01-01') to ('2025-01-01');
create table readings_later partition of readings default partition by list (id);
create table readings_later_1 partition of readings_later for values in (1);
call decode();

insert into readings values (1, '2023-05-01', 10), (1, '2024-05-01', 20), (1, '2030-05-01', 30);
update readings set value = 11 where at = '2023-05-01';
update readings set at = '2024-06-01' where at = '2023-05-01';
delete from readings where at = '2030-05-01';
select events();

-- A partition that was a table of its own, and is again.
alter table readings detach partition readings_2023;
insert into readings_2023 values (2, '2023-01-01', 1);
select events('tables', 'readings');
insert into readings values (1, '2031-01-01', 1), (1, '2024-01-01', 2);
select events('tables', 'readings*_1');

-- TRUNCATE: the partitions, not the root, which never has rows.
truncate readings;
select events('operations', 'truncate');
drop table readings, readings_2023;

-- Plain inheritance.
create table parent (id int primary key);
create table child (extra int) inherits (parent);
select from raw_events();
insert into parent values (1);
insert into child values (2, 3);
update parent set id = id + 10;
delete from parent where id = 12;
select events();
drop table parent, child;

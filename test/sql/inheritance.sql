-- Plain inheritance: each row under the table that holds it, with that table's columns.
\t \a
create table cities (id int primary key, name text, area int);
create table capitals (state text, primary key (id)) inherits (cities);
create table ports (depth int default 3) inherits (cities);
create table harbours (cranes int) inherits (ports, capitals);
call decode();

insert into cities values (1, 'Bonn', 141);
insert into capitals values (2, 'Rome', 1285, 'IT');
insert into ports values (3, 'Kiel', 119);
insert into harbours values (4, 'Oslo', 454, 9, 'NO', 12);
update cities set area = area + 1;
update capitals set id = 20 where id = 2;
delete from cities where id >= 3;
select events();

-- With the option for partitions nothing changes: a parent is no root.
insert into capitals values (5, 'Bern', 52, 'CH');
select events('partition_root', 'on');

-- Changes of the parent reach its children.
alter table cities add people int default 7;
insert into capitals values (6, 'Wien', 415, 'AT');
alter table cities rename area to size;
insert into harbours (id, name, size, people, state) values (7, 'Riga', 304, 8, 'LV');
alter table cities drop name;
update capitals set people = 9 where id = 20;
alter table capitals no inherit cities;
insert into capitals values (8, 1, 'XX', 10);
truncate cities;
select events('operations', 'insert,update,delete,truncate');
set client_min_messages = warning;
drop table cities, capitals cascade;

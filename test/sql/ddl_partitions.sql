-- A partition goes by its root's name and columns as of each change, where that is asked for.
\t \a
create schema house;
create table house.rooms (id int, floor int, name text, primary key (id, floor)) partition by list (floor);
create table house.rooms_0 partition of house.rooms for values in (0);
create table house.rooms_1 (name text, floor int not null, id int not null, primary key (id, floor));
call decode();

insert into house.rooms_1 values ('own', 1, 1);
alter table house.rooms attach partition house.rooms_1 for values in (1);
insert into house.rooms values (2, 1, 'shared');
alter table house.rooms rename to chambers;
insert into house.chambers values (3, 1, 'renamed'), (4, 0, 'renamed');
alter schema house rename to home;
insert into home.chambers values (5, 1, 'moved');
alter table home.chambers rename name to title;
insert into home.chambers values (6, 1, 'retitled');
alter table home.rooms_1 rename to attic;
insert into home.chambers values (7, 1, 'leaf renamed');
alter table home.chambers add size int default 9;
insert into home.chambers values (8, 1, 'wider');
alter table home.chambers drop title;
insert into home.chambers values (9, 1, 90);
alter table home.chambers detach partition home.attic;
insert into home.attic values (1, 10, 91);
create table home.wing (size int, id int not null, floor int not null) partition by range (id);
create table home.wing_low (floor int not null, id int not null, size int);
alter table home.wing attach partition home.wing_low for values from (0) to (100);
insert into home.wing values (1, 11, 2);
alter table home.chambers attach partition home.wing for values in (2);
insert into home.chambers values (12, 2, 3);
select events('partition_root', 'on');

-- In one transaction, part of it rolled back.
begin;
insert into home.chambers values (13, 2, 4);
alter table home.chambers detach partition home.wing;
insert into home.wing values (5, 14, 2);
savepoint s;
alter table home.wing detach partition home.wing_low;
insert into home.wing_low values (2, 15, 6);
rollback to s;
insert into home.wing values (7, 16, 2);
alter table home.chambers attach partition home.wing for values in (2);
update home.chambers set size = 8 where id = 13;
alter table home.chambers alter size type text;
update home.chambers set floor = 0 where id = 13;
commit;
select events('partition_root', 'on');

-- Keys of the root, TRUNCATE, and DROP.
alter table home.wing_low replica identity full;
update home.chambers set size = 'x' where floor = 2;
alter table home.chambers drop constraint rooms_pkey;
alter table home.chambers add primary key (floor, id);
update home.chambers set id = 17 where id = 16;
truncate home.chambers;
alter table home.chambers detach partition home.wing;
truncate home.chambers, home.wing;
insert into home.wing values ('y', 18, 2);
drop table home.chambers;
truncate home.wing_low;
select events('partition_root', 'on', 'operations', 'insert,update,delete,truncate');
set client_min_messages = warning;
drop schema home cascade;

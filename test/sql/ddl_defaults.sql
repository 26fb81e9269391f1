-- A column's default: rows from before a column have the default of then; an old image of which the
-- log holds nothing has the default of now.
\t \a
create table items (id int primary key, n int not null default 1);
insert into items select g from generate_series(1, 20) g;
call decode();

delete from items where id = 1;
alter table items alter n set default 2;
delete from items where id = 2;
alter table items alter n drop default;
delete from items where id = 3;
alter table items alter n set default 4, alter n drop not null;
delete from items where id = 4;
alter table items alter n set not null;
begin;
delete from items where id = 5;
alter table items alter n set default 6;
delete from items where id = 6;
savepoint s;
alter table items alter n set default 7;
delete from items where id = 7;
rollback to s;
delete from items where id = 8;
commit;
begin;
alter table items alter n set default 9;
rollback;
delete from items where id = 9;
select events();

-- Added with a default, which then changes.
alter table items replica identity full;
alter table items add label text default 'old', add made int not null default 3 * 4, add price numeric(6,2) default 1.5;
alter table items alter label set default 'new';
update items set n = 0 where id = 10;
insert into items values (21);
alter table items alter made type bigint;
update items set n = 0 where id = 11;
delete from items where id = 21;
-- One that differs from row to row is written at once.
alter table items add token int default (random() * 0)::int + 5;
delete from items where id = 12;
select events();
drop table items;

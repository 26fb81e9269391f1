-- REPLICA IDENTITY FULL: the old row is whole.
\t \a
create table books (id int primary key, title text, pages int not null);
create table no_key (id int, title text);
alter table books replica identity full;
alter table no_key replica identity full;
insert into books values (1, 'Dune', 412), (2, null, 320);
insert into no_key values (1, 'twice'), (1, 'twice'), (null, null);
call decode();

update books set title = 'Emma' where id = 2;
update books set title = null where id = 1;
update books set title = title where id = 1;
delete from books where id = 1;
select events();

-- Without a primary key nothing is a change of the key.
update no_key set id = 2 where id is null;
update no_key set id = 3 where ctid = (select min(ctid) from no_key);
delete from no_key;
select events();
drop table books, no_key;

-- An update that moves a row to another key is a delete of the old and a create of the new.
\t \a
create table books (id int primary key, title text not null, pages int);
create table lines (b int, a int, amount int, primary key (a, b));
create table full_lines (a int, b int, amount int, primary key (a, b));
alter table full_lines replica identity full;
insert into books values (1, 'Dune', 412);
insert into lines values (10, 1, 5);
insert into full_lines values (1, 10, 5);
call decode();

update books set id = 2, pages = 413 where id = 1;
update lines set b = 11;
update full_lines set a = 2, amount = 6;
select events();

-- An assignment that changes nothing is a plain update.
update books set id = id;
update lines set a = a, b = 11, amount = 7;
update full_lines set a = 2, b = b;
select events();

-- There and back again, in one transaction.
begin;
update books set id = 10;
update books set id = 11;
update books set id = 10;
delete from books where id = 10;
insert into books values (10, 'Emma', 320);
commit;
select events();

-- Whatever becomes of it, the statement is an update.
update books set id = 12;
select events('operations', 'insert,delete');
update books set id = 13;
select events('operations', 'update');
drop table books, lines, full_lines;

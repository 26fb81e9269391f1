-- An update under the default identity has no old row where the key stays.
\t \a
create table books (id int primary key, title text, pages int);
insert into books values (1, 'Dune', 412), (2, 'Emma', 320), (3, 'Ulysses', 700);
call decode();

update books set pages = 413 where id = 1;
update books set title = upper(title) where id < 3;
update books set title = title where id = 3;
update books b set pages = n from (values (1, 10), (2, 20)) new(id, n) where b.id = new.id;
update books set pages = 0 where id = 99;
select events();

-- Several updates of one row in one transaction.
begin;
update books set pages = 1 where id = 3;
update books set pages = 2 where id = 3;
commit;
select events();
drop table books;

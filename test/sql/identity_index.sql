-- REPLICA IDENTITY USING INDEX: the key is that index.
\t \a
create table books (id int primary key, isbn text not null, shelf int not null, title text);
create unique index books_isbn on books (shelf, isbn);
alter table books replica identity using index books_isbn;
insert into books values (1, '978-1', 7, 'Dune'), (2, '978-2', 8, 'Emma');
call decode();

update books set title = 'DUNE' where id = 1;
update books set isbn = '978-9' where id = 1;
delete from books where id = 1;
select events();

-- The primary key is a column like others here.
update books set id = 3 where id = 2;
select events();

-- Columns that an index only includes are not part of it.
create unique index books_including on books (isbn) include (shelf, title);
alter table books replica identity using index books_including;
update books set title = 'EMMA';
update books set isbn = '978-3';
delete from books;
select events();

-- Without its index the table has no identity.
insert into books values (4, '978-4', 9, 'Ulysses');
drop index books_including;
update books set isbn = '978-5';
delete from books;
select events();
drop table books;

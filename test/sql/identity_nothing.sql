-- REPLICA IDENTITY NOTHING: updates and deletes are sent, without an old row.
\t \a
create table books (id int primary key, title text);
alter table books replica identity nothing;
call decode();

insert into books values (1, 'Dune');
update books set title = 'Emma';
update books set id = 2;
delete from books;
select events();
drop table books;

-- An insert is one event: no old row, the new row whole, every member of the envelope.
\t \a
create table books (id int primary key, title text, pages int default 100);
call decode();

insert into books values (1, 'Dune', 412);
insert into books (id, title) values (2, 'Emma'), (3, null);
insert into books select id + 10, title from books where id < 3;
select whole_events();

-- What is not committed is not an event.
begin;
insert into books values (99);
rollback;
select events();
drop table books;

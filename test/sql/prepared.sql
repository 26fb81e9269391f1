-- Prepared transactions are events when they commit.
\t \a
create table books (id int primary key);
call decode();

begin;
insert into books values (1);
prepare transaction 'it''s';
begin;
insert into books values (2);
prepare transaction 'gone';
insert into books values (3);
select events();

commit prepared 'it''s';
rollback prepared 'gone';
select events();
drop table books;

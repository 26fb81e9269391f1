-- Option operations asks what the statement was.
\t \a
create table books (id int primary key, title text);
call decode();

insert into books values (1, 'a');
update books set title = 'b';
update books set id = 2;
delete from books;
truncate books;

create function sent(variadic options text[]) returns text language sql as $$
  select string_agg(data::jsonb->>'op', '')
  from pg_logical_slot_peek_changes(golden(), null, null, variadic options)
$$;
select sent('name', 'app');
select sent('operations', 'insert');
select sent('operations', 'update');
select sent('operations', 'delete');
select sent('operations', 'truncate');
select sent('operations', 'delete, insert');
select sent('operations', 'insert,update,delete,truncate');
drop table books;
drop function sent;

-- A table without a key: updates and deletes are sent, without an old row.
\t \a
create table log (at int, line text);
call decode();

insert into log values (1, 'a'), (1, 'a');
update log set line = 'b';
delete from log;
select events();

-- The key is there from the change on that follows it.
insert into log values (2, 'c');
alter table log add primary key (at);
delete from log;
insert into log values (3, 'd');
alter table log drop constraint log_pkey;
delete from log;
select events();
drop table log;

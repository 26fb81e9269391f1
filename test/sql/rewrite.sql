-- Rewriting a table changes no row.
\t \a
create table wide (id int primary key, n int, t text);
insert into wide select i, i, repeat('x', 10) from generate_series(1, 3) i;
call decode();

alter table wide alter column n type bigint;
alter table wide alter column n type text using 'n' || n;
alter table wide add column at timestamptz default clock_timestamp();
vacuum full wide;
cluster wide using wide_pkey;
reindex table wide;
vacuum full pg_class;
vacuum full pg_attribute;
vacuum full pg_type;
select events();

alter table wide drop column at;
insert into wide values (4, 'n4', 'y');
begin;
update wide set t = 'z' where id = 1;
alter table wide alter column n type varchar(20);
update wide set t = 'z' where id = 2;
commit;
select events();
drop table wide;

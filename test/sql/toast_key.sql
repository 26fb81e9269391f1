-- A key stored out of line is never a placeholder.
\t \a
create table pages (url text primary key, hits int);
alter table pages alter url set storage external;
insert into pages values (repeat('u', 2500), 0);
call decode();

update pages set hits = 1;
update pages set url = repeat('v', 2500);
delete from pages;
-- Nothing is fetched from the table, where it is gone by now.
vacuum pages;
select shorten(events());
drop table pages;

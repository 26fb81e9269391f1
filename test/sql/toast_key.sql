-- A key stored out of line is never a placeholder.
\t \a
create table pages (url text primary key, hits int);
alter table pages alter url set storage external;
insert into pages values (repeat('u', 2500), 0);
call decode();

update pages set hits = 1;
update pages set url = repeat('v', 2500);
delete from pages;
select regexp_replace(events(), '(.)\1{100,}', '<\1 and so on>', 'g');
drop table pages;

-- ON CONFLICT: an insert, an update or nothing.
\t \a
create table counters (name text primary key, n int, note text);
alter table counters alter note set storage external;
call decode();

insert into counters values ('a', 1) on conflict do nothing;
insert into counters values ('a', 2) on conflict do nothing;
insert into counters values ('a', 3) on conflict (name) do update set n = counters.n + excluded.n;
insert into counters values ('b', 1), ('a', 5) on conflict (name) do update set n = excluded.n;
insert into counters values ('a', 0) on conflict (name) do update set n = 0 where false;
insert into counters values ('a', 0) on conflict (name) do update set name = 'c';
select events();

-- With a value stored out of line.
insert into counters values ('d', 1, repeat('x', 5000)) on conflict (name) do update set n = 2;
insert into counters values ('d', 1, repeat('y', 5000)) on conflict (name) do update set n = 2;
select shorten(events());
drop table counters;

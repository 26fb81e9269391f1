-- ltree is its text.
\t \a
select count(*) = 0 as absent from pg_available_extensions where name = 'ltree' \gset
\if :absent
\quit
\endif
create extension ltree;
create table paths (id int primary key, p ltree, many ltree[], q lquery, t ltxtquery);
call decode();

insert into paths values (1, 'Top.Science.Astronomy', '{Top.Science,Top,NULL}', '*.Science.*{1,2}', 'Science & !Art');
insert into paths values (2, '', '{}', null, null), (3, null, null, null, null);
select columns();
insert into paths values (4, 'Top.Science', '{Top}', 'Top', 'Top');
select columns('format', 'wal-listener');
drop table paths;
drop extension ltree;

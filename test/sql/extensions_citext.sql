-- citext is text.
\t \a
select count(*) = 0 as absent from pg_available_extensions where name = 'citext' \gset
\if :absent
\quit
\endif
create extension citext;
create table names (id citext primary key, n citext, many citext[]);
call decode();

insert into names values ('Key', 'Größer "quoted"', '{One,NULL,"two words"}'), ('other', '', '{}'),
  ('null', null, null);
select columns();
-- Keys differ by their bytes, though the type calls them equal.
update names set id = 'KEY' where id = 'key';
delete from names where id = 'key';
select events();
insert into names values ('Key', 'N', '{One,NULL}');
select columns('format', 'wal-listener');
drop table names;
drop extension citext;

-- Changes that came here by replication name their origin; origin=none drops them.
\t \a
create table books (id int primary key, title text);
select pg_replication_origin_create('node "b"') is not null;
call decode();

insert into books values (1, 'ours');
select from pg_replication_origin_session_setup('node "b"');
begin;
select from pg_replication_origin_xact_setup('0/1AB', '2020-01-02 03:04:05Z');
insert into books values (2, 'theirs');
commit;
select from pg_replication_origin_xact_reset();
insert into books values (3, 'theirs, without a position');
select from pg_replication_origin_session_reset();
insert into books values (4, 'ours again');
select whole_events();

-- The same once more, without theirs.
select from pg_replication_origin_session_setup('node "b"');
insert into books values (5, 'theirs');
truncate books;
select from pg_replication_origin_session_reset();
insert into books values (6, 'ours');
select events('origin', 'none', 'operations', 'insert,truncate');

-- An origin that is gone when its change is read has the name that it had.
select from pg_replication_origin_session_setup('node "b"');
insert into books values (7, 'theirs');
select from pg_replication_origin_session_reset();
select from pg_replication_origin_drop('node "b"');
select whole_events();
drop table books;

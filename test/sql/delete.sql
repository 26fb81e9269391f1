-- A delete under the default identity: of the old row only the key was logged.
\t \a
create table books (id int primary key, title text, pages int not null);
insert into books select n, 'book ' || n, n * 100 from generate_series(1, 4) n;
call decode();

delete from books where id = 1;
delete from books using (values (2), (3)) gone(id) where books.id = gone.id;
delete from books;
delete from books;
select events();
drop table books;

-- A column that is NOT NULL shows a value of its type in place of null.
create domain positive as int check (value > 0);
create table fallbacks (
  id bigint primary key, a boolean not null, b smallint not null, c int not null, d bigint not null,
  e oid not null, f real not null, g double precision not null, h numeric(6,2) not null,
  i numeric not null, j text not null, k varchar(5) not null, l char(3) not null, m name not null,
  n uuid not null, o bytea not null, p date not null, q time not null, r timestamp not null,
  s timestamptz not null, t json not null, u jsonb not null, v inet not null, w interval not null,
  x positive not null
);
insert into fallbacks values (1, true, 1, 1, 1, 1, 1, 1, 1, 1, 'a', 'a', 'a', 'a', gen_random_uuid(),
  '\x01', now(), now(), now(), now(), '1', '1', '::1', '1 day', 1);
select from raw_events();
delete from fallbacks;
select events();
drop table fallbacks;
drop domain positive;

-- What triggers, rules and foreign keys do is there too, in the order in which it was done.
\t \a
create table authors (id int primary key, name text);
create table books (id int primary key, author int references authors on delete cascade on update cascade);
create table reviews (id int primary key, book int references books on delete set null);
create table audit (n int generated always as identity primary key, what text);
create function note() returns trigger language plpgsql as $$
begin
  insert into audit (what) values (tg_op || ' ' || tg_table_name);
  return coalesce(new, old);
end $$;
create trigger before_author before insert or update on authors for each row execute function note();
create trigger after_author after delete on authors for each row execute function note();
create rule no_delete as on delete to audit do instead update audit set what = 'kept' where n = old.n;
call decode();

insert into authors values (1, 'Austen');
insert into books values (10, 1), (11, 1);
insert into reviews values (100, 10);
update authors set id = 2;
select events();

delete from authors;
delete from audit where n = 1;
select events();

-- A trigger that does nothing for a row leaves no event.
create function skip() returns trigger language plpgsql as $$ begin return null; end $$;
create trigger skip before insert on authors for each row execute function skip();
insert into authors values (3, 'never');
select events('tables', 'authors');
drop table authors, books, reviews, audit;
drop function note, skip;

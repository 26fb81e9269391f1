-- What is rolled back is no event, in whatever subtransaction; the rest keeps its order.
\t \a
create table steps (id int primary key, what text);
call decode();

begin;
insert into steps values (1, 'before');
savepoint a;
insert into steps values (2, 'gone');
rollback to a;
insert into steps values (3, 'after rollback');
savepoint b;
insert into steps values (4, 'in b');
savepoint c;
insert into steps values (5, 'in c');
release c;
savepoint d;
update steps set what = 'gone' where id = 4;
rollback to d;
release b;
insert into steps values (6, 'last');
commit;
select events();

-- Nested: the outer rollback takes the released inner one with it.
begin;
savepoint outer_one;
insert into steps values (7, 'gone');
savepoint inner_one;
insert into steps values (8, 'gone');
release inner_one;
rollback to outer_one;
insert into steps values (9, 'kept');
commit;
select events();

-- Errors caught in a function roll back their block.
do $$
begin
  for i in 10..15 loop
    begin
      insert into steps values (i, 'tried');
      if i % 2 = 0 then raise 'even'; end if;
    exception when raise_exception then null;
    end;
  end loop;
end $$;
select events();

-- More subtransactions than a backend keeps in shared memory, spilled to disk.
do $$
begin
  for i in 100..299 loop
    begin
      insert into steps values (i, repeat('x', 1000));
      if i % 10 = 0 then raise 'tenth'; end if;
    exception when raise_exception then null;
    end;
  end loop;
end $$;
select count(*), count(distinct id), min(id), max(id), bool_and(id > previous)
from (select id, coalesce(lag(id) over (order by n), 0) as previous
      from (select (event::jsonb->'after'->>'id')::int as id, n
            from raw_events() with ordinality taken(event, n)) ids) ordered;
drop table steps;

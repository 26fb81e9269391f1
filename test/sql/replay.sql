-- Reading the same log again gives the same bytes, but for the time of writing.
\t \a
create table books (id int primary key, title text);
call decode();

insert into books select n, md5(n::text) from generate_series(1, 200) n;
update books set id = id + 1000 where id % 3 = 0;
alter table books add column pages int default 5;
delete from books where id % 5 = 0;

create function seen(variadic options text[]) returns setof text language sql as $$
  select regexp_replace(data, ',"ts_ms":\d+,"ts_us":\d+,"ts_ns":\d+}$', '')
  from pg_logical_slot_peek_changes('golden', null, null, variadic options)
$$;
create temp table once as select seen('name', 'app') as event;
create temp table twice as select seen('name', 'app') as event;
select count(*), count(distinct event) from once;
select count(*) from (table once except table twice) differing;

-- The position of an event does not depend on what is filtered out before it.
create function positions(variadic options text[]) returns setof text language sql as $$
  select encode(substr(data, 9, 20), 'hex')
  from pg_logical_slot_peek_binary_changes('golden', null, null, variadic options || '{output,frames}')
  where get_byte(data, 4) = 2
$$;
create temp table all_positions as select positions('name', 'app') as p;
select count(*), count(distinct p) from all_positions;
select count(*) > 0, count(*) filter (where p not in (table all_positions))
from positions('operations', 'delete') p;
select bool_and(p > previous) from (
  select p, lag(p) over (order by n) as previous
  from (select string_agg(part, '' order by at) as p, n
        from (select n, at, case when at <= 8 then substr(p, 17 - 2 * at, 2)
                                 when at <= 16 then substr(p, 49 - 2 * at, 2)
                                 else substr(p, 73 - 2 * at, 2) end as part
              from (select p, row_number() over () as n from all_positions) numbered,
                   generate_series(1, 20) at) bytes group by n) big_endian) ordered;
drop table books;
drop function seen, positions;

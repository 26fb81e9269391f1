-- Reading the same log again gives the same bytes, but for the time of writing.
\t \a
create table books (id int primary key, title text);
create table noise (id int primary key);
call decode();

begin;
insert into books select n, md5(n::text) from generate_series(1, 100) n;
insert into noise values (1);
select from pg_logical_emit_message(true, 'prefix', 'counted, whether sent or not');
update books set id = id + 1000 where id % 3 = 0;
commit;
alter table books add column pages int default 5;
delete from books where id % 5 = 0;
truncate noise, books;

create function seen() returns setof text language sql as $$
  select regexp_replace(data, ',"ts_ms":\d+,"ts_us":\d+,"ts_ns":\d+}$', '')
  from pg_logical_slot_peek_changes(golden(), null, null, 'operations', 'insert,update,delete,truncate')
$$;
create temp table once as select seen() as event;
select count(*) from once;
select count(*) from (table once except all select seen()) differing;

-- Commit LSN, ordinal and part of events; options change which are there, not what they are.
create function positions(variadic options text[] default '{}')
returns table (lsn bigint, ordinal bigint, part bigint, n bigint, frame bytea) language sql as $$
  select frame_number(frame, 8, 8), frame_number(frame, 16, 8), frame_number(frame, 24, 4), n, frame
  from (select substr(data, 1 + frame_number(data, 0, 4)::int * (get_byte(data, 4) = 1)::int), n
        from pg_logical_slot_peek_binary_changes(golden(), null, null,
               variadic array['output', 'frames', 'operations', 'insert,update,delete,truncate'] || options)
             with ordinality messages(lsn, xid, data, n)) first_frames(frame, n)
  where get_byte(frame, 4) = 2
$$;
create temp table everything as select * from positions();
create temp table fewer as select * from positions('exclude_tables', 'noise');
select count(*), count(distinct (lsn, ordinal, part)) from everything;
select count(*), count(*) filter (where found) from fewer
left join (select lsn, ordinal, part, true as found from everything) all_of_them using (lsn, ordinal, part);
select bool_and((lsn, ordinal, part) > previous) from (
  select lsn, ordinal, part, lag((lsn, ordinal, part)) over (order by n) as previous from everything) ordered;

-- The first transaction: 100 inserts, one into noise, one message, 33 key changes.
select min(ordinal), max(ordinal), max(part), count(*) from everything where lsn = (select min(lsn) from everything);
select ordinal, part from fewer where lsn = (select max(lsn) from fewer);
drop table books, noise;
drop function seen, positions;

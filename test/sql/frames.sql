-- Binary frames carry the same events; the streamer reads them.
\t \a
create table books (id int primary key, title text);
call decode();

insert into books values (1, 'Dune'), (2, 'Emma');
update books set id = 3 where id = 1;

create function little_endian(bytes bytea) returns numeric language sql as $$
  select sum(get_byte(bytes, i) * 256::numeric ^ i)::numeric from generate_series(0, length(bytes) - 1) i
$$;
create temp table lines as
select row_number() over () as n, lsn, data
from pg_logical_slot_peek_changes('golden', null, null, 'name', 'app');
-- Under the SQL functions a message is one event; the first one begins with a hello, the last one is the commit.
create temp table messages as
select row_number() over () as n, lsn, data
from pg_logical_slot_get_binary_changes('golden', null, null, 'name', 'app', 'output', 'frames');
create temp table frames as
select n, substr(data, case when n = 1 then little_endian(substr(data, 1, 4))::int + 1 else 1 end) as frame
from messages;

select get_byte(data, 4) as kind, get_byte(data, 6) as version, length(substr(data, 9, 48)),
       regexp_replace(convert_from(substr(data, 57, little_endian(substr(data, 1, 4))::int - 56), 'UTF8'),
                      '[0-9A-F]{8}\n\d+\.\d+\.\d+', '<hash>, <version>')
from messages where n = 1;

select get_byte(frame, 4) as kind, chr(nullif(get_byte(frame, 5), 0)) as op,
       little_endian(substr(frame, 17, 8)) as ordinal, little_endian(substr(frame, 25, 4)) as part,
       little_endian(substr(frame, 1, 4)) = length(frame) as whole,
       convert_from(substr(frame, 57, subject), 'UTF8') as subject,
       convert_from(substr(frame, 57 + subject, tab), 'UTF8') as "table"
from (select *, little_endian(substr(frame, 41, 2))::int as subject,
             little_endian(substr(frame, 43, 2))::int as tab from frames) sized order by n;

-- Bodies are the lines, but for the time of writing.
select count(*), count(*) filter (where regexp_replace(right(convert_from(substr(frame, 57), 'UTF8'), length(data)),
                                                       ',"ts_ms":\d+,"ts_us":\d+,"ts_ns":\d+}$', '') =
                                        regexp_replace(data, ',"ts_ms":\d+,"ts_us":\d+,"ts_ns":\d+}$', ''))
from (select frame, row_number() over (order by n) as n from frames where get_byte(frame, 4) = 2) events
join lines using (n);

-- All frames of a transaction have its commit LSN; its end LSN is in the commit alone, right behind.
select count(distinct substr(frame, 9, 8)) as transactions,
       count(*) filter (where little_endian(substr(frame, 33, 8)) > 0) as ends,
       bool_and(little_endian(substr(frame, 33, 8)) > little_endian(substr(frame, 9, 8)))
         filter (where get_byte(frame, 4) = 3) as behind
from frames;
drop table books;
drop function little_endian;

-- Every event is JSON for an independent parser, and says what the row says.
\t \a
create table sample (id int primary key, b boolean, s smallint, i int, l bigint, o oid, r real, d double precision,
                     t text, v varchar(50), c char(10), u uuid, day date, at time, ts timestamp, j json, jb jsonb);
alter table sample replica identity full;
call decode();

insert into sample
select n, n % 2 = 0, n, n * 1000, n * 1234567890123, n::bigint * 10000000, n / 7.0, 1 / n::float8, md5(n::text),
       chr(n) || '"\', chr(n + 300), md5(n::text)::uuid,
       date '1900-01-01' + n * 100, time '00:00' + n * interval '1 minute',
       timestamp '1900-01-01' + n * interval '100 days 1.000001 seconds', to_json(chr(n)), to_jsonb(chr(n))
from generate_series(1, 400) n;
create temp table inserted as select event, event::jsonb->'after' as a from raw_events() event;

select count(*),
       count(*) filter (where (a->'b')::boolean = b),
       count(*) filter (where (a->'s')::smallint = s and (a->'i')::int = i and (a->'l')::bigint = l),
       count(*) filter (where (a->>'o')::oid = o),
       count(*) filter (where (a->>'r')::real = r and (a->>'d')::double precision = d),
       count(*) filter (where a->>'t' = t and a->>'v' = v and (a->>'c')::bpchar = c and (a->>'u')::uuid = u),
       count(*) filter (where date '1970-01-01' + (a->'day')::int = day),
       count(*) filter (where time '00:00' + (a->'at')::bigint * interval '1 microsecond' = at),
       count(*) filter (where timestamp '1970-01-01' + (a->'ts')::bigint * interval '1 microsecond' = ts),
       count(*) filter (where a->>'j' = j::text and (a->>'jb')::jsonb = jb)
from inserted join sample on id = (a->>'id')::int;

-- The old row of a delete is the same text as the new row of its insert.
delete from sample;
select count(*) from inserted
join (select event::jsonb->'before' as b from raw_events() event) deleted on a = b;
drop table sample;

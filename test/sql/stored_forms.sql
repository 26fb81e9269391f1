-- Numerics and jsonb are read from what is stored: they say what the server's own functions print.
\t \a
select setseed(0.25);

-- Digits among which zeros are frequent, up to so many.
create function digits(most int) returns text language sql volatile as $$
  select coalesce(string_agg(case when random() < 0.5 then '0' else (random() * 9)::int::text end, ''), '')
  from generate_series(1, (random() * most)::int)
$$;
create function number_of(bytes bytea) returns numeric language sql as $$
  select sum(get_byte(bytes, i) * 256::numeric ^ (length(bytes) - 1 - i))::numeric
         - case when get_byte(bytes, 0) >= 128 then 256::numeric ^ length(bytes) else 0 end
  from generate_series(0, length(bytes) - 1) i
$$;
create table numbers (id serial primary key, n numeric, narrow numeric(12,4), wide numeric(60,20));
call decode();

insert into numbers (n)
select (case when random() < 0.5 then '-' else '' end || '0' || digits(case when i % 10 = 0 then 200 else 24 end)
        || '.' || digits(case when i % 10 = 5 then 100 else 24 end))::numeric
from generate_series(1, 3000) i;
insert into numbers (narrow, wide)
select (random() * 2e8 - 1e8)::numeric, (digits(38) || '.' || digits(20) || '0')::numeric * (-1) ^ i
from generate_series(1, 1000) i;
insert into numbers (n)
select (10::numeric ^ i - 1) * (-1) ^ i / 10::numeric ^ scale
from generate_series(0, 40) i, unnest(array[0, 1, 4, 8, 18]) scale;
insert into numbers (n) values (repeat('9', 100000)::numeric), (('0.' || repeat('1', 16000))::numeric);

create temp table printed as
  select (event::json->'after'->>'id')::int as id, event::json->'after' as a from peek_events('decimal', 'string') event;
select count(*), count(*) filter (where a->>'n' is not distinct from n::text
                                        and a->>'narrow' is not distinct from narrow::text
                                        and a->>'wide' is not distinct from wide::text)
from printed join numbers using (id);
drop table printed;
create temp table printed as
  select (event::json->'data'->>'id')::int as id, event::json->'data' as a from peek_events('format', 'wal-listener') event;
select count(*), count(*) filter (where a->>'n' is not distinct from n::text
                                        and a->>'narrow' is not distinct from narrow::text
                                        and a->>'wide' is not distinct from wide::text)
from printed join numbers using (id);
drop table printed;
create temp table printed as
  select (event::json->'after'->>'id')::int as id, event::json->'after' as a from raw_events() event;
delete from numbers where length(n::text) > 1000;
select count(*), count(*) filter (where (n is null or number_of(decode(a->'n'->>'value', 'base64'))
                                                      = n * 10::numeric ^ (a->'n'->>'scale')::int)
                                        and (narrow is null or number_of(decode(a->>'narrow', 'base64')) = narrow * 1e4)
                                        and (wide is null or number_of(decode(a->>'wide', 'base64')) = wide * 1e20))
from printed join numbers using (id);
drop table printed, numbers;
do $$ begin perform raw_events(); end $$;

create table docs (id serial primary key, b jsonb);
alter table docs alter b set storage external;
create function text_of(i int) returns text language sql volatile as $$
  select string_agg(case (random() * 12)::int when 0 then '"' when 1 then '\' when 2 then chr(1 + (random() * 30)::int)
                    when 3 then 'ü' when 4 then '大' when 5 then '😀' else 'some text ' end, '')
  from generate_series(0, i % 40)
$$;
create function doc(i int, depth int) returns jsonb language plpgsql volatile as $$
begin
  return case when depth = 0 or random() < 0.3 then
    case i % 6 when 0 then 'null'::jsonb when 1 then to_jsonb(i % 4 < 2) when 2 then to_jsonb(text_of(i))
               when 3 then to_jsonb(i) when 4 then to_jsonb(-i / 7.0::numeric) else '""' end
  when random() < 0.5 then
    (select coalesce(jsonb_agg(doc(i + n, depth - 1)), '[]') from generate_series(1, i % 5 + i % 50 / 49 * 70) n)
  else
    (select coalesce(jsonb_object_agg(text_of(n) || n, doc(i + n, depth - 1)), '{}')
     from generate_series(1, i % 5 + i % 50 / 48 * 70) n) end;
end $$;
insert into docs (b) select doc(i, i % 5) from generate_series(0, 1500) i;
insert into docs (b) values ('1'), ('"a"'), ('null'), ('[]'), ('{}'), ('[[]]'), ('[{}]'), ('[null]'), ('1e300'), ('1e-300'),
                            (to_jsonb(repeat('plain ', 2000))), (to_jsonb(repeat('"ü' || chr(10), 2000)));
insert into docs (b) select (repeat('[', i) || '1.50' || repeat(', "x"]', i))::jsonb from unnest(array[62, 63, 64, 65, 66, 500]) i;
insert into docs (b) select (repeat('{"a": ', i) || '"ü"' || repeat('}', i))::jsonb from unnest(array[63, 64, 65, 66, 500]) i;

create temp table printed as
  select (event::json->'after'->>'id')::int as id, event::json->'after'->>'b' as text from peek_events() event;
select count(*), count(*) filter (where text = b::text) from printed join docs using (id);
drop table printed;
create temp table printed as
  select (event::json->'data'->>'id')::int as id, (event::json->'data'->'b')::text as text
  from raw_events('format', 'wal-listener') event;
select count(*), count(*) filter (where text = b::text) from printed join docs using (id);
drop table printed, docs;
drop function doc, text_of, digits, number_of;

-- Rows of a table as frames: what waljet.read() makes of them.
\t \a
create extension waljet;
select waljet.version() = extversion, extnamespace::regnamespace from pg_extension where extname = 'waljet';

-- Bytes that differ from run to run or from version to version as _.
create function timeless(body text) returns text language sql as $$
  select regexp_replace(regexp_replace(regexp_replace(body, '"version":"[^"]+"', '"version":_'),
    '"(ts_ms|ts_us|ts_ns)":\d+', '"\1":_', 'g'), '"commitTime":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"', '"commitTime":_')
$$;
create function kind_of(frame bytea) returns text language sql as $$
  select case get_byte(frame, 4) when 5 then 'stub' when 7 then 'row' when 9 then 'end' else 'other' end
$$;
create function shown(frame bytea) returns text language sql as $$
  select format('%s %s %s/%s %s <%s> <%s> %s', kind_of(frame), chr(nullif(get_byte(frame, 5), 0)),
                frame_number(frame, 16, 8), frame_number(frame, 24, 4), frame_subject(frame), frame_table(frame),
                case kind_of(frame) when 'end' then '' else frame_key(frame) end, timeless(frame_body(frame)))
$$;
create function after(frame bytea) returns json language sql as $$ select nullif(frame_body(frame), '')::json->'after' $$;
create function number(frame bytea) returns bigint language sql as $$ select frame_number(frame, 16, 8) $$;
create function id_of(frame bytea) returns int language sql as $$
  select (after(frame)->>'id')::int
$$;

create table books (id int primary key, title text, price numeric(6,2));
insert into books values (1, 'Dune', 9.50), (2, 'Emma', null);
select shown(read) from waljet.read('books', 'slot', '{name,app,batch_bytes,0}', 'true', '0/1743E238', 3, 41) read;
select timeless(frame_body(read)) from waljet.read('books', 's', '{name,app,batch_bytes,0}', 'incremental', '1/2', 0) read limit 1;
select shown(read) from waljet.read('books', 's', '{name,app,batch_bytes,0,schemas,on}', 'true', '0/1', 0) read
where number(read) = 2 \gset
select length(:'shown') > 2000, :'shown' like '%"payload":{"before":null,"after":{"id":2,%';
select regexp_replace(shown(read), '"id":"[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f-]+"', '"id":_')
from waljet.read('books', 'slot', '{name,app,batch_bytes,0,format,wal-listener}', 'true', '0/1743E238', 3) read;
-- The id is a UUID of what is the row's id in the stream: that of no event.
create extension "uuid-ossp";
call decode();
insert into books values (3, 'Ulysses', 0);
select split_part(convert_from(substr(frame, length(frame) - frame_number(frame, 0, 4)::int + 73), 'UTF8'), E'\n', 1) as source
from frames('name', 'app') frame where get_byte(frame, 4) = 1 \gset
select frame_body(read)::json->>'id' =
       uuid_generate_v5(uuid_ns_url(), :'source' || ':snapshot:000000001743E238:00000001.0003')::text
from waljet.read('books', golden(), '{name,app,batch_bytes,0,format,wal-listener}', 'true', '0/1743E238', 3) read limit 1;
drop extension "uuid-ossp";

-- A row has the key hash of its events, the end that of a TRUNCATE.
create temp table kept as table books;
truncate books;
insert into books select * from kept order by id;
with events as (select chr(get_byte(frame, 5)) || frame_key(frame) as event, key_hash(frame) as hash
                from frames('name', 'app', 'operations', 'insert,truncate') frame where get_byte(frame, 4) = 2)
select kind_of(read), number(read), event from waljet.read('books', 's', '{name,app,batch_bytes,0}', 'true', '0/1', 0) read
left join events on hash = key_hash(read);

-- A subject template has its say; a key is that of an event.
select frame_subject(read), frame_key(read)
from waljet.read('books', 's', '{name,app,batch_bytes,0,subject,"cdc.{schema}.{table}.{op}.{key}.{partition:7}"}', 'true', '0/1', 0) read
where kind_of(read) = 'row';
-- The operations that are asked for say nothing of reading.
select count(*) from waljet.read('books', 's', '{batch_bytes,0,operations,delete}', 'true', '0/1', 0) read where kind_of(read) = 'row';

-- Messages are as large as asked for: whole frames, and the end for itself.
create function frames_in(message bytea) returns int language plpgsql as $$
declare
  count int := 0;
begin
  while length(message) > 0 loop
    message := substr(message, frame_number(message, 0, 4)::int + 1);
    count := count + 1;
  end loop;
  return count;
end $$;
create table many (id int primary key, title text);
insert into many select i, repeat('x', i % 50) from generate_series(1, 1000) i;
select count(*) between 40 and 60, min(length(message)) filter (where n < last - 1) >= 10000, max(length(message)) < 11000,
       sum(frames_in(message)), (array_agg(frames_in(message) order by n desc))[1]
from (select n, message, max(n) over () as last
      from waljet.read('many', 's', '{name,app,batch_bytes,10000}', 'true', '0/1', 0) with ordinality read(message, n)) messages;
-- Groups are as large as asked for, and do not depend on the size of messages.
create function groups(bytes int) returns text language sql as $$
  select string_agg(md5(timeless(encode(substr(message, 1, 72), 'hex') || frame_subject(message))), ' ' order by n)
  from waljet.read('many', 's', array['name', 'app', 'group_bytes', '20000', 'batch_bytes', bytes::text], 'true', '0/1', 0)
       with ordinality read(message, n)
$$;
select count(*) between 4 and 6, sum(frame_number(message, 52, 4)), max(number(message)), min(frame_table(message)), bool_and(frame_key(message) = '')
from waljet.read('many', 's', '{name,app,group_bytes,100000,batch_bytes,0}', 'true', '0/1', 0) message where kind_of(message) = 'row';
select groups(0) = groups(1);

-- By blocks: every row once.
create table numbered as select message, n from waljet.read('many', 's', '{batch_bytes,0}', 'true', '0/1', 0) with ordinality read(message, n);
create function ids(first_block bigint, end_block bigint) returns setof int language sql as $$
  select id_of(read) from waljet.read('many', 's', '{batch_bytes,0}', 'true', '0/1', 0, 1, first_block, end_block) read where kind_of(read) = 'row'
$$;
select count(*), count(distinct id) from (select ids(null, 2) as id union all select ids(2, 4) union all select ids(4, null)) pieces;
select count(*) > 100 and count(*) < 900 from ids(1, 4);
select count(*) from ids(5000000, 4294967294);
drop table numbered;

-- What the filter hides is hidden, and the numbers of rows do not depend on it.
select number(read), frame_key(read), after(read) from waljet.read('books', 's',
  array['batch_bytes', '0', 'rules', '[{"table":"books","columns":{"mask":["title"],"exclude":["price"]},"where":"id <> 2"}]'],
  'true', '0/1', 0) read where kind_of(read) = 'row';
-- So is what the reader's own predicate leaves out. One that fails on a row leaves the key.
select number(read), after(read) from waljet.read('books', 's', '{batch_bytes,0}', 'true', '0/1', 0,
  predicate => $$title ~ '[DU]'$$) read where kind_of(read) = 'row';
select kind_of(read), number(read), frame_headers(read), after(read) from waljet.read('books', 's', '{batch_bytes,0}', 'true', '0/1', 0,
  predicate => '1 / price < 5') read;

-- Values that are stored out of line are there; what is larger than allowed leaves a stub.
create table pages (id int primary key, t text, b bytea, j jsonb, dropped int, n numeric);
alter table pages alter t set storage external, alter b set storage external, alter j set storage external, drop dropped;
insert into pages values (1, repeat('t', 70000), decode(repeat('ff', 70000), 'hex'), to_jsonb(repeat('j', 70000)), 1.5), (2, 'short', '', '{}', null);
alter table pages add late text not null default 'late';
select count(*), bool_and(row = json_build_object('id', id, 't', t, 'b', replace(encode(b, 'base64'), E'\n', ''), 'j', j::text, 'n', row::json->'n', 'late', late)::jsonb)
from pages, lateral (select (frame_body(read)::jsonb)->'after' as row
  from waljet.read('pages', 's', '{batch_bytes,0}', 'true', '0/1', 0) read
  where kind_of(read) = 'row' and id_of(read) = id) read;
select kind_of(read), number(read), frame_headers(read), after(read)->>'id'
from waljet.read('pages', 's', '{batch_bytes,0,max_event_bytes,100000}', 'true', '0/1', 0) read;
select kind_of(read), number(read) from waljet.read('pages', 's', '{batch_bytes,0,group_bytes,1000,max_event_bytes,100000}', 'true', '0/1', 0) read;

-- A marker by which consumers discard what they have.
select shown(discard), frame_headers(discard) from waljet.discard('books', 's', '{name,app}', '0/1743E238', 3) discard;
select timeless(frame_body(discard)) ~ '^{"id":".{36}","schema":"public","table":"books","action":"TRUNCATE","data":{},"dataOld":{},"commitTime":_}$'
from waljet.discard('books', 's', '{name,app,format,wal-listener}', '0/1743E238', 3) discard;

-- A partition under its root's name and in its order.
create table parts (id int primary key, title text) partition by range (id);
create table low (title text, extra int, id int not null primary key);
alter table low drop extra;
alter table parts attach partition low for values from (0) to (100);
insert into parts values (1, 'one');
select frame_subject(read), after(read) from waljet.read('low', 's', '{name,app,batch_bytes,0}', 'true', '0/1', 0) read where kind_of(read) = 'row';
select frame_subject(read), after(read) from waljet.read('low', 's', '{name,app,batch_bytes,0,partition_root,on}', 'true', '0/1', 0) read where kind_of(read) = 'row';

-- Two reads in one query, and one that the query ends before its end.
select count(a), count(b) from (select waljet.read('many', 's', '{batch_bytes,0}', 'true', '0/1', 0) as a,
                                       waljet.read('books', 's', '{batch_bytes,0}', 'true', '0/1', 0) as b) reads;
select kind_of(waljet.read('many', 's', '{batch_bytes,0}', 'true', '0/1', 0)) limit 2;

-- A read says nothing of how the caller sees values, and leaves the caller's settings as they are.
set datestyle = 'SQL, DMY';
set timezone = 'Asia/Kolkata';
create table days (id int primary key, day daterange, at tstzrange);
insert into days values (1, '[02/01/2020,)', '[02/01/2020 03:04:05,)');
select after(read) from waljet.read('days', 's', '{batch_bytes,0}', 'true', '0/1', 0) read where kind_of(read) = 'row';
select current_setting('datestyle'), current_setting('timezone'), current_setting('row_security'), current_setting('search_path');
reset datestyle;
reset timezone;

drop table books, many, pages, parts, days;
drop function after, timeless, shown, number, id_of, frames_in, groups, ids, kind_of;
drop extension waljet;

-- Reading by key: piece after piece in the order of the key's index.
\t \a
create extension waljet;
set client_min_messages = warning;

-- Ids of the pieces of a table, one piece a row.
create function pieces(relation regclass, size int) returns setof text language plpgsql as $$
declare
  place bytea := '';
  rows text;
  ended boolean;
begin
  loop
    select string_agg(frame_body(frame)::json->'after'->>'id', ' ' order by n) filter (where get_byte(frame, 4) = 7),
           bool_or(frame_headers(frame) like E'%More: false\n') filter (where get_byte(frame, 4) = 9),
           (array_agg(substr(frame, 73, frame_number(frame, 44, 4)::int)) filter (where get_byte(frame, 4) = 9))[1]
    from waljet.read(relation, 's', '{batch_bytes,0}', 'incremental', '0/1', 0, after => place, rows_max => size)
         with ordinality read(frame, n) into rows, ended, place;
    return next coalesce(rows, '');
    exit when ended;
  end loop;
end $$;
-- Whether all rows come once, in the order of the key, whatever the pieces.
create function is_whole(relation regclass, size int) returns boolean language plpgsql as $$
declare
  expected text;
  read text;
  columns text;
begin
  select string_agg(pg_get_indexdef(indexrelid, i, false) ||
                    case when indoption[i - 1] & 1 = 1 then ' desc' else '' end, ', ' order by i)
  from pg_index, generate_series(1, indnkeyatts) i where indrelid = relation and indisreplident or indrelid = relation and indisprimary
    and not exists (select from pg_index other where other.indrelid = relation and other.indisreplident) into columns;
  execute format('select string_agg(id::text, '' '' order by %s) from %s', columns, relation) into expected;
  select string_agg(nullif(pieces, ''), ' ') from pieces(relation, size) into read;
  return read = expected;
end $$;

create table numbers (id int primary key);
insert into numbers select i * 7 % 101 from generate_series(1, 10) i;
select pieces('numbers', 4);
select pieces('numbers', 5);
select pieces('numbers', 100);

-- As many bytes as are asked for, and the row that passes them.
create table wide (id int primary key, t text);
insert into wide select i, repeat('x', 1000) from generate_series(1, 10) i;
select count(*) - 1 as rows, min(frame_headers(frame)) filter (where get_byte(frame, 4) = 9)
from waljet.read('wide', 's', '{batch_bytes,0}', 'true', '0/1', 0, after => '', bytes_max => 3000) frame;
-- Rows that the filter leaves out are read all the same.
select frame_headers(frame) from waljet.read('wide', 's', '{batch_bytes,0}', 'true', '0/1', 0, after => '', rows_max => 3, predicate => 'id > 5') frame;

-- A key that changes its place while it is read, and one that is gone, break nothing.
select substr(frame, 73, frame_number(frame, 44, 4)::int) as place
from waljet.read('numbers', 's', '{batch_bytes,0}', 'true', '0/1', 0, after => '', rows_max => 3) frame where get_byte(frame, 4) = 9 \gset
delete from numbers where id = 14;
select frame_key(frame) from waljet.read('numbers', 's', '{batch_bytes,0}', 'true', '0/1', 0, after => :'place', rows_max => 2) frame where get_byte(frame, 4) = 7;

-- A place is one of its key: not of another column, order or collation, though the values are of the same type.
create table other (a int not null, b int not null, t text not null, unique (a), unique (b), unique (t));
create unique index other_a_down on other (a desc);
create unique index other_t_bytes on other (t collate "POSIX");
insert into other select i, 10 - i, i from generate_series(1, 9) i;
create function fits(place bytea, identity regclass) returns text language plpgsql as $$
begin
  execute format('alter table other replica identity using index %I', identity);
  perform waljet.read('other', 's', '{}', 'true', '0/1', 0, after => place);
  return 'fits';
exception when invalid_parameter_value then
  return sqlerrm;
end $$;
create function place_in(identity regclass) returns bytea language plpgsql as $$
begin
  execute format('alter table other replica identity using index %I', identity);
  return (select substr(frame, 73, frame_number(frame, 44, 4)::int)
          from waljet.read('other', 's', '{batch_bytes,0}', 'true', '0/1', 0, after => '', rows_max => 3) frame
          where get_byte(frame, 4) = 9);
end $$;
select written, read, fits(place_in(written::regclass), read::regclass)
from (values ('other_a_key', 'other_a_key'), ('other_a_key', 'other_b_key'), ('other_a_key', 'other_a_down'),
             ('other_a_key', 'other_t_key'), ('other_t_key', 'other_t_bytes'), ('other_t_bytes', 'other_t_bytes')) pair (written, read);
-- An index that was built anew is the same.
select place_in('other_a_key') as place \gset
reindex index concurrently other_a_key;
alter table other rename column a to c;
select fits(:'place', 'other_a_key');
drop table other;

-- Keys of every kind.
create type mood as enum ('sad', 'ok', 'happy');
create domain code as text check (value <> '');
create collation backwards (provider = icu, locale = 'en-u-kf-upper');
create table pairs (id int, a int, b int, primary key (a, b, id));
insert into pairs select i, i % 3, i % 7 from generate_series(1, 50) i;
create table texts (id int, t text, v varchar(20), c char(8), n name, primary key (t, v, c, n));
insert into texts select i, chr(64 + i % 5), chr(96 + i % 4) || '''"\', 'c' || i % 2, 'n' || i from generate_series(1, 40) i;
create table localized (id int, t text collate backwards primary key);
insert into localized values (1, 'a'), (2, 'A'), (3, 'b'), (4, 'B'), (5, 'ä');
create table kinds (id int, e mood, d code, u uuid, f float8, m numeric, i interval, z timestamptz, y bytea, l boolean,
                    primary key (e, d, u, f, m, i, z, y, l));
insert into kinds select i, (enum_range(null::mood))[1 + i % 3], 'd' || i % 2, md5((i % 3)::text)::uuid,
  case i % 5 when 0 then float8 'NaN' when 1 then 'Infinity' when 2 then 0.1 when 3 then 1e300 else -1.0 / 3 end,
  case i % 4 when 0 then 'NaN' else i % 4 + 0.5000 end, (i % 3) * interval '1 mon 1 day 00:00:00.000001',
  case i % 3 when 0 then '-infinity' else timestamptz '2020-01-02 03:04:05.678901+05' + i % 3 * interval '1 day' end,
  decode(lpad(to_hex(i % 3), 2, '0'), 'hex'), i % 2 = 0 from generate_series(1, 60) i;
create table arrays (id int, a int[], r int4range, primary key (a, r));
insert into arrays select i, array[i % 3, i % 4], int4range(i, i + 10) from generate_series(1, 20) i;
create table "Odd ""Table""" (id int, "Key, ""Column""" int primary key);
insert into "Odd ""Table""" select i, -i from generate_series(1, 5) i;
create table falling (id int, a int not null, b text not null);
create unique index falling_key on falling (a desc, b desc nulls last);
alter table falling replica identity using index falling_key;
insert into falling select i, i % 4, 'b' || i from generate_series(1, 20) i;
create table mixed (id int, a int not null, b text not null, c int not null);
create unique index mixed_key on mixed (a desc, b nulls first, c) include (id);
alter table mixed replica identity using index mixed_key;
insert into mixed select i, i % 4, 'b' || i % 5, i from generate_series(1, 40) i;
create table patterns (id int, t text not null);
create unique index patterns_key on patterns (t text_pattern_ops);
alter table patterns replica identity using index patterns_key;
insert into patterns select i, chr(60 + i) from generate_series(1, 30) i;
create table entire (t text, id int primary key);
alter table entire replica identity full;
insert into entire select 't', i from generate_series(1, 5) i;
select name, bool_and(is_whole(name::regclass, size)) from waljet.tables('{}'), unnest(array[1, 2, 3, 7, 1000]) size
where name <> 'public.wide' group by name order by name;

-- A type that lives elsewhere than pg_catalog, alone and beside another.
create schema elsewhere;
select count(*) = 0 as absent from pg_available_extensions where name = 'citext' \gset
\if :absent
\echo t t
\else
create extension citext schema elsewhere;
create table loose (id int, t elsewhere.citext primary key);
insert into loose values (1, 'b'), (2, 'A'), (3, 'C'), (4, 'd');
create table loose_pairs (id int, t elsewhere.citext, n int, primary key (t, n));
insert into loose_pairs select i, chr(64 + i % 3 + i % 2 * 32), i from generate_series(1, 20) i;
select pieces('loose', 2);
select pieces('loose_pairs', 7);
drop table loose, loose_pairs;
drop extension citext;
\endif
drop schema elsewhere;

drop table numbers, wide, pairs, texts, localized, kinds, arrays, "Odd ""Table""", falling, mixed, patterns, entire;
drop type mood;
drop domain code;
drop collation backwards;
drop function pieces, is_whole;
drop extension waljet;

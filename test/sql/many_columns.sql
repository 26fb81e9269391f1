-- Tables as narrow and as wide as they get.
\t \a
create table nothing ();
create table emptied (a int, b int);
alter table emptied drop a, drop b;
create table empty_key (a int primary key);
call decode();
insert into nothing default values;
insert into emptied default values;
select events();
insert into nothing default values;
insert into emptied default values;
delete from emptied;
select listener_events();
alter table nothing replica identity full;
delete from nothing;
insert into empty_key values (1);
alter table empty_key drop a;
insert into empty_key default values;
delete from empty_key;
select events();
insert into nothing default values;
select frame_subject(frame) || ' ' || frame_table(frame) from frames('subject', 'app.{table}.{key}.{partition:8}') frame
where get_byte(frame, 4) = 2;
alter table nothing add later int default 3;
insert into nothing default values;
delete from nothing;
select events();

do $$
begin
  execute (select format('create table wide (%s)', string_agg('c' || n || ' int', ', ' order by n))
           from generate_series(1, 1600) n);
end $$;
insert into wide default values;
insert into wide (c1, c1600) values (1, 1600);
create function members(side text) returns table (members bigint, nulls bigint, shown text) language sql as $$
  select count(*), count(*) filter (where value is null), string_agg(key || '=' || value, ' ' order by key)
  from (select n, key, value
        from (select event, n from raw_events() with ordinality taken(event, n) where json_typeof(event::json->side) = 'object') taken,
             jsonb_each_text(event::jsonb->side)) members
  group by n order by n
$$;
select * from members('after');

-- All of them set, the old row as well; then every other one is dropped, which takes no number back.
alter table wide replica identity full;
do $$
begin
  execute (select format('insert into wide values (%s)', string_agg(n::text, ', ' order by n)) from generate_series(1, 1600) n);
end $$;
update wide set c1 = -1 where c2 = 2;
select members, nulls, md5(shown) = (select md5(string_agg(format('c%s=%s', n, n), ' ' order by 'c' || n)) from generate_series(1, 1600) n)
from members('before');
do $$
begin
  execute (select format('alter table wide %s', string_agg('drop c' || n, ', ')) from generate_series(1, 1600, 2) n);
end $$;
delete from wide where c2 = 2;
select members, nulls, left(shown, 40) from members('before');
delete from wide;
select count(*) from raw_events();

-- Names of 63 bytes, each of which takes six in JSON.
create function long_name(n int) returns text language sql as $$ select repeat(chr(1), 59) || lpad(n::text, 4, '0') $$;
do $$
begin
  execute (select format('create table %I (%s)', long_name(0), string_agg(format('%I text', long_name(n)), ', ' order by n))
           from generate_series(1, 1600) n);
  execute format('insert into %I (%I) values (chr(1))', long_name(0), long_name(1600));
end $$;
select length(event) > 1600 * (59 * 6 + 10), event::json->'after'->>long_name(1600) = chr(1),
       event::json->'source'->>'table' = long_name(0)
from raw_events() event;
do $$ begin execute format('drop table %I', long_name(0)); end $$;
drop table nothing, emptied, empty_key, wide;
drop function members, long_name;

-- What every golden test uses; runs before them. A test opens its own slot and looks at events:
--
--   call decode();                                    from here on
--   select events();                                  rows, table and operation
--   select events('tables', 'public.orders');         with options of the plugin
--   select whole_events();                            every member
--   select columns('decimal', 'double');              the values alone, a column a line
--   select modes('decimal', 'precise', 'double');     the same in several modes of one option, side by side;
--                                                     one value where it is that of all modes
--   select listener_events();                         in format wal-listener
--   select frames();                                  binary frames, one a row
--
-- What differs from run to run (times, LSNs, xids, database, version) is replaced by _ or left out;
-- all other bytes are as the plugin wrote them. An event whose envelope is not as expected is shown
-- unmasked, so that its test fails.

-- The slot of this session. The server may still be busy with the end of the one before it.
create function golden() returns name language sql as $$ select 'golden_' || pg_backend_pid() $$;

create procedure decode() language plpgsql as $$
begin
  perform pg_create_logical_replication_slot(golden(), 'waljet', temporary => true);
end $$;

-- Events as they are, each taken from the slot once.
create function raw_events(variadic options text[] default '{}') returns setof text
language sql as $$
  select data from pg_logical_slot_get_changes(golden(), null, null,
                                               variadic array['name', 'app'] || options)
$$;

create function mask(event text, replacement text) returns text language sql as $$
  select regexp_replace(event,
    '^(\{"before":.*,"after":.*),"source":\{"version":"[^"]+","connector":"postgresql","name":"app"'
    ',"ts_ms":\d+,"snapshot":"false","db":"[^"]+","sequence":"\[\\"\d+\\",\\"\d+\\"\]"'
    ',"ts_us":\d+,"ts_ns":\d+000,"schema":("(?:[^"\\]|\\.)*"),"table":("(?:[^"\\]|\\.)*")'
    ',"txId":\d+,"lsn":\d+,"xmin":null,"origin":(null|".*"),"origin_lsn":(null|\d+)\}'
    ',"transaction":null,"op":"([cudt])","ts_ms":\d+,"ts_us":\d+,"ts_ns":\d+000\}$',
    replacement)
$$;

create function events(variadic options text[] default '{}') returns setof text
language sql as $$
  select mask(event, '\1,"source":{"schema":\2,"table":\3},"op":"\6"}')
  from raw_events(variadic options) event
$$;

create function whole_events(variadic options text[] default '{}') returns setof text
language sql as $$
  select mask(event, '\1,"source":{"version":_,"connector":"postgresql","name":"app","ts_ms":_,'
    '"snapshot":"false","db":_,"sequence":_,"ts_us":_,"ts_ns":_,"schema":\2,"table":\3,"txId":_,'
    '"lsn":_,"xmin":null,"origin":\4,"origin_lsn":\5},"transaction":null,"op":"\6",'
    '"ts_ms":_,"ts_us":_,"ts_ns":_}')
  from raw_events(variadic options) event
$$;

-- The columns of the new row, of a deleted one the old: the bytes of each value's JSON as they are.
create function columns_of(event text) returns table (place bigint, name text, value text) language sql as $$
  select n, key, value::text
  from json_each(case when event::json->>'op' = 'd' then event::json->'before'
                      else coalesce(event::json->'after', event::json->'data') end) with ordinality each(key, value, n)
$$;

create function columns(variadic options text[] default '{}') returns setof text
language sql as $$
  select format('%s %s', name, value)
  from raw_events(variadic options) with ordinality raw(event, n), columns_of(event)
  order by n, place
$$;

create function peek_events(variadic options text[] default '{}') returns setof text
language sql as $$
  select data from pg_logical_slot_peek_changes(golden(), null, null,
                                                variadic array['name', 'app'] || options)
$$;

create function modes(option text, variadic modes text[]) returns setof text language plpgsql as $$
begin
  return query
    select format('%s %s', name, case when count(distinct value) = 1 then min(value)
                                      else string_agg(value, '  ' order by m) end)
    from unnest(modes) with ordinality mode(mode, m),
         peek_events(option, mode) with ordinality peeked(event, n), columns_of(event)
    group by n, place, name order by n, place;
  perform raw_events();
end $$;

-- Without id and time.
create function listener_events(variadic options text[] default '{}') returns setof text
language sql as $$
  select regexp_replace(event,
    '^\{"id":"[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",("schema":.*)'
    ',"commitTime":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"(,"unchanged":\[".*"\])?\}$', '{\1\2}')
  from raw_events(variadic array['format', 'wal-listener'] || options) event
$$;

-- Long values by their first character.
create function shorten(event text) returns text language sql as $$
  select regexp_replace(event, '([[:alnum:]])[[:alnum:]+/=]{199,}', '\1<and so on>', 'g')
$$;

-- A message of frames, taken apart.
create function frames(variadic options text[] default '{}') returns setof bytea
language plpgsql as $$
declare
  message bytea;
  size int;
begin
  for message in
    select data from pg_logical_slot_get_binary_changes(golden(), null, null,
      variadic array['output', 'frames'] || options)
  loop
    while length(message) > 0 loop
      size := frame_number(message, 0, 4);
      return next substr(message, 1, size);
      message := substr(message, size + 1);
    end loop;
  end loop;
end $$;

-- The little-endian number at an offset.
create function frame_number(frame bytea, at int, bytes int) returns bigint language sql as $$
  select sum(get_byte(frame, at + i)::bigint << (8 * i))::bigint from generate_series(0, bytes - 1) i
$$;

create function frame_subject(frame bytea) returns text language sql as $$
  select convert_from(substr(frame, 73, frame_number(frame, 40, 2)::int), 'UTF8')
$$;

create function frame_table(frame bytea) returns text language sql as $$
  select convert_from(substr(frame, 73 + frame_number(frame, 40, 2)::int, frame_number(frame, 42, 2)::int), 'UTF8')
$$;

create function frame_key(frame bytea) returns text language sql as $$
  select convert_from(substr(frame, 73 + (frame_number(frame, 40, 2) + frame_number(frame, 42, 2))::int,
                             frame_number(frame, 44, 4)::int), 'UTF8')
$$;

create function frame_headers(frame bytea) returns text language sql as $$
  select convert_from(substr(frame, 73 + (frame_number(frame, 40, 2) + frame_number(frame, 42, 2) +
                                          frame_number(frame, 44, 4))::int, frame_number(frame, 48, 4)::int), 'UTF8')
$$;

create function frame_body(frame bytea) returns text language sql as $$
  select convert_from(substr(frame, 73 + (frame_number(frame, 40, 2) + frame_number(frame, 42, 2) +
                                          frame_number(frame, 44, 4) + frame_number(frame, 48, 4))::int), 'UTF8')
$$;

-- 0: that of no key.
create function key_hash(frame bytea) returns bytea language sql as $$ select substr(frame, 57, 8) $$;
create function old_key_hash(frame bytea) returns bytea language sql as $$ select substr(frame, 65, 8) $$;

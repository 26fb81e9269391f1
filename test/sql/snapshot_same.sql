-- The same row has the same bytes in a table as in the stream: whatever tables other tests make, they are read when the
-- test drops them, and each row is looked up among the events of the inserts and updates that made it.
\set ECHO none
\t \a
create extension waljet;
create table option_sets (place serial, options text[]);
insert into option_sets (options) values
  ('{}'),
  ('{format,wal-listener}'),
  ('{schemas,on}'),
  ('{partition_root,on,decimal,double,time,connect,interval,string,binary,base64,hstore,map}'),
  ('{decimal,string,time,isostring,binary,hex}'),
  ('{time,nanoseconds,binary,base64-url-safe}');
update option_sets set options = '{name,app,exclude_tables,"option_sets,found"}' || options;
create table found (test text, place int, name text, rows int, same int, primary key (test, place, name));

-- What an event shows of a row: the bytes as they are, its schema among them.
create function shown(event json) returns text language sql as $$
  select coalesce(payload->'source', payload)->>'schema' || '.' || (coalesce(payload->'source', payload)->>'table') ||
         coalesce(payload->'after', payload->'data')::text || coalesce(event->'schema', 'null')::text
  from coalesce(event->'payload', event) payload
$$;

create function compare() returns event_trigger language plpgsql security definer as $$
declare
  options text[];
  place int;
begin
  for place, options in select * from option_sets loop
    insert into found
    with streamed as materialized (
      select distinct shown(data::json) as row
      from pg_logical_slot_peek_changes('compared', null, null, variadic options)
    ), stored as materialized (
      select name, shown(frame_body(frame)::json) as row
      from waljet.tables(options), waljet.read(relation, 's', options || '{batch_bytes,0}', 'true', '0/1', 0) frame
      where get_byte(frame, 4) = 7
    )
    select current_setting('application_name'), place, name, count(*), count(streamed.row)
    from stored left join streamed using (row) group by name
    on conflict on constraint found_pkey do update set rows = excluded.rows, same = excluded.same;
  end loop;
end $$;
create event trigger compare on ddl_command_start when tag in ('DROP TABLE') execute function compare();

select pg_create_logical_replication_slot('compared', 'waljet') is null;
\set file types_bits
\i test/sql/snapshot_same.psql
\set file types_bytea
\i test/sql/snapshot_same.psql
\set file types_composite
\i test/sql/snapshot_same.psql
\set file types_fallback
\i test/sql/snapshot_same.psql
\set file types_geometry
\i test/sql/snapshot_same.psql
\set file types_interval
\i test/sql/snapshot_same.psql
\set file types_interval_long
\i test/sql/snapshot_same.psql
\set file types_json
\i test/sql/snapshot_same.psql
\set file types_money
\i test/sql/snapshot_same.psql
\set file types_network
\i test/sql/snapshot_same.psql
\set file types_number
\i test/sql/snapshot_same.psql
\set file types_numeric
\i test/sql/snapshot_same.psql
\set file types_other
\i test/sql/snapshot_same.psql
\set file types_range
\i test/sql/snapshot_same.psql
\set file types_search
\i test/sql/snapshot_same.psql
\set file types_text
\i test/sql/snapshot_same.psql
\set file types_time
\i test/sql/snapshot_same.psql
\set file types_timetz
\i test/sql/snapshot_same.psql
\set file arrays
\i test/sql/snapshot_same.psql
\set file arrays_shapes
\i test/sql/snapshot_same.psql
\set file arrays_text
\i test/sql/snapshot_same.psql
\set file domains
\i test/sql/snapshot_same.psql
\set file extensions_citext
\i test/sql/snapshot_same.psql
\set file extensions_geometry
\i test/sql/snapshot_same.psql
\set file extensions_hstore
\i test/sql/snapshot_same.psql
\set file extensions_isn
\i test/sql/snapshot_same.psql
\set file extensions_ltree
\i test/sql/snapshot_same.psql
\set file extensions_vector
\i test/sql/snapshot_same.psql
\set file nulls
\i test/sql/snapshot_same.psql
\set file many_columns
\i test/sql/snapshot_same.psql
\set file generated_columns
\i test/sql/snapshot_same.psql
\set file hostile_names
\i test/sql/snapshot_same.psql
\set file hostile_text
\i test/sql/snapshot_same.psql
\set file partitions
\i test/sql/snapshot_same.psql
\set file toast
\i test/sql/snapshot_same.psql
\set file toast_types
\i test/sql/snapshot_same.psql
\set file identity_full
\i test/sql/snapshot_same.psql
\set file no_key
\i test/sql/snapshot_same.psql

\c -
\pset tuples_only on
\pset format unaligned
drop event trigger compare;
select pg_drop_replication_slot('compared');
select sum(rows) > 1000, count(distinct test) >= 30, count(distinct place) from found;
-- Where an enum's label was renamed between rows, those before it were sent with the old one.
select distinct test, name from found where same < rows order by 1, 2;
drop function compare, shown;
drop table found, option_sets;
drop extension waljet;

-- What differs from run to run, and is masked elsewhere, says the truth.
\t \a
create table facts (id int primary key);
call decode();

select clock_timestamp() as before, pg_current_wal_insert_lsn() as first \gset
begin;
insert into facts values (1), (2);
select txid_current() as xid \gset
commit;
select clock_timestamp() as after, pg_current_wal_insert_lsn() as last \gset

create temp table taken as
select lsn, xid, data::jsonb as event from pg_logical_slot_get_changes(golden(), null, null);

select count(*) from taken;
select bool_and(event->'source'->>'db' = current_database()) from taken;
select bool_and(event->'source'->>'name' = current_database()) from taken;  -- the default
select bool_and(event->'source'->>'version' ~ '^\d+\.\d+\.\d+$') from taken;
select bool_and(event->'source'->>'txId' = :'xid' and xid::text = :'xid') from taken;
select bool_and((event->'source'->>'lsn')::numeric = lsn - '0/0') from taken;
select bool_and(lsn >= :'first' and lsn < :'last') from taken;
-- The sequence: where the transaction commits, where the change is.
select bool_and((event->'source'->>'sequence')::jsonb->>1 = event->'source'->>'lsn') from taken;
select count(distinct (event->'source'->>'sequence')::jsonb->>0) from taken;
select bool_and(((event->'source'->>'sequence')::jsonb->>0)::numeric
                between lsn - '0/0' and :'last'::pg_lsn - '0/0') from taken;
-- Times: of the commit, and of writing the event.
select bool_and(to_timestamp((event->'source'->>'ts_us')::numeric / 1000000)
                between :'before' and :'after') from taken;
select bool_and(to_timestamp((event->>'ts_us')::numeric / 1000000)
                between :'after' and clock_timestamp()) from taken;
select bool_and(floor((event->'source'->>'ts_us')::numeric / 1000) = (event->'source'->>'ts_ms')::numeric
                and floor((event->>'ts_us')::numeric / 1000) = (event->>'ts_ms')::numeric) from taken;
select bool_and((event->'source'->>'ts_us')::numeric * 1000 = (event->'source'->>'ts_ns')::numeric
                and (event->>'ts_us')::numeric * 1000 = (event->>'ts_ns')::numeric) from taken;

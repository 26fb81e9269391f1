-- Logical messages: option messages says which prefixes are sent, as events of their own.
\t \a
create table books (id int primary key);
call decode();
-- Events whose numbers and times are replaced by _.
create function messages(variadic options text[] default '{}') returns setof text language sql as $$
  select regexp_replace(regexp_replace(regexp_replace(event, '"(ts_ms|ts_us|ts_ns|txId|lsn)":\d+', '"\1":_', 'g'),
                                       '"(version|db)":"[^"]+"', '"\1":_', 'g'),
                        '"sequence":"\[\\"\d+\\",\\"\d+\\"\]"', '"sequence":_')
  from raw_events(variadic options) event
$$;

-- Off by default.
select from pg_logical_emit_message(true, 'app', 'nobody asked');
select from pg_logical_emit_message(false, 'app', 'nobody asked');
select messages();
select from pg_logical_emit_message(true, 'app', 'nobody asked');
select messages('messages', 'off');

-- All: in a transaction, in their place in it; outside at once, whatever becomes of the transaction around them.
begin;
insert into books values (1);
select from pg_logical_emit_message(true, 'app', 'foobar');
insert into books values (2);
commit;
select from pg_logical_emit_message(false, 'app', 'outside');
begin;
insert into books values (3);
select from pg_logical_emit_message(true, 'app', 'rolled back');
select from pg_logical_emit_message(false, 'app', 'not rolled back');
rollback;
begin;
select from pg_logical_emit_message(true, 'app', 'kept');
savepoint one;
select from pg_logical_emit_message(true, 'app', 'undone');
rollback to one;
commit;
select messages('messages', '*');

-- By prefix, exactly.
create procedure emit(variadic prefixes text[]) language plpgsql as $$
declare
  prefix text;
begin
  foreach prefix in array prefixes loop
    perform pg_logical_emit_message(true, prefix, 'x');
    perform pg_logical_emit_message(false, prefix, 'x');
  end loop;
end $$;
create function prefixes(wanted text) returns table (prefix text, transactional boolean) language sql as $$
  select event::json->'message'->>'prefix', event::json->'source'->>'txId' is not null
  from raw_events('messages', wanted) event
$$;
call emit('app', 'App', 'app2', 'ap', 'audit', '');
select * from prefixes('app');
call emit('app', 'App', 'app2', 'ap', 'audit', '', 'b, c', 'b');
select * from prefixes('audit, app2,b');
call emit('app', '', E'größer "quoted"\n');
select * from prefixes('*');
call emit(E'größer', 'off', '*');
select * from prefixes('größer');
-- Tables' filters say nothing about messages.
insert into books values (4);
call emit('app');
select event::json->'message'->>'prefix', event::json->'after'
  from raw_events('messages', '*', 'tables', 'none', 'operations', 'delete') event;

-- Empty content, and bytes of any kind.
select from pg_logical_emit_message(true, 'app', '');
select from pg_logical_emit_message(true, 'app', '\x00ff0a22'::bytea);
select from pg_logical_emit_message(false, '', ''::bytea);
select from pg_logical_emit_message(true, E'größer "quoted"\n', 'größer 😀');
select messages('messages', '*');

-- The LSN is the end of the record, as the server hands it over; outside a transaction it is its own commit, too.
begin;
select from pg_logical_emit_message(true, 'app', '1');
select from pg_logical_emit_message(false, 'app', '2');
select from pg_logical_emit_message(true, 'app', '3');
commit;
select convert_from(decode(event->'message'->>'content', 'base64'), 'UTF8') as content,
       event->>'transaction' as transaction, sequence->>1 = event->'source'->>'lsn' as own_lsn,
       sequence->>0 = event->'source'->>'lsn' as own_commit,
       lsn > lag(lsn) over (order by n) as behind_the_one_before
from raw_events('messages', '*') with ordinality e(text, n), lateral (select text::json) j(event),
     lateral (select (event->'source'->>'sequence')::json, (event->'source'->>'lsn')::numeric) s(sequence, lsn)
order by n;
drop table books;
drop procedure emit;
drop function prefixes, messages;

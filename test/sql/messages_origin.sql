-- Messages that came here by replication: origin says so; origin=none drops those in transactions.
\t \a
select from pg_replication_origin_create('node b');
call decode();
create procedure emit() language sql as $$
  select pg_logical_emit_message(true, 'app', 'inside');
  select pg_logical_emit_message(false, 'app', 'outside');
$$;
create function seen(variadic options text[]) returns table (content text, origin text) language sql as $$
  select convert_from(decode(event::json->'message'->>'content', 'base64'), 'UTF8'), event::json->'source'->>'origin'
  from raw_events(variadic array['messages', '*'] || options) event
$$;
call emit();
select from pg_replication_origin_session_setup('node b');
call emit();
select from pg_replication_origin_session_reset();
select * from seen('origin', 'any');
call emit();
select from pg_replication_origin_session_setup('node b');
call emit();
select from pg_replication_origin_session_reset();
select * from seen('origin', 'none');
select from pg_replication_origin_drop('node b');
drop procedure emit;
drop function seen;

-- The content of messages in each mode of option binary.
\t \a
call decode();
create function content(mode text) returns setof text language sql as $$
  select (event::json->'message'->'content')::text from peek_events('messages', '*', 'binary', mode) event
$$;
select from pg_logical_emit_message(true, 'app', 'foobar');
select from pg_logical_emit_message(false, 'app', '\xfbffbf00'::bytea);
select from pg_logical_emit_message(true, 'app', '');
select from pg_logical_emit_message(true, 'app', '\xff'::bytea);
select content('bytes');
select content('base64');
select content('base64-url-safe');
select content('hex');
select from raw_events();

-- A long one comes back byte for byte. What ends a transaction behind it brings the log to disk.
begin;
select from pg_logical_emit_message(false, 'app', decode(repeat('00ff42', 100000), 'hex'));
select from pg_logical_emit_message(true, 'other', '');
commit;
select decode(event::json->'message'->>'content', 'base64') = decode(repeat('00ff42', 100000), 'hex')
  from raw_events('messages', 'app') event;
drop function content;

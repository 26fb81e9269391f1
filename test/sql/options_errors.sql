-- Options that are refused: SQLSTATE 22023, the name, and what is allowed.
\t \a
create table books (id int primary key);
call decode();
insert into books values (1);

-- What the server says to options of the plugin.
create function refusal(variadic options text[]) returns setof text language plpgsql as $$
declare
  detail text;
  hint text;
begin
  perform pg_logical_slot_get_changes(golden(), null, null, variadic options);
  return next 'accepted';
exception when others then
  get stacked diagnostics detail = pg_exception_detail, hint = pg_exception_hint;
  return next sqlstate || ' ' || sqlerrm;
  if detail <> '' then return next '  detail: ' || detail; end if;
  if hint <> '' then return next '  hint: ' || regexp_replace(hint, 'waljet \d+\.\d+\.\d+', 'waljet _'); end if;
end $$;

select refusal('fromat', 'debezium');
select refusal('', '');
select refusal('name', 'app', 'name', 'again');
select refusal('origin', 'any', 'origin', 'any');
select refusal('format', 'Debezium');
select refusal('output', 'json');
select refusal('batch_bytes', '-1');
select refusal('batch_bytes', '67108865');
select refusal('batch_bytes', '64kB');
select refusal('max_event_bytes', '1073741824');
select refusal('max_event_bytes', '1MB');
select refusal('operations', 'insert,upsert');
select refusal('operations', 'insert,');
select refusal('operations', '');
select refusal('tables', '');
select refusal('tables', 'a,,b');
select refusal('tables', 'a.b.c');
select refusal('exclude_tables', '"a');
select refusal('exclude_tables', 'a"b');
select refusal('unavailable_value', '');
select refusal('subject', '');
select refusal('subject', '{table}');
select refusal('subject', 'cdc..{table}');
select refusal('subject', 'cdc.{tabel}');
select refusal('subject', 'cdc.*');
select refusal('subject', '$SYS.{table}');
select refusal('subject', 'cdc.{table');
select refusal('name', '');
select refusal('name', repeat('n', 65));
select refusal('schemas', 'yes');
select refusal('decimal', 'exact');
select refusal('decimal', '');
select refusal('time', 'structured');
select refusal('time', 'adaptive,connect');
select refusal('interval', 'iso');
select refusal('binary', 'raw');
select refusal('binary', 'base64,hex');
select refusal('hstore', 'object');
select refusal('partition_root', 'true');
select refusal('transactions', 'true');
select refusal('origin', 'local');
select refusal('messages', '');
select refusal('messages', 'a,,b');
select refusal('messages', 'a,');
select refusal('messages', '*,a');
select refusal('messages', 'a,off');
select refusal('unavailable_value', repeat('u', 257));
select refusal('subject', 'cdc.{partition}');
select refusal('subject', 'cdc.{partition:0}');
select refusal('subject', 'cdc.{partition:x}');
select refusal('subject', '{key}.{table}');
-- What the other format has no place for, even where it is what would hold anyway.
select refusal('format', 'wal-listener', 'schemas', 'off');
select refusal('format', 'wal-listener', 'decimal', 'precise');
select refusal('format', 'wal-listener', 'time', 'isostring');
select refusal('format', 'wal-listener', 'interval', 'numeric');
select refusal('binary', 'hex', 'format', 'wal-listener');
select refusal('format', 'wal-listener', 'hstore', 'map');
select refusal('format', 'wal-listener', 'unavailable_value', 'none');
select refusal('format', 'wal-listener', 'messages', '*');
select refusal('format', 'wal-listener', 'messages', 'off');
select refusal('transactions', 'on', 'format', 'wal-listener');
select refusal('group_bytes', '65536');
-- The server's own: text asked of binary output.
select refusal('output', 'frames');

-- Nothing was taken by any of them.
select events();
drop table books;
drop function refusal;

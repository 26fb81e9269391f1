-- Options that are refused: SQLSTATE 22023, the name, and what is allowed.
\t \a
create table books (id int primary key);
call decode();
insert into books values (1);
\set VERBOSITY verbose
\set SHOW_CONTEXT never

select from raw_events('fromat', 'debezium');
select from raw_events('', '');
select from raw_events('name', 'again');
select from raw_events('origin', 'any', 'origin', 'any');
select from raw_events('format', 'wal-listener');
select from raw_events('output', 'json');
select from raw_events('output', 'frames');
select from raw_events('batch_bytes', '-1');
select from raw_events('batch_bytes', '67108865');
select from raw_events('batch_bytes', '64kB');
select from raw_events('max_event_bytes', '1');
select from raw_events('operations', 'insert,upsert');
select from raw_events('operations', 'insert,');
select from raw_events('operations', '');
select from raw_events('tables', '');
select from raw_events('tables', 'a,,b');
select from raw_events('tables', 'a.b.c');
select from raw_events('exclude_tables', '"a');
select from raw_events('exclude_tables', 'a"b');
select from raw_events('unavailable_value', '');
select from raw_events('subject', '');
select from raw_events('subject', '{table}');
select from raw_events('subject', 'cdc..{table}');
select from raw_events('subject', 'cdc.{tabel}');
select from raw_events('subject', 'cdc.*');
select from raw_events('subject', '$SYS.{table}');
select from pg_logical_slot_get_changes('golden', null, null, 'name', repeat('n', 65));
select from pg_logical_slot_get_changes('golden', null, null, 'name', '');

-- Nothing was taken by any of them.
\set VERBOSITY default
select events();
drop table books;

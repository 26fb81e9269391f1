-- The examples of docs/event-format.md: tools/doc-examples copies them there. What differs from run to run is replaced
-- by numbers that do not.
\t \a
create function example(event text) returns text language plpgsql as $$
declare
  rules constant text[] := array[
    '"version":"[^"]+","connector"',           '"version":"0.1.0","connector"',
    '"name":"[^"]+","ts_ms"',                  '"name":"app","ts_ms"',
    '"ts_ms":\d+,"snapshot"',                  '"ts_ms":1700000000123,"snapshot"',
    '"db":"[^"]+"',                            '"db":"shop"',
    '(false","db":"shop","sequence":)".*?\]"', '\1"[\\"24023456\\",\\"24023128\\"]"',
    '"ts_us":\d+,"ts_ns":\d+,"schema"',        '"ts_us":1700000000123456,"ts_ns":1700000000123456000,"schema"',
    '"txId":\d+',                              '"txId":555',
    '"lsn":\d+',                               '"lsn":24023128',
    '"ts_ms":\d+,"ts_us":\d+,"ts_ns":\d+\}',   '"ts_ms":1700000000200,"ts_us":1700000000200001,"ts_ns":1700000000200001000}',
    '^(\{"op":"m","ts_ms":)\d+',               '\11700000000200',
    '"id":"\d+:\d+"',                          '"id":"555:24023128"',
    '("data_collections":.*,"ts_ms":)\d+',     '\11700000000123',
    '^\{"id":"[0-9a-f-]{36}"',                 '{"id":"7d444840-9dc0-51d1-b245-5ffdce74fad2"',
    '"commitTime":"[^"]+"',                    '"commitTime":"2023-11-14T22:13:20.123456Z"'];
begin
  for i in 1..array_length(rules, 1) / 2 loop
    event := regexp_replace(event, rules[2 * i - 1], rules[2 * i]);
  end loop;
  return event;
end $$;

create function examples(variadic options text[] default '{}') returns setof text
language sql as $$ select example(event) from raw_events(variadic options) event $$;

create table users (id int primary key, name text);
create table documents (id int primary key, title text, body text);
alter table documents alter body set storage external;
create table orders (id int primary key, amount numeric(10,2), tags text[], note text);
alter table orders replica identity full;
create extension waljet;
create function rows_read(variadic options text[] default '{}') returns setof text language sql as $$
  select example(frame_body(frame))
  from waljet.read('users', golden(), array['name', 'app', 'batch_bytes', '0'] || options, 'true', '0/16E9058', 0) frame
  where get_byte(frame, 4) = 7
$$;
call decode();

\echo [insert]
insert into users values (1, 'Ann');
select examples();
\echo [update]
update users set name = 'Anna' where id = 1;
select examples();
\echo [key change]
update users set id = 2;
select examples();
\echo [delete]
delete from users;
select examples();
\echo [truncate]
truncate users;
select examples('operations', 'truncate');
\echo [full update]
insert into orders values (7, 19.90, '{a,b}', 'gift');
update orders set amount = 24.90;
select example(event) from raw_events() event where event like '%"op":"u"%';
\echo [unavailable]
insert into documents values (1, 'Draft', repeat('x', 4000));
update documents set title = 'Final';
select example(event) from raw_events() event where event like '%"op":"u"%';
\echo [message]
select from pg_logical_emit_message(true, 'outbox', 'foobar');
select examples('messages', 'outbox');
\echo [transaction]
begin;
insert into users values (1, 'Ann'), (2, 'Bob');
update orders set note = null;
commit;
select examples('transactions', 'on');
\echo [schemas]
insert into users values (3, 'Eve');
select examples('schemas', 'on');
\echo [stub]
insert into users values (4, repeat('y', 2000));
select example(frame_body(frame)) from frames('max_event_bytes', '1000') frame where frame_number(frame, 4, 1) = 5;

\echo [wal-listener insert]
insert into users values (5, 'Ann');
select examples('format', 'wal-listener');
\echo [wal-listener update]
update orders set amount = 29.90;
select examples('format', 'wal-listener');
\echo [wal-listener key change]
update users set id = 6 where id = 5;
select examples('format', 'wal-listener');
\echo [wal-listener delete]
delete from users where id = 6;
select examples('format', 'wal-listener');
\echo [wal-listener truncate]
truncate users;
select examples('format', 'wal-listener');
\echo [wal-listener unchanged]
update documents set title = 'Print';
select examples('format', 'wal-listener');

\echo [row]
insert into users values (8, 'Ann');
select rows_read();
\echo [wal-listener row]
select rows_read('format', 'wal-listener');
drop table users, documents, orders;
drop function rows_read, examples, example;
drop extension waljet;

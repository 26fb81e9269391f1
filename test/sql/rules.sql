-- Option rules: the first that fits a table says what of it is sent.
\t \a
create schema audit;
create table users (id int primary key, name text not null default 'n', email text, phone text, ssn text not null default 's');
create table orders (id int primary key, amount int);
create table audit.log (id int primary key, note text);
create table "Odd" (id int primary key);
call decode();

-- Looks without taking, so that every option sees the same changes.
create function sent(rules text, variadic options text[] default '{}') returns setof text language sql as $$
  select coalesce(mask(data, '\1 \3 \6'), data)
  from pg_logical_slot_peek_changes(golden(), null, null, variadic array['name', 'app', 'rules', rules] || options) data
$$;
create function tables_sent(rules text, variadic options text[] default '{}') returns text language sql as $$
  select string_agg(format('%s.%s %s', event->'source'->>'schema', event->'source'->>'table', event->>'op'), '  ')
  from (select data::jsonb as event from pg_logical_slot_peek_changes(golden(), null, null,
                                                                      variadic array['rules', rules] || options)) taken
$$;
insert into users values (1, 'Ann', 'ann@example.org', '555-1', '078-05-1120');
update users set name = 'Anna' where id = 1;
update users set id = 2 where id = 1;
delete from users where id = 2;
truncate users;
insert into orders values (1, 100);
insert into audit.log values (1, 'x');
insert into "Odd" values (1);

-- An allow-list: the first that fits holds, what none fits is not sent.
select tables_sent('[{"table": "*"}]');
select tables_sent('[{"table": "users", "operations": ["insert", "update"]}]');
select tables_sent('[{"table": "public.users", "operations": ["delete"]}, {"table": "*"}]');
select tables_sent('[{"table": "*"}, {"table": "users", "operations": ["delete"]}]') = tables_sent('[{"table": "*"}]') as same;
select tables_sent('[{"table": "audit.*"}, {"table": "\"Odd\""}]');
select tables_sent('[{"table": "\u0061udit.log, ord\u0065rs"}]');
select tables_sent('[{"table": "nobody"}]') is null as nothing;

-- The other options come first.
select tables_sent('[{"table": "*"}]', 'tables', 'public.*', 'exclude_tables', 'users');
select tables_sent('[{"table": "*", "operations": ["insert", "truncate"]}]');
select tables_sent('[{"table": "*", "operations": ["insert", "truncate"]}]', 'operations', 'insert,update,delete,truncate');
select tables_sent('[{"table": "*", "operations": ["insert", "truncate"]}]', 'operations', 'update') is null as nothing;

-- Columns.
select sent('[{"table": "users", "columns": {"include": ["id", "name"]}}]');
select sent('[{"table": "users", "columns": {"exclude": ["ssn", "phone"]}}]');
select sent('[{"table": "users", "columns": {"mask": ["email", "ssn"]}}]');
set waljet.hash_salt = 'pepper';
select sent('[{"table": "users", "columns": {"hash": ["email"], "exclude": ["ssn"]}}]');
select data like '%"email":"' || encode(sha256('pepperann@example.org'), 'hex') || '"%' as as_documented
from pg_logical_slot_peek_changes(golden(), null, 1, 'rules', '[{"table": "users", "columns": {"hash": ["email"]}}]');
select sent('[{"table": "users", "columns": {"include": ["id", "email", "phone"], "mask": ["phone"], "hash": ["email"]}}]',
            'format', 'wal-listener') like '%078-05%' as leaks;

-- A key that is masked or hashed stands so wherever it goes.
select sent('[{"table": "users", "columns": {"include": ["id", "name"], "mask": ["id"]}}]');
select sent('[{"table": "users", "columns": {"include": ["id", "name"], "hash": ["id"]}}]');
select raw_events('tables', 'nobody') is null;

-- NULL stays null; every type is a string.
create table types (id int primary key, a int, b numeric(10,2), c timestamptz, d bytea, e int[], f jsonb, g boolean, h "char",
                    i name, j uuid, k interval, l date, m bit(3), n point, o inet, p money);
insert into types values (1, 7, 1.50, '2026-01-02 03:04:05+00', '\x0102', '{1,2}', '{"a": 1}', true, 'c', 'n',
  '00000000-0000-0000-0000-000000000001', '1 day', '2026-01-02', '101', '(1,2)', '10.0.0.1', 5);
insert into types values (2);
create function types_sent(list text) returns setof text language sql as $$
  select string_agg(format('%s=%s', name, value), ' ' order by place)
  from pg_logical_slot_peek_changes(golden(), null, null, 'rules',
         format('[{"table": "types", "columns": {"%s": ["a","b","c","d","e","f","g","h","i","j","k","l","m","n","o","p"]}}]', list))
       with ordinality raw(l, x, data, n), columns_of(data) group by n order by n
$$;
select types_sent('mask');
select regexp_replace(types_sent('hash'), '"[0-9a-f]{64}"', '<hash>', 'g');
-- The text is the server's, whatever the session's settings say.
set datestyle = 'SQL, DMY';
set bytea_output = 'escape';
set intervalstyle = 'iso_8601';
set timezone = 'Asia/Kolkata';
set lc_monetary = 'C';
select count(*) as hashes, bool_and(value = '"' || encode(sha256(convert_to('pepper' || text, 'UTF8')), 'hex') || '"') as as_documented
from pg_logical_slot_peek_changes(golden(), null, 1, 'rules',
       '[{"table": "types", "columns": {"hash": ["a","b","c","d","e","f","g","j","k","l","n","p"]}}]'), columns_of(data),
     (values ('a', '7'), ('b', '1.50'), ('c', '2026-01-02 03:04:05+00'), ('d', '\x0102'), ('e', '{1,2}'), ('f', '{"a": 1}'),
             ('g', 't'), ('j', '00000000-0000-0000-0000-000000000001'), ('k', '1 day'), ('l', '2026-01-02'), ('n', '(1,2)'),
             ('p', '$5.00')) texts(column_name, text)
where name = column_name;
reset datestyle;
reset bytea_output;
reset intervalstyle;
reset timezone;

-- Schemas say string.
select value from pg_logical_slot_peek_changes(golden(), null, 1, 'schemas', 'on', 'rules',
  '[{"table": "types", "columns": {"include": ["id", "a", "b", "c"], "mask": ["a", "b"], "hash": ["c"]}}]') data,
  json_array_elements(((data.data::json)->'schema'->'fields'->0->'fields'));
select raw_events('tables', 'nobody') is null;

-- Old rows: in full, and what the log does not hold.
alter table users replica identity full;
insert into users values (3, 'Bob', null, '555-2', '219-09-9999');
update users set name = 'Rob';
delete from users;
select sent('[{"table": "users", "columns": {"exclude": ["ssn"], "mask": ["phone"], "hash": ["email", "name"]}}]');
select sent('[{"table": "users", "columns": {"exclude": ["ssn"], "mask": ["phone"]}}]', 'format', 'wal-listener') like '%219-09%' as leaks;
create table notes (id int primary key, body text, secret text not null default 'none');
alter table notes alter body set storage external;
alter table notes alter secret set storage external;
insert into notes values (1, repeat('b', 3000), repeat('s', 3000));
update notes set id = 1;
delete from notes;
select sent('[{"table": "notes", "columns": {"mask": ["secret"], "hash": ["body"]}}]');
select regexp_replace(sent('[{"table": "notes", "columns": {"mask": ["secret"], "hash": ["body"]}}]', 'format', 'wal-listener'),
                      '"(id|commitTime)":"[^"]+"', '"\1":_', 'g');
select regexp_replace(sent('[{"table": "notes", "columns": {"exclude": ["secret", "body"]}}]', 'format', 'wal-listener'),
                      '"(id|commitTime)":"[^"]+"', '"\1":_', 'g');

-- Larger than max_event_bytes.
select sent('[{"table": "notes", "columns": {"mask": ["secret"], "hash": ["body"]}}]', 'max_event_bytes', '100');
set client_min_messages = warning;
drop schema audit cascade;
drop table users, orders, "Odd", types, notes;
drop function sent, tables_sent, types_sent;

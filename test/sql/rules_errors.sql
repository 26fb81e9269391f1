-- Option rules: what is refused before anything is decoded, SQLSTATE 22023, and what is not.
\t \a
create table users (id int primary key, email text, phone text);
call decode();
insert into users values (1, 'ann@example.org', '555-1');

create function refusal(rules text, variadic options text[] default '{}') returns setof text language plpgsql as $$
declare
  detail text;
  hint text;
begin
  perform pg_logical_slot_peek_changes(golden(), null, null, variadic array['rules', rules] || options);
  return next 'accepted';
exception when others then
  get stacked diagnostics detail = pg_exception_detail, hint = pg_exception_hint;
  return next sqlstate || ' ' || sqlerrm;
  return next '  detail: ' || detail;
  return next '  hint: ' || hint;
end $$;

-- No list of rules.
select refusal('');
select refusal('users');
select refusal('{"table": "users"}');
select refusal('[]');
select refusal('[{"table": "users"}');
select refusal('[{"table": "users"},]');
select refusal('[{"table": "users"}] x');
select refusal('[{"table": "users" "where": "true"}]');
select refusal('[{"table": "users"}, "users"]');

-- Keys.
select refusal('[{}]');
select refusal('[{"table": "a"}, {"table": "b", "opperations": ["insert"]}]');
select refusal('[{"table": "a", "table": "b"}]');
select refusal('[{"table": "a", "where": "true", "where": "false"}]');
select refusal('[{"table": ["a"]}]');
select refusal('[{"table": 1}]');
select refusal('[{"table": null}]');
select refusal('[{"Table": "a"}]');

-- Tables.
select refusal('[{"table": ""}]');
select refusal('[{"table": "a.b.c"}]');
select refusal('[{"table": "\"a"}]');
select refusal('[{"table": "a\u0000"}]');
select refusal('[{"table": "a\ud800"}]');
select refusal('[{"table": "a\x"}]');

-- Operations.
select refusal('[{"table": "a", "operations": "insert"}]');
select refusal('[{"table": "a", "operations": []}]');
select refusal('[{"table": "a", "operations": ["insert", "upsert"]}]');
select refusal('[{"table": "a", "operations": ["insert", "insert"]}]');
select refusal('[{"table": "a", "operations": [1]}]');

-- Columns.
select refusal('[{"table": "a", "columns": ["id"]}]');
select refusal('[{"table": "a", "columns": {}}]');
select refusal('[{"table": "a", "columns": {"included": ["id"]}}]');
select refusal('[{"table": "a", "columns": {"mask": []}}]');
select refusal('[{"table": "a", "columns": {"mask": "id"}}]');
select refusal('[{"table": "a", "columns": {"mask": [""]}}]');
select refusal('[{"table": "a", "columns": {"mask": ["x", "y", "x"]}}]');
select refusal('[{"table": "a", "columns": {"mask": ["x"], "mask": ["y"]}}]');
select refusal('[{"table": "a", "columns": {"include": ["x"], "exclude": ["y"]}}]');
select refusal('[{"table": "a", "columns": {"include": ["x"], "mask": ["y"]}}]');
select refusal('[{"table": "a", "columns": {"exclude": ["x"], "hash": ["x"]}}]');
select refusal('[{"table": "a", "columns": {"mask": ["x"], "hash": ["\u0078"]}}]');

-- A key is what tells events apart.
select refusal('[{"table": "users", "columns": {"exclude": ["id"]}}]');
select refusal('[{"table": "*", "columns": {"include": ["email"]}}]');
alter table users replica identity full;
select refusal('[{"table": "users", "columns": {"exclude": ["id"]}}]');
create table marks (id int primary key, code text not null unique);
alter table marks replica identity using index marks_code_key;
select refusal('[{"table": "marks", "columns": {"exclude": ["code"]}}]');
select refusal('[{"table": "marks", "columns": {"exclude": ["id"]}}]');
alter table marks replica identity nothing;
select refusal('[{"table": "marks", "columns": {"exclude": ["id", "code"]}}]');

-- Where another rule holds for the table, or another option leaves it out, nothing is asked of it.
select refusal('[{"table": "users"}, {"table": "*", "columns": {"exclude": ["id"]}}]', 'tables', 'users');
select refusal('[{"table": "*", "columns": {"exclude": ["id"]}}]', 'exclude_tables', 'users,marks');

-- A salt.
select refusal('[{"table": "users", "columns": {"hash": ["email"]}}]');
set waljet.hash_salt = 'pepper';
select refusal('[{"table": "users", "columns": {"hash": ["email"]}}]');
-- Which nobody but superusers sees or sets.
create function attempt(statement text) returns text language plpgsql as $$
declare
  result text;
begin
  execute statement into result;
  return coalesce(result, 'done');
exception when others then
  return sqlstate;
end $$;
create role reader;
set role reader;
select attempt($$select current_setting('waljet.hash_salt')$$);
select attempt($$select set_config('waljet.hash_salt', 'mine', false)$$);
select attempt($$select count(*) from pg_settings where name like 'waljet.%'$$);
reset role;
drop role reader;
select attempt($$select current_setting('waljet.hash_salt')$$);
reset waljet.hash_salt;

-- Predicates: what can be told without a table, and what a table that is there says.
select refusal('[{"table": "a", "where": ""}]');
select refusal('[{"table": "a", "where": "  "}]');
select refusal('[{"table": "a", "where": 1}]');
select refusal('[{"table": "a", "where": "id >"}]');
select refusal('[{"table": "a", "where": "true; drop table users"}]');
select refusal('[{"table": "a", "where": "true from users"}]');
select refusal('[{"table": "a", "where": "true, true"}]');
select refusal('[{"table": "a", "where": "true as yes"}]');
select refusal('[{"table": "a", "where": "true union select true"}]');
select refusal('[{"table": "a", "where": "true where true"}]');
select refusal('[{"table": "a", "where": "distinct true"}]');
select refusal('[{"table": "a", "where": "true limit 1"}]');
select refusal('[{"table": "a", "where": "true into x"}]');
select refusal('[{"table": "a", "where": "exists (select from users)"}]');
select refusal('[{"table": "a", "where": "coalesce(id in (select 1), true)"}]');
select refusal('[{"table": "a", "where": "*"}]');
create function mine(int) returns boolean language sql immutable as 'select true';
create type mood as enum ('low', 'high');
create domain positive as int check (value > 0);
create table things (id int primary key, m mood, p positive, n int, v varchar, at timestamptz);
select refusal(format('[{"table": "things", "where": "%s"}]', predicate)) from (values
  ('n'), ('n + 1'), ('things.n > 1'), ('things.* is null'), ('ctid is null'), ('tableoid = 1'), ('$1 = 1'), ('count(*) > 0'),
  ('row_number() over () > 1'), ('generate_series(1, 2) = 1'), ('mine(n)'), ('public.mine(n)'), ('m = ''low'''), ('p > 1'),
  ('n > random()'), ('at > now()'), ('at > current_timestamp'), ('at::text = ''x'''), ('lpad(v, 3) = ''x'''), ('v in (''a'', ''b'')'),
  ('n > ''abc'''), ('nosuch(n)'), ('n = ''1''::mood'), ('v ~~~ ''x'''), ('current_user = v'), ('n > 1 / 0')) list(predicate);
-- A column that is not there may have been renamed and may be back: no error, the key alone is sent.
select refusal('[{"table": "things", "where": "nosuch > 1"}]');
select refusal('[{"table": "things", "columns": {"mask": ["nosuch"]}}]');

-- Nothing was taken.
select count(*) from raw_events() event where event like '%"users"%';
drop table users, marks, things;
drop function refusal, mine, attempt;
drop type mood;
drop domain positive;

-- TRUNCATE is one event a table, in the order of the statement, where it is asked for.
\t \a
create table a (id int primary key);
create table b (id int primary key, a_id int references a);
create table c (id serial primary key);
call decode();

truncate c;
select events();

begin;
insert into c values (1);
truncate c, a, b restart identity;
insert into c values (2);
commit;
select whole_events('operations', 'insert,truncate');

-- CASCADE takes other tables with it.
truncate a cascade;
select events('operations', 'truncate');

-- A table that is filtered out leaves the numbers of the others alone.
truncate a, c, b;
select substr(data, 25, 4) as part, convert_from(substr(data, 57, get_byte(data, 40)), 'UTF8') as subject
from pg_logical_slot_get_binary_changes('golden', null, null, 'name', 'app', 'output', 'frames',
                                        'operations', 'truncate', 'exclude_tables', 'c')
where get_byte(data, 4) = 2;

-- Rolled back.
begin;
truncate c;
rollback;
select events('operations', 'truncate');
set client_min_messages = warning;
drop table a, b, c;

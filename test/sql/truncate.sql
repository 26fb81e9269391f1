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
set client_min_messages = warning;
truncate a cascade;
select events('operations', 'truncate');

-- A table that is filtered out leaves the numbers of the others alone.
truncate a, c, b;
select frame_number(frame, 24, 4) as part, frame_subject(frame)
from frames('name', 'app', 'operations', 'truncate', 'exclude_tables', 'c') frame
where get_byte(frame, 4) = 2;

-- Rolled back.
begin;
truncate c;
rollback;
select events('operations', 'truncate');
drop table a, b, c;

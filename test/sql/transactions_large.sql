-- A transaction of so many tables that END would be too large: it leaves without the list, and the count stays.
\t \a
create table first_of_the_tables (id int);
create table second_of_the_tables (id int);
create table third_of_the_tables (id int);
call decode();

begin;
insert into first_of_the_tables values (1);
insert into second_of_the_tables values (1);
insert into third_of_the_tables values (1);
commit;
-- END with its list is larger than the second limit.
create function last_event(max_event_bytes text) returns text language sql as $$
  select regexp_replace(event, '"id":"\d+:\d+"|"ts_ms":\d+', '_', 'g')
  from peek_events('transactions', 'on', 'max_event_bytes', max_event_bytes) event
  where event like '{"status":"END"%'
$$;
select last_event('0');
select last_event('250');
drop table first_of_the_tables, second_of_the_tables, third_of_the_tables;
drop function last_event;

-- Transactions that came here by replication, with markers.
\t \a
create table books (id int primary key);
select from pg_replication_origin_create('node b');
call decode();
create procedure work(first int) language plpgsql as $$
begin
  insert into books values (first);
  perform pg_logical_emit_message(true, 'app', 'x');
end $$;
create function seen(variadic options text[]) returns table (what text, origin text,
  event_count text) language sql as $$
  select coalesce(j->>'status', j->>'op'), j->'source'->>'origin', j->>'event_count'
  from raw_events(variadic array['transactions', 'on', 'messages', '*'] || options) event,
  lateral (select event::json) parsed(j)
$$;
call work(1);
select from pg_replication_origin_session_setup('node b');
call work(2);
select from pg_replication_origin_session_reset();
select * from seen('origin', 'any');
call work(3);
select from pg_replication_origin_session_setup('node b');
call work(4);
select from pg_replication_origin_session_reset();
select * from seen('origin', 'none');
select from pg_replication_origin_drop('node b');
drop table books;
drop procedure work;
drop function seen;

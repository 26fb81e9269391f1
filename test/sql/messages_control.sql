-- The prefix `waljet` is reserved: outside a transaction a message with it is a control frame, kind 8, whatever option
-- `messages` says. It is never an event.
\t \a
create table books (id int primary key);
call decode();

create procedure write_messages() language plpgsql as $$
begin
  insert into books values (1);
  perform pg_logical_emit_message(false, 'waljet', 'job');
  perform pg_logical_emit_message(true, 'waljet', 'in a transaction');
  perform pg_logical_emit_message(false, 'waljet2', 'another prefix');
  perform pg_logical_emit_message(false, 'Waljet', 'another, too');
  perform pg_logical_emit_message(false, 'waljet', convert_to(E'\n größer', 'UTF8') || '\x00ff');
  perform pg_logical_emit_message(false, 'waljet', '');
  delete from books;
end $$;

-- A control frame has a place and an end of its own, like any message outside a transaction.
call write_messages();
create function bodies(variadic options text[]) returns table (frame bytea, body bytea) language sql as $$
  select frame, substr(frame, 73) from frames(variadic array['name', 'app'] || options) frame
  where get_byte(frame, 4) = 8
$$;
select get_byte(frame, 5) as op, frame_number(frame, 6, 2) as flags, frame_number(frame, 16, 8) as ordinal,
       frame_number(frame, 24, 4) as part, frame_number(frame, 28, 4) as xid,
       frame_number(frame, 32, 8) > frame_number(frame, 8, 8) as ends_behind,
       frame_number(frame, 40, 2) + frame_number(frame, 42, 2) + frame_number(frame, 44, 4) +
         frame_number(frame, 48, 4) + frame_number(frame, 52, 4) as lengths,
       substr(frame, 57, 16) = decode(repeat('00', 16), 'hex') as no_hash, body
from bodies('messages', 'none');

-- It ends what is gathered, and is no event of anything around it: the ordinals of events are those they have anyway.
call write_messages();
select get_byte(frame, 4) as kind, frame_number(frame, 16, 8) as ordinal, frame_subject(frame)
from frames('name', 'app', 'messages', '*', 'group_bytes', '1000', 'transactions', 'on') frame;
call write_messages();
select get_byte(frame, 4) as kind, frame_number(frame, 16, 8) as ordinal, frame_subject(frame)
from frames('name', 'app', 'messages', 'waljet') frame;

-- In lines there is nothing of it.
call write_messages();
select event::json->'op', event::json->'message'->>'prefix' from raw_events('messages', '*') event;
call write_messages();
select count(*) from raw_events('messages', 'waljet', 'operations', 'truncate');
drop table books;
drop procedure write_messages;
drop function bodies;

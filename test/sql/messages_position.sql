-- No two events share a position: a message outside a transaction is at the start of its record, other events behind
-- the start of their transaction's commit.
\t \a
create table books (id int primary key);
call decode();

-- The commit record follows that of the message at once.
begin;
insert into books values (1);
select from pg_logical_emit_message(false, 'app', 'outside');
commit;
begin;
select from pg_logical_emit_message(false, 'app', 'first');
select from pg_logical_emit_message(false, 'app', 'second');
insert into books values (2);
select from pg_logical_emit_message(true, 'app', 'inside');
select from pg_logical_emit_message(false, 'app', 'last');
commit;
create temp table taken as
select n, get_byte(frame, 4) as kind, frame_number(frame, 8, 8) as lsn, frame_number(frame, 16, 8) as ordinal,
       frame_number(frame, 24, 4) as part, nullif(frame_number(frame, 32, 8), 0) as end_lsn
from frames('name', 'app', 'messages', '*', 'transactions', 'on') with ordinality f(frame, n)
  where get_byte(frame, 4) > 1;
select kind, ordinal, part, count(*) over (partition by lsn, ordinal, part) as at_this_position,
       end_lsn > lsn as ends_behind, (lsn, ordinal, part) > lag((lsn, ordinal, part)) over (order by n) as in_order
from taken where kind <> 3 order by n;
drop table books, taken;

-- Format wal-listener in frames: the operation, subject and key of each event; a key change is one update under the
-- new key.
\t \a
create table books (id int primary key, title text);
call decode();

begin;
insert into books values (1, 'Dune');
update books set title = 'DUNE';
update books set id = 2;
delete from books;
truncate books;
commit;
create temp table taken as select n, frame from frames('name', 'app', 'format',
  'wal-listener') with ordinality f(frame, n);
select get_byte(frame, 4) as kind, chr(nullif(get_byte(frame, 5), 0)) as op, frame_number(frame, 16, 8) as ordinal,
       frame_number(frame, 24, 4) as part, frame_subject(frame), frame_table(frame), frame_key(frame),
       nullif(frame_body(frame), '')::json->>'action' as action
from taken where get_byte(frame, 4) > 1 order by n;

-- An event that is too large leaves as a stub of its key.
insert into books values (3, repeat('x', 2000));
update books set title = repeat('y', 2000), id = 4;
select get_byte(frame, 4) as kind, chr(nullif(get_byte(frame, 5), 0)) as op, frame_key(frame),
       frame_headers(frame) ~ '^Waljet-Oversize: \d+\n$', nullif(frame_body(frame), '')::jsonb - 'id' - 'commitTime'
from frames('name', 'app', 'format', 'wal-listener', 'max_event_bytes', '500') frame where get_byte(frame, 4) > 1;
drop table books, taken;

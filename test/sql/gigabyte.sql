-- Events larger than anything that PostgreSQL can send leave all the same, and stop nothing.
\t \a
create table books (id int primary key, a text, b text, c text, d text, e text, f text, g text, h text, i text,
                    j text, k text, data jsonb);
insert into books values (1, repeat('x', 100000000), repeat(e'\x01', 100000000));
insert into books (id, a, data) select 2, 'digits', jsonb_agg(1e131071) from generate_series(1, 9000);
call decode();

-- What leaves, without what differs from run to run.
create function told(variadic options text[] default '{}') returns setof text language sql as $$
  select format('%s %s.%s %s %s', get_byte(frame, 4), frame_number(frame, 16, 8), frame_number(frame, 24, 4),
                regexp_replace(frame_headers(frame), E'Waljet-Oversize: (\\d+)\\d{6}\n', '\1 million'),
                mask(frame_body(frame), '\1,"op":"\6"}'))
  from frames(variadic array['name', 'app'] || options) frame
  where get_byte(frame, 4) > 1
$$;

-- Each value is small, the row is not. The size is what the values could take at most.
begin;
insert into books values (3, 'before');
insert into books select 4, a, a, a, a, a, a, a, a, a, a, a from books where id = 1;
insert into books values (5, 'behind');
commit;
select told();

-- Small as they are stored, as text they are not: control characters take six bytes each.
insert into books select 6, b, b from books where id = 1;
select told();
-- The same number of letters fits.
insert into books select 7, a, a from books where id = 1;
create temp table taken as
select length(data) as size from pg_logical_slot_peek_binary_changes(golden(), null, null,
  'output', 'frames', 'name', 'app');
select count(*), max(size) > 200000000 from taken;
select told('max_event_bytes', '1000000');

-- The text of one value is larger than a text can be: few bytes stand for many digits.
insert into books (id, a, data) select 8, 'digits', data from books where id = 2;
select told();
insert into books (id, a, data) select 9, 'digits', data from books where id = 2;
select events();

drop function told;
drop table books;

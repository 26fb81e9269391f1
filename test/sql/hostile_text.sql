-- Text that tries to break out of its JSON string comes back as it was.
\t \a
create table notes (id int primary key, t text);
call decode();

insert into notes values (1, E'quote " backslash \\ slash / tab \t line \n return \r feed \f back \b');
insert into notes values (2, E'\x01\x02\x1b\x1f\x7f'), (3, U&'\2028\2029\0085'), (4, '</script><!--'), (5, '😀 𐍈');
insert into notes values (6, '","op":"d"}'), (7, '\u0041 \n %s'), (8, E'\r\n'), (9, E'ends in \\');
select events();

insert into notes select 100 + n, chr(n) || 'x' || chr(n) from generate_series(1, 1000) n;
insert into notes values (5000, repeat('"', 65536)), (5001, repeat(E'\\', 65536)), (5002, repeat(chr(1), 65536)),
                         (5003, repeat('😀', 65536));
create temp table taken as select event, event::jsonb->'after' as after from raw_events() event;
select count(*), count(*) filter (where after->>'t' = notes.t),
       count(*) filter (where event ~ '[\x01-\x1f]')
from taken join notes on notes.id = (after->>'id')::int;
select (after->>'id')::int, length(event) > 2 * 65536 from taken where (after->>'id')::int >= 5000 order by 1;
drop table notes;

-- A value stored out of line that an update leaves alone is not in the log.
\t \a
create table docs (id int primary key, note text, body text, scan bytea, data jsonb, tags text[],
                   digits numeric);
alter table docs alter body set storage external, alter scan set storage external,
                 alter data set storage external, alter tags set storage external,
                 alter digits set storage external;
insert into docs select 1, 'first', repeat('x', 5000), convert_to(repeat('y', 5000), 'UTF8'),
  jsonb_build_object('z', repeat('z', 5000)), array[repeat('t', 5000)], repeat('7', 10000)::numeric;
call decode();

-- New values are whole.
insert into docs select 2, note, body, scan, data, tags, digits from docs;
create temp table taken as select event, event::jsonb->'after' as after from raw_events() event;
select mask(shorten(event), '\1') from taken;
select after->>'body' = body, decode(after->>'scan', 'base64') = scan, (after->>'data')::jsonb = data,
       array(select jsonb_array_elements_text(after->'tags')) = tags
from taken, docs where docs.id = 2;

-- The placeholder has the shape of the type's values.
update docs set note = 'second' where id = 1;
update docs set note = 'third', body = 'short' where id = 1;
select events();
update docs set note = 'fourth' where id = 1;
select events('unavailable_value', 'not "here"');

-- The row moves to another key, the values stay where they are.
update docs set id = 3 where id = 1;
select events();
delete from docs where id = 2;
select events();

-- FULL: unchanged values come from the old row.
alter table docs replica identity full;
update docs set note = 'fifth' where id = 3;
select shorten(events());
update docs set id = 4 where id = 3;
select shorten(events());
update docs set scan = null where id = 4;
select shorten(events());

-- Nothing is fetched from the table, where it is gone by now.
alter table docs replica identity default;
update docs set note = 'sixth';
delete from docs;
vacuum docs;
select events();

-- Compressed in the row is in the log.
create table letters (id int primary key, note text, body text);
alter table letters alter body set storage main;
insert into letters values (1, 'first', repeat('x', 5000));
select pg_relation_size(reltoastrelid) = 0 from pg_class where relname = 'letters';
select from raw_events();
update letters set note = 'second';
select shorten(events());
drop table docs, letters;

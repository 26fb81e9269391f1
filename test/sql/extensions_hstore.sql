-- hstore is a string that holds a JSON object, or the object; members are in the server's order.
\t \a
select count(*) = 0 as absent from pg_available_extensions where name = 'hstore' \gset
\if :absent
\quit
\endif
create extension hstore;
create domain attributes as hstore;
create table items (id int primary key, h hstore, many hstore[], d attributes);
call decode();

insert into items values (1, '"key"=>"val"', array['key4=>val4,key5=>NULL'::hstore, 'key6=>val6'], 'a=>1');
insert into items values (2, '', '{}', 'NULL=>NULL');
insert into items values (3,
  E'"quote \\" here"=>"back\\\\slash", "größer"=>"😀", ""=>"", "a=>b, c"=>"line\nbreak\t"', array[null, ''::hstore],
  null);
insert into items values (4, '"k"=>"NULL", b=>2, aa=>1', '{{"a=>1"},{"b=>2"}}', null),
  (5, null, '[0:0]={"a=>1"}', null);
select modes('hstore', 'json', 'map');
insert into items values (6, '"key"=>"val", n=>NULL', array['key4=>val4'::hstore], 'a=>1');
select columns('format', 'wal-listener');

-- The key of a frame is the text of the type.
create table maps (h hstore primary key);
insert into maps values ('b=>2,a=>NULL');
select frame_key(frame) from frames('name', 'app') frame where get_byte(frame, 4) = 2;
drop table items, maps;
drop domain attributes;
drop extension hstore;

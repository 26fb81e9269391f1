-- Every event is one physical line, whatever is in its names and values.
\t \a
create table "two
lines" ("col
umn" int primary key, t text, c char(3), j json, a text[], x xml, b bytea, v varchar, n name);
call decode();

insert into "two
lines" select n, chr(n), chr(n), E'{"a":\n1,\r\n"b":2}', array[chr(n)], E'<a>\n</a>', convert_to(chr(n), 'UTF8'),
              chr(n), chr(n)
from generate_series(1, 300) n;
update "two
lines" set t = t || E'\n' || t, a = a || array[E'\r\n'];
alter table "two
lines" replica identity full;
delete from "two
lines";
select count(*), count(*) filter (where event ~ '[\x01-\x1f]') from raw_events() event;
drop table "two
lines";

-- Names that try to break out of their JSON strings and of their subjects.
\t \a
create schema "sch.ema ""x""";
create table "sch.ema ""x"""."ta\ble" ("i""d" int primary key, "back\slash" int, "new
line" int, "дом 😀" int, "UPPER" int, "a.b*>" int, "},""op"":""d""" int, "</script>" int);
create table "1234567890123456789012345678901234567890123456789012345678901ü" (
  "1234567890123456789012345678901234567890123456789012345678901ü" int primary key);
create table "Üse""r
" (" " int primary key);
call decode();

insert into "sch.ema ""x"""."ta\ble" values (1, 2, 3, 4, 5, 6, 7, 8);
insert into "1234567890123456789012345678901234567890123456789012345678901ü" values (1);
insert into "Üse""r
" values (1);
delete from "sch.ema ""x"""."ta\ble";
create temp table taken as select whole_events() as event;
select event from taken;

-- One physical line each.
select count(*), count(*) filter (where event like E'%\n%') from taken;

-- As subjects.
insert into "sch.ema ""x"""."ta\ble" values (2);
insert into "Üse""r
" values (2);
select frame_subject(frame) from frames('name', 'my app') frame where get_byte(frame, 4) = 2;

-- In the other format, and names of types and labels.
create type "sch.ema ""x"""."en""um\" as enum ('la"bel', E'two\nlines', '{"op":"d"}', '日本');
create domain "sch.ema ""x"""."do.main
" as "sch.ema ""x"""."en""um\"[];
alter table "sch.ema ""x"""."ta\ble" add "'; drop table x; --" "sch.ema ""x"""."en""um\", add "{key}" "sch.ema ""x"""."do.main
";
insert into "sch.ema ""x"""."ta\ble" ("i""d", "'; drop table x; --", "{key}") values (3, 'la"bel', E'{"two\nlines",日本}');
update "sch.ema ""x"""."ta\ble" set "i""d" = 4 where "i""d" = 3;
delete from "Üse""r
";
select listener_events();
set client_min_messages = warning;
drop schema "sch.ema ""x""" cascade;
drop table "Üse""r
", "1234567890123456789012345678901234567890123456789012345678901ü";

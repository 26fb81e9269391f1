-- A value whose type's output function fails does not stop the slot.
\t \a
set client_min_messages = warning;
create type faulty;
create function faulty_in(cstring) returns faulty language internal immutable strict as 'textin';
create function faulty_out(faulty) returns cstring language internal immutable strict as 'anyelement_out';
create type faulty (input = faulty_in, output = faulty_out, like = text);
create table things (id int primary key, name text, thing faulty);
call decode();

insert into things values (1, 'null', null);
begin;
insert into things values (2, 'faulty', 'x');
insert into things values (3, 'null', null);
commit;
create temp table frame as
select frame, get_byte(frame, 4) as kind from frames('name', 'app') frame where get_byte(frame, 4) > 1;
select kind, mask(frame_body(frame), '\1,"op":"\6"}'), frame_headers(frame) like 'Waljet-Oversize: %' from frame;

insert into things values (4, 'faulty', 'x');
update things set name = 'changed' where id = 4;
delete from things where id = 4;
select events();

-- In a type made of it.
create type pair as (first int, second faulty);
create table pairs (id int primary key, pair pair, pairs pair[]);
insert into pairs values (1, row(1, null), array[row(2, null)::pair]);
insert into pairs values (2, row(1, 'x'), array[row(2, 'x')::pair]);
select events();

-- In the key: a stub without columns, a line without that value.
create function faulty_lt(faulty, faulty) returns bool language internal immutable strict as 'bytealt';
create function faulty_le(faulty, faulty) returns bool language internal immutable strict as 'byteale';
create function faulty_eq(faulty, faulty) returns bool language internal immutable strict as 'byteaeq';
create function faulty_ge(faulty, faulty) returns bool language internal immutable strict as 'byteage';
create function faulty_gt(faulty, faulty) returns bool language internal immutable strict as 'byteagt';
create function faulty_cmp(faulty, faulty) returns int language internal immutable strict as 'byteacmp';
create operator < (leftarg = faulty, rightarg = faulty, function = faulty_lt);
create operator <= (leftarg = faulty, rightarg = faulty, function = faulty_le);
create operator = (leftarg = faulty, rightarg = faulty, function = faulty_eq);
create operator >= (leftarg = faulty, rightarg = faulty, function = faulty_ge);
create operator > (leftarg = faulty, rightarg = faulty, function = faulty_gt);
create operator class faulty_ops default for type faulty using btree as
  operator 1 <, operator 2 <=, operator 3 =, operator 4 >=, operator 5 >, function 1 faulty_cmp(faulty, faulty);
create table faults (thing faulty primary key, name text);
insert into faults values ('x', repeat('n', 300));
update faults set name = 'changed';
update faults set thing = 'y';
delete from faults;
select get_byte(frame, 4), mask(frame_body(frame), '\1,"op":"\6"}')
from frames('name', 'app') frame where get_byte(frame, 4) in (2, 5);
insert into faults values ('x', repeat('n', 300));
update faults set thing = 'y';
select shorten(events());

drop table things, pairs, faults;
drop type faulty cascade;

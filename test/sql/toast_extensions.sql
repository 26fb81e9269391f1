-- What stands for unchanged values of extensions' types.
\t \a
select count(*) = 0 as absent from pg_available_extensions where name = 'hstore' \gset
\if :absent
\quit
\endif
create extension hstore;
set client_min_messages = warning;
create type geometry;
create function geometry_in(cstring) returns geometry language internal immutable strict as 'textin';
create function geometry_out(geometry) returns cstring language internal immutable strict as 'textout';
create type geometry (input = geometry_in, output = geometry_out, like = text, storage = external);
create type vector;
create function vector_in(cstring) returns vector language internal immutable strict as 'textin';
create function vector_out(vector) returns cstring language internal immutable strict as 'textout';
create type vector (input = vector_in, output = vector_out, like = text, storage = external);
create type sparsevec;
create function sparsevec_in(cstring) returns sparsevec language internal immutable strict as 'textin';
create function sparsevec_out(sparsevec) returns cstring language internal immutable strict as 'textout';
create type sparsevec (input = sparsevec_in, output = sparsevec_out, like = text, storage = external);
create type secret;
create function secret_in(cstring) returns secret language internal immutable strict as 'textin';
create function secret_out(secret) returns cstring language internal immutable strict as 'textout';
create type secret (input = secret_in, output = secret_out, like = text, storage = external);
create table wide (id int primary key, note text, h hstore, hs hstore[], g geometry, gs geometry[], v vector,
  s sparsevec, x secret);
alter table wide alter h set storage external, alter hs set storage external, alter gs set storage external;
insert into wide
select 1, 'first', hstore('k', t), array[hstore('k', t)], t::geometry, array[t]::geometry[], t::vector,
  t::sparsevec, t::secret
from (select repeat('0', 5000) as t) long;
call decode();

update wide set note = 'second';
select columns();
update wide set note = 'third';
select columns('hstore', 'map', 'unavailable_value', 'no "value"');
drop table wide;
drop type geometry, vector, sparsevec, secret cascade;
drop extension hstore;

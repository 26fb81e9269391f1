-- Types of no known name are their text, whatever it looks like; so are types of a known name that are none of these.
\t \a
set client_min_messages = warning;
create type secret;
create function secret_in(cstring) returns secret language internal immutable strict as 'textin';
create function secret_out(secret) returns cstring language internal immutable strict as 'textout';
create type secret (input = secret_in, output = secret_out, like = text);
create type hstore as enum ('"a"=>"b"');
create type vector as (x int);
create domain citext as int;
create table safes (id int primary key, s secret, many secret[], h hstore, v vector, c citext);
call decode();

insert into safes values (1, E'any "text"\nat all', '{a,"b c"}', '"a"=>"b"', row(1), 7),
  (2, '', '{}', null, null, null);
select columns();
insert into safes values (3, '{"json": 1}', '{a,NULL}', '"a"=>"b"', row(1), 7);
select columns('format', 'wal-listener');
drop table safes;
drop type secret cascade;
drop type hstore, vector;
drop domain citext;

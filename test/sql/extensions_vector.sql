-- pgvector by its names: vectors are arrays of numbers, sparse ones structs.
\t \a
set client_min_messages = warning;
create type vector;
create function vector_in(cstring) returns vector language internal immutable strict as 'textin';
create function vector_out(vector) returns cstring language internal immutable strict as 'textout';
create type vector (input = vector_in, output = vector_out, like = text);
create type halfvec;
create function halfvec_in(cstring) returns halfvec language internal immutable strict as 'textin';
create function halfvec_out(halfvec) returns cstring language internal immutable strict as 'textout';
create type halfvec (input = halfvec_in, output = halfvec_out, like = text);
create type sparsevec;
create function sparsevec_in(cstring) returns sparsevec language internal immutable strict as 'textin';
create function sparsevec_out(sparsevec) returns cstring language internal immutable strict as 'textout';
create type sparsevec (input = sparsevec_in, output = sparsevec_out, like = text);
create table points (id int primary key, v vector, h halfvec, s sparsevec, many vector[]);
call decode();

insert into points values (1, '[1,2,3]', '[101,102,103]', '{1:201,9:209}/3000', '{"[1,2]"}');
insert into points values (2, '[0.1,-1e-07,1e+20,12345678]', '[-0,65504]', '{}/3', null);
insert into points values (3, '[]', '[1]', '{1:0.5}/16000', null), (4, null, null, null, null);
select columns();

-- A text of another form is sent as it is.
insert into points values (5, '1,2,3', '[1,2', '{1:2}', null), (6, '[1,,2]', '[a]', '{1:2/3', null),
                          (7, '', '[1] ', '[1,2]', null), (8, '[1,2]x', '[nan]', '{a:1}/3', null);
select columns();
insert into points values (9, '[1,2.5]', '[1e-07]', '{1:201}/3000', '{"[1,2]",NULL}');
select columns('format', 'wal-listener');
drop table points;
drop type vector, halfvec, sparsevec cascade;

-- json as it was written, jsonb as the server prints it; both as text in a string.
\t \a
create table docs (id int primary key, j json, b jsonb);
call decode();

insert into docs values (1, '{"bar": "baz"}', '{"bar": "baz"}');
insert into docs values (2, E'{ "b" :1,\n\t"a": [1,2 ,3],"b":2}', E'{ "b" :1,\n\t"a": [1,2 ,3],"b":2}');
insert into docs values (3, 'null', 'null'), (4, '1.0', '1.0'), (5, '"\u00fc\n\"q\""', '"\u00fc\n\"q\""');
insert into docs values (6, '[]', '{}'), (7, null, null), (8, '1E400', '12345678901234567890.10');
select events();
drop table docs;

-- Elements follow the handling modes of their type.
\t \a
create table lists (id int primary key, n numeric[], n2 numeric(10,2)[], b bytea[], t time[], ts timestamp(3)[],
  d date[]);
call decode();

insert into lists values (1, '{1.10,NaN,NULL}', '{{1.2},{3.4}}', '{"\\xfbff"}', '{04:05:11.789}',
  '{2019-07-09 02:28:57.1}', '{2017-09-15}');
select columns('decimal', 'double', 'binary', 'hex', 'time', 'connect');
insert into lists values (2, '{1.10,NaN,NULL}', '{{1.2},{3.4}}', '{"\\xfbff"}', '{04:05:11.789}',
  '{2019-07-09 02:28:57.1}', '{2017-09-15}');
select columns('decimal', 'string', 'binary', 'base64-url-safe', 'time', 'isostring');
drop table lists;

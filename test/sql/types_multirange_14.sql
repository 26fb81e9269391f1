-- Multiranges are their text.
\t \a
create table ranges (id int primary key, i4 int4multirange, tz tstzmultirange, n nummultirange,
  many int4multirange[]);
set timezone = 'Asia/Kolkata';
call decode();

insert into ranges values (1, '{[1,3),[7,9]}', '{[2019-03-31 15:30:00+00,)}', '{[5.30,6.3)}', '{"{[1,3)}","{}"}');
insert into ranges values (2, '{}', '{(,)}', null, '{}');
select columns();
drop table ranges;

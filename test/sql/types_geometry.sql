-- A point is a struct; PostgreSQL's other shapes are their text.
\t \a
create table points (id int primary key, p point);
create table shapes (id int primary key, s lseg, b box, open path, closed path, area polygon, c circle, l line);
call decode();

insert into shapes values (1, '[(0,0),(3,4)]', '(3,4),(1,2)', '[(0,0),(1,1)]', '((0,0),(1,1),(1,0))',
                           '((0,0),(1,1),(1,0))', '<(1,2),3>', '{1,2,3}');
insert into points values (1, '(1,1)'), (2, '(1.5,-2)'), (3, '(1e21,1e-7)'), (4, '(-0,0)'), (5, '(0.1,12345678.9)'),
                          (6, '(174.9479,-36.7208)'), (7, '(NaN,Infinity)'), (8, '(-Infinity,0)'), (9, null);
select columns();

-- The WKB says the same: little-endian, a point, x and y.
create function flipped(number float8) returns text language sql as $$
  select string_agg(substr(encode(float8send(number), 'hex'), 15 - 2 * n, 2), '' order by n)
  from generate_series(0, 7) n
$$;
insert into points values (10, '(174.9479,-36.7208)');
select encode(decode(value::json->>'wkb', 'base64'), 'hex') = '0101000000' || flipped(174.9479) || flipped(-36.7208)
from raw_events() event, columns_of(event) where name = 'p';
drop table points, shapes;
drop function flipped;

-- What stands for an unchanged out-of-line value has the shape of the type's values.
\t \a
create domain remark as text;
create table wide (id int primary key, note text, t text, v varchar, c char(3000), j json, jb jsonb, x xml,
                   d remark, b bytea, bits varbit, fixed_bits bit(9000), n numeric, n2 numeric(1000,2), ts tsvector,
                   r numrange, shape path, area polygon);
alter table wide set (toast_tuple_target = 128);
-- All values are stored out of line.
create procedure store_externally(name regclass) language plpgsql as $$
declare
  column_name text;
begin
  for column_name in
    select attname from pg_attribute where attrelid = name and attnum > 2 and attstorage in ('x', 'm')
  loop
    execute format('alter table %s alter %I set storage external', name, column_name);
  end loop;
end $$;
call store_externally('wide');
insert into wide
select 1, 'first', t, t, t, to_json(t), to_jsonb(t), xmlparse(content t), t, t::bytea, repeat('10', 5000)::varbit,
       repeat('01', 4500)::bit(9000), n::numeric, left(n, 998)::numeric,
       left(t, 2000)::tsvector, numrange(null, n::numeric), path(polygon(200, circle '<(0,0),1>')),
       polygon(200, circle '<(0,0),1>')
from (select repeat('x', 3000) as t, repeat('7', 10000) as n) long;
call decode();

-- Not in the log at all.
update wide set note = 'second';
select columns();
update wide set note = 'third';
select columns('unavailable_value', 'größer "or" not');

-- In each mode that has another shape.
update wide set note = 'fourth';
select modes from modes('binary', 'bytes', 'base64', 'base64-url-safe', 'hex') where modes ~ '^b ';
update wide set note = 'fifth';
select modes from modes('decimal', 'precise', 'double', 'string') where modes ~ '^n2? ';

-- Old rows have none: what is not logged of them is null.
delete from wide;
select events();
drop table wide;
drop domain remark;
drop procedure store_externally;

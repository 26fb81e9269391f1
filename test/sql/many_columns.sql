-- Tables as narrow and as wide as they get.
\t \a
create table nothing ();
call decode();
insert into nothing default values;
select events();

do $$
begin
  execute (select format('create table wide (%s)', string_agg('c' || n || ' int', ', ' order by n))
           from generate_series(1, 1600) n);
end $$;
insert into wide default values;
insert into wide (c1, c1600) values (1, 1600);
select count(*), count(*) filter (where value is null), string_agg(key || '=' || value, ' ' order by key)
from (select n, key, value from raw_events() with ordinality taken(event, n),
                                jsonb_each_text(event::jsonb->'after')) members group by n order by n;
drop table nothing, wide;

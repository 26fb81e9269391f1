-- Option partition_root and TRUNCATE: of the root one event under its name, of a partition one under that
-- partition's.
\t \a
create table readings (id int not null, at int not null) partition by range (at);
create table readings_1 partition of readings for values from (1) to (2);
create table readings_2 partition of readings for values from (2) to (3) partition by list (id);
create table readings_2_1 partition of readings_2 for values in (1);
create table readings_2_2 partition of readings_2 default;
create table others (id int);
create table empty_root (id int) partition by list (id);
call decode();
create function seen(variadic options text[] default '{}') returns setof text language sql as $$
  select format('%s.%s', j->'source'->>'schema', j->'source'->>'table')
  from raw_events(variadic array['operations', 'truncate'] || options) event, lateral (select event::json) parsed(j)
$$;

truncate readings;
select seen('partition_root', 'on');
truncate readings;
select seen('partition_root', 'off');
-- Not all of the root: a partition, one that has partitions itself, two of them.
truncate readings_1;
select seen('partition_root', 'on');
truncate readings_2;
select seen('partition_root', 'on');
truncate readings_1, readings_2_2;
select seen('partition_root', 'on');
-- Beside other tables, and beside its root.
truncate others, readings;
select seen('partition_root', 'on');
truncate readings_1, readings, others;
select seen('partition_root', 'on');
truncate readings_2, readings_1;
select seen('partition_root', 'on');
truncate empty_root;
select seen('partition_root', 'on');

-- Filters go by the root's name.
truncate readings;
select seen('partition_root', 'on', 'tables', 'readings');
truncate readings;
select seen('partition_root', 'on', 'tables', 'readings_1');
truncate readings_1;
select seen('partition_root', 'on', 'tables', 'readings_1');
truncate readings_1;
select seen('partition_root', 'on', 'tables', 'readings');
truncate readings_1;
select seen('partition_root', 'on', 'exclude_tables', 'readings');
truncate readings_1;
select seen('partition_root', 'on', 'exclude_tables', 'readings_1');

-- Whole events, in both formats.
truncate readings;
select events('partition_root', 'on', 'operations', 'truncate');
truncate readings, others;
select listener_events('partition_root', 'on');

-- Part: the table's place in what the log lists.
truncate others, readings;
select frame_table(frame), frame_number(frame, 16, 8), frame_number(frame, 24, 4) > 0 as not_the_first
from frames('partition_root', 'on', 'operations', 'truncate') frame where get_byte(frame, 4) = 2;
drop table readings, others, empty_root;
drop function seen;

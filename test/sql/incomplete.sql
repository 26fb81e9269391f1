-- An event of which a value did not change, is stored out of line and so is not in the log, says so in its frame; one
-- whose old row has the value does not.
\t \a
create table leaflets (id int primary key, hits int, body text);
alter table leaflets alter body set storage external;
insert into leaflets values (1, 0, repeat('x', 5000)), (2, 0, 'short');
create table archive (id int primary key, hits int, body text);
alter table archive alter body set storage external;
alter table archive replica identity full;
insert into archive values (1, 0, repeat('x', 5000));
call decode();
update leaflets set hits = 1;
update leaflets set body = body || 'y' where id = 1;
update leaflets set id = 3 where id = 1;
update archive set hits = 1;
delete from leaflets;
select chr(get_byte(frame, 5)) || ' ' || frame_table(frame) || ' <' || frame_key(frame) || '> ' || get_byte(frame, 6)
from frames('name', 'app') frame where get_byte(frame, 4) = 2;

-- Not the columns that a rule leaves out.
insert into leaflets values (1, 0, repeat('x', 5000));
update leaflets set hits = 3;
select chr(get_byte(frame, 5)) || ' ' || get_byte(frame, 6)
from frames('name', 'app', 'rules', '[{"table":"leaflets","columns":{"exclude":["body"]}}]') frame where get_byte(frame, 4) = 2;

-- Groups are of one or the other.
update leaflets set hits = 4;
select get_byte(frame, 6) from frames('name', 'app', 'group_bytes', '65536') frame where get_byte(frame, 4) = 2;
drop table leaflets, archive;

-- Intervals of more hours than 13 and 14 can print, which leave their text out.
\t \a
create type stay as (name text, span interval);
create type spans as range (subtype = interval);
create table stays (id int primary key, i interval, a interval[], s stay, r spans);
call decode();

insert into stays
select 1, i, array[i, null], row('x'::text, i)::stay, spans(null, i)
  from (select interval '2147483647:00:00' + '414564141:00:54.775807' as i) long;
insert into stays values (2, '1 day', '{01:00}', row('x', '01:00'), '[01:00,02:00)');
select modes('interval', 'numeric', 'string');
insert into stays
select 3, i, array[i, null], row('x'::text, i)::stay, spans(null, i)
  from (select interval '2147483647:00:00' + '414564141:00:54.775807' as i) long;
insert into stays values (4, '1 day', '{01:00}', row('x', '01:00'), '[01:00,02:00)');
select columns('format', 'wal-listener');

-- Also as a key.
create table keys (i interval primary key);
insert into keys select interval '-2147483647:00:00' - '414564141:00:54.775807';
insert into keys values ('1 day');
select get_byte(frame, 4), frame_key(frame) from frames('name', 'app') frame where get_byte(frame, 4) in (2, 5);
drop table stays, keys;
drop type stay, spans;

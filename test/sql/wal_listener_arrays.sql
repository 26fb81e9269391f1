-- Format wal-listener: every array is a JSON array of natural values.
\t \a
create type mood as enum ('sad', 'it''s "fine"');
create type place as (street text, number int);
create domain positive as int check (value > 0);
create table lists (id int primary key, i int[], n numeric[], f float8[], b bool[], t text[], e mood[], by bytea[],
                    j json[], jb jsonb[], ts timestamp[], at timestamptz(0)[], d date[], ti time[], span interval[],
                    m money[], p place[], dom positive[], pt point[], bits bit(3)[], nm name[], r int4range[]);
set timezone = 'Asia/Kolkata';
set datestyle = 'SQL, DMY';
set intervalstyle = 'sql_standard';
call decode();

insert into lists values (1, '{1,NULL,3}', '{1.10,NaN,1e20}', '{0.1,Infinity}', '{t,f}',
  '{a,"q\"b","NULL",NULL,""}', '{"it''s \"fine\""}', '{"\\x0102"}', '{"{ \"a\":1}"}', '{"{ \"a\":1}",null,"null"}',
  '{2016-11-04 13:51:30.5,infinity}', '{2016-11-04 13:51:30+02}', '{2016-11-04,-infinity}', '{13:51:30.5}',
  '{"1 mon -2 days"}', '{1234.5}', '{"(\"a,b\",1)"}', '{1,2}', '{"(1,2)"}', '{101}', '{x}', '{"[1,3)"}');
insert into lists (id, i, n, t, jb, p) values (2, '{}', '{{1.5},{2}}', '{{a,b},{c,NULL}}', '{{1},{"[2]"}}',
  '{{"(a,1)"}}');
-- One that does not begin at 1 is its text.
insert into lists (id, i, t, jb, m) values (3, '[0:1]={7,8}', '[2:2]={"a b"}', '[0:0]={"{\"a\":1}"}', '[0:0]={1.5}');
select columns from columns('format', 'wal-listener') where columns !~ ' null$';
drop table lists;
drop domain positive;
drop type mood, place;

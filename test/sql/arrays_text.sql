-- Arrays of types that Debezium sends no arrays of are the server's text.
\t \a
create domain positive as int check (value > 0);
create type place as (street text, number int);
create table lists (id int primary key, m money[], n name[], i interval[], b1 bit[], b bit(3)[], vb varbit[],
                    x xml[], p point[], rc refcursor[], d positive[], c place[], q tsquery[], v tsvector[],
                    "char" "char"[], l pg_lsn[], r regclass[]);
set intervalstyle = 'sql_standard';
call decode();

insert into lists values (1, '{1.5,-1}', '{a,NULL}', '{"1 mon -2 days",00:00:01}', '{0,1}', '{101}', '{1,01}',
                          '{<a/>}', '{"(1,2)"}', '{c}', '{1,2}', '{"(a,1)","(,)"}', '{''a''}', '{''a'':1}',
                          '{a,"\""}', '{16/B374D848}', '{lists}');
insert into lists (id, m, d, p) values (2, '{}', '{{1,2},{3,4}}', '[0:0]={"(1,2)"}'), (3, null, '{NULL}', '{NULL}');
select columns();
drop table lists;
drop type place;
drop domain positive;

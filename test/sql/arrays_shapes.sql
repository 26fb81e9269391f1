-- Arrays of several dimensions are nested; one that does not begin at 1 is the server's text, which says where it
-- does.
\t \a
create table grids (id int primary key, i int[], t text[][], n numeric(4,1)[], d date[]);
set datestyle = 'SQL, DMY';
call decode();

insert into grids values (1, '{{1,2},{3,4}}', '{{a,NULL},{"{}","x,y"}}', '{{1.5},{2}}', '{{2020-02-01},{infinity}}');
insert into grids values (2, '{{{1},{2}},{{3},{4}}}', '{{{{{{deep}}}}}}', '{{NULL}}', null);
insert into grids values (3, '[0:1]={7,8}', '[2:3]={a,NULL}', '[-1:0]={1.5,2}', '[0:0]={2020-02-01}');
insert into grids values (4, '[1:2][0:1]={{1,2},{3,4}}', '[1:1]={a}', '[5:5]={NULL}', '{}');
update grids set i[7] = 9, t = t[2:2] where id = 3;
select columns();
drop table grids;

-- Stored generated columns and identity columns are columns.
\t \a
create table boxes (id int generated always as identity primary key, a int, b int,
                    area int generated always as (a * b) stored, label text generated always as ('box') stored);
call decode();

insert into boxes (a, b) values (2, 3), (null, 4);
update boxes set a = 5 where id = 1;
alter table boxes replica identity full;
update boxes set b = 6 where id = 1;
delete from boxes where id = 1;
select events();
drop table boxes;

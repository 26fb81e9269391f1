-- Stored generated columns and identity columns are columns; virtual ones (18 and later) are in no event.
\t \a
create table boxes (id int generated always as identity primary key, a int, b int,
                    area int generated always as (a * b) stored, label text generated always as ('box') stored);
create function has_virtual() returns bool language sql as $$
  select current_setting('server_version_num')::int >= 180000
$$;
do $$
begin
  execute format('create table crates (id int primary key, a int %s, b text, c int generated always as (a + 1) stored)',
                 case when has_virtual() then ', v int generated always as (a * 2) virtual' end);
end $$;
call decode();

insert into boxes (a, b) values (2, 3), (null, 4);
update boxes set a = 5 where id = 1;
alter table boxes replica identity full;
update boxes set b = 6 where id = 1;
delete from boxes where id = 1;
select events();

insert into crates values (1, 2);
update crates set a = 3;
delete from crates;
alter table crates replica identity full;
do $$
begin
  if has_virtual() then
    execute $ddl$ alter table crates add w text generated always as ('w' || b) virtual, alter v set expression as (a * 3) $ddl$;
  end if;
end $$;
insert into crates (id, a, b) values (2, 2, 'x');
update crates set b = 'y';
alter table crates rename c to d;
delete from crates;
select events();
insert into crates (id, a, b) values (3, 2, 'x');
update crates set id = 4;
delete from crates;
select listener_events();

-- A generated column becomes a plain one.
insert into boxes (a, b) values (1, 1);
alter table boxes alter area drop expression;
update boxes set area = 100 where a = 1;
select events();
drop table boxes, crates;
drop function has_virtual;

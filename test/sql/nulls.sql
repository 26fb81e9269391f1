-- NULL is null, whatever the default; an empty text is not.
\t \a
create table gaps (id int primary key, a int default 7, b text default 'x', c numeric, d jsonb, e bytea,
                   f timestamptz default now(), g int[]);
call decode();

insert into gaps values (1, null, null, null, null, null, null, null);
insert into gaps values (2, 0, '', 0, 'null', '', 'epoch', '{}');
update gaps set a = null, b = null, d = null where id = 2;
update gaps set b = '', c = 1 where id = 1;
alter table gaps replica identity full;
update gaps set b = null, c = null where id = 1;
delete from gaps where id = 1;
select events();

-- So is a column of an old row of which only the key is logged.
alter table gaps replica identity default;
delete from gaps;
select events();
drop table gaps;

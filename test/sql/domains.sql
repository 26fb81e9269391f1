-- A domain is written as its base type.
\t \a
create domain positive as int check (value > 0);
create domain price as numeric(10,2);
create domain net_price as price not null;
create domain label as varchar(20);
create domain moment as timestamptz(2);
create domain day as date;
create domain flags as boolean[];
create table items (id positive primary key, p price, n net_price, l label, m moment, d day, f flags);
call decode();

insert into items values (1, 12.34, 99.9, 'x', '2020-01-02 03:04:05.678Z', '2020-01-02', '{t,f}');
insert into items values (2, null, 0, null, null, null, null);
update items set id = 3 where id = 2;
delete from items where id = 1;
select events();
drop table items;
drop domain positive, net_price, price, label, moment, day, flags;

-- Rows that fill a materialized view are nobody's change; those of CREATE TABLE AS are.
\t \a
create table sales (id int primary key, amount int);
call decode();

insert into sales values (1, 10), (2, 20);
create materialized view totals as select count(*) as n, sum(amount) as amount from sales;
create unique index on totals (n);
insert into sales values (3, 30);
refresh materialized view totals;
refresh materialized view concurrently totals;
create view big_sales as select * from sales where amount > 15;
insert into big_sales values (4, 40);
create table copied as select * from sales where id < 3;
select * into copied_too from sales where id = 3;
create temp table temporary as select * from sales;
create unlogged table unlogged_sales as select * from sales;
select events();

-- Neither under another name, nor where it is asked for, nor in the other format.
alter materialized view totals rename to sums;
refresh materialized view sums;
select peek_events('tables', 'sums,totals');
select listener_events('partition_root', 'on');
drop materialized view sums;
drop view big_sales;
drop table sales, copied, copied_too, unlogged_sales;

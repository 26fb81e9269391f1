-- Options tables and exclude_tables.
\t \a
create schema audit;
create schema "Odd.One";
create table orders (id int primary key);
create table order_lines (id int primary key);
create table tmp_01 (id int primary key);
create table tmp_1 (id int primary key);
create table "Orders" (id int primary key);
create table "a,b" (id int primary key);
create table audit.orders (id int primary key);
create table audit.log (id int primary key);
create table "Odd.One"."x*" (id int primary key);
call decode();

-- Which tables are sent, for a value of the option.
create procedure fill() language sql as $$
  insert into orders values (1);
  insert into order_lines values (1);
  insert into tmp_01 values (1);
  insert into tmp_1 values (1);
  insert into "Orders" values (1);
  insert into "a,b" values (1);
  insert into audit.orders values (1);
  insert into audit.log values (1);
  insert into "Odd.One"."x*" values (1);
$$;
call fill();
-- Looks without taking, so that every option sees the same changes.
create function sent(variadic options text[]) returns text language sql as $$
  select string_agg(format('%I.%I', event->'source'->>'schema', event->'source'->>'table'), '  ')
  from (select data::jsonb as event
        from pg_logical_slot_peek_changes(golden(), null, null, variadic options)) taken
$$;

select sent('name', 'app');
select sent('tables', 'public.orders');
select sent('tables', 'orders');
select sent('tables', 'ORDERS, Audit.Log');
select sent('tables', '"Orders"');
select sent('tables', 'public.order*');
select sent('tables', 'tmp_??');
select sent('tables', 'tmp_?');
select sent('tables', 'audit.*');
select sent('tables', '*.o*s');
select sent('tables', '"a,b","Odd.One"."x*"');
select sent('tables', '"Odd.One".*');
select sent('tables', '"*"') is null as nothing;
select sent('tables', 'nowhere.orders') is null as nothing;
select sent('exclude_tables', 'audit.*');
select sent('exclude_tables', 'orders, "Odd.One".*');
select sent('tables', 'public.*', 'exclude_tables', 'tmp_*,"Orders"');
select sent('exclude_tables', '*') is null as nothing;
set client_min_messages = warning;
drop schema audit, "Odd.One" cascade;
drop table orders, order_lines, tmp_01, tmp_1, "Orders", "a,b";
drop procedure fill;
drop function sent;

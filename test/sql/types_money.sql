-- Money is a decimal of two digits, however the server would print it.
\t \a
create table accounts (id int primary key, balance money not null);
call decode();

insert into accounts values (1, '$1234.11'), (2, '($1234.11)'), (3, '-92233720368547758.08'),
  (4, '92233720368547758.07');
insert into accounts values (5, 0), (6, 0.01), (7, -0.01), (8, 1.27), (9, 1.28), (10, -1.28), (11, -1.29),
  (12, 123.455);
select modes('decimal', 'precise', 'double', 'string');
-- An old row of which only the key is logged.
delete from accounts where id = 1;
select modes('decimal', 'precise', 'double', 'string');
drop table accounts;

-- Format wal-listener: infinities are strings, scales outside the precision are no matter.
\t \a
create table extremes (id int primary key, thousands numeric(3,-3), tiny numeric(3,5), n numeric, ns numeric[]);
call decode();

insert into extremes values (1, 12345, 0.00123, 'Infinity', '{Infinity,1.50}'),
  (2, -999499, -0.00999, '-Infinity', '{-Infinity,NaN}');
select columns('format', 'wal-listener');
drop table extremes;

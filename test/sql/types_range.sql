-- Ranges are their text; times in them are told in UTC.
\t \a
create type span as range (subtype = float8);
create table ranges (id int primary key, i4 int4range, i8 int8range, n numrange, ts tsrange, tz tstzrange,
                     d daterange, own span);
set timezone = 'Asia/Kolkata';
call decode();

insert into ranges values (1, '[1000,6000)', '[1000000,6000000)', '[5.3,6.3)', '[2019-03-31 15:30:00,infinity)',
                           '[2019-03-31 15:30:00+00,2019-04-30 15:30:00+00]', '[2019-03-31,infinity)', '(1.5,2.5]');
insert into ranges values (2, 'empty', '(,)', '(,5]', '(,)', '(,2019-03-31 15:30:00+00)', '(2019-03-31,2019-04-30]',
  'empty');
select columns();
drop table ranges;
drop type span;

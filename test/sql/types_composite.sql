-- Rows in columns are their text.
\t \a
create type place as (street text, number int, at timestamptz);
create domain address as place check ((value).number > 0);
create table notes (note text, days date);
create table visits (id int primary key, p place, a address, ps place[], n notes, nested place[][]);
set timezone = 'Asia/Kolkata';
set datestyle = 'SQL, DMY';
call decode();

insert into visits values (1, row('Main "St", 5', 7, '2020-01-02 03:04:05+00'), row('a\b', 1, null),
                           array[row('a', 1, null), row(null, null, null)]::place[],
                           row(E'line\nbreak', '2020-02-01'), array[[row('x', 1, null)::place]]);
select columns();
drop table visits, notes;
drop domain address;
drop type place;

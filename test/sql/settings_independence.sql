-- Events do not depend on the session's settings, which are as they were afterwards.
\t \a
create table sample (id int primary key, f real, d double precision, b bytea, day date, ts timestamp,
                     tz timestamptz, t time, i interval, m money, a float8[], ts_array timestamptz[], r tstzrange,
                     bs bytea[], iv interval[], x xml, c regclass);
call decode();
insert into sample values (1, 0.1, 0.30000000000000004, '\x00ff', '2020-01-02', '2020-01-02 03:04:05.6',
  '2020-01-02 03:04:05.6+00', '03:04:05.6', '1 mon 2 days 03:04:05', 1234.5, '{0.30000000000000004,1e-7}',
  '{"2020-01-02 03:04:05+00"}', '["1850-01-02 03:04:05+00",)', '{"\\x00ff"}', '{"1 mon -2 days"}', '<a/>', 'sample');

create function seen() returns text language sql as $$
  select mask(data, '\1') from pg_logical_slot_peek_changes(golden(), null, null, 'name', 'app')
$$;
create temp table plain as select seen() as event;
select event from plain;

set datestyle = 'SQL, DMY';
set intervalstyle = 'iso_8601';
set timezone = 'Asia/Kolkata';
set bytea_output = 'escape';
set extra_float_digits = -3;
set xmlbinary = 'hex';
set search_path = 'public';
select seen() = event from plain;
select name, setting from pg_settings
where name in ('DateStyle', 'IntervalStyle', 'TimeZone', 'bytea_output', 'extra_float_digits', 'xmlbinary',
               'search_path') order by name;

-- Where the machine has another locale.
do $$
declare
  locale text;
begin
  foreach locale in array array['de_DE.UTF-8', 'en_US.UTF-8'] loop
    begin
      perform set_config('lc_monetary', locale, false);
      exit;
    exception when invalid_parameter_value then null;
    end;
  end loop;
end $$;
select current_setting('lc_monetary') as locale \gset
select seen() = event from plain;
select current_setting('lc_monetary') = :'locale';

-- Also where they were set for the transaction, and after an error that was caught.
begin;
set local intervalstyle = 'sql_standard';
set local timezone = 'Pacific/Chatham';
select seen() = event from plain;
do $$
begin
  perform pg_logical_slot_peek_changes(golden(), null, null, 'nmae', 'app');
exception when invalid_parameter_value then null;
end $$;
show intervalstyle;
show timezone;
show search_path;
commit;
show intervalstyle;
show timezone;
reset all;
drop table sample;
drop function seen;

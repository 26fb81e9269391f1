-- Bytes, in each mode.
\t \a
create table scans (id int primary key, b bytea, bs bytea[]);
set bytea_output = 'escape';
call decode();

insert into scans values (1, '\x010203', '{"\\x000102","\\x030405"}');
insert into scans values (2, '', '{"",NULL}'), (3, '\x00', '{}'), (4, '\xfbffbf00', '{{"\\xff"},{"\\xfe"}}');
insert into scans values (5, '\xff', null), (6, '\xffff', null), (7, '\xffffff', null), (8, null, '[0:0]={"\\xff"}');
select modes('binary', 'bytes', 'base64', 'base64-url-safe', 'hex');
drop table scans;

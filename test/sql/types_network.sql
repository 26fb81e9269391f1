-- Addresses of networks and machines.
\t \a
create table hosts (id int primary key, i inet, c cidr, m macaddr, m8 macaddr8);
call decode();

insert into hosts values (1, '192.168.2.0/12', '192.168.100.128/25', '08:00:2b:01:02:03', '08:00:2b:01:02:03:04:05');
insert into hosts values (2, '10.0.0.1', '10', '08-00-2b-01-02-03', '08002b010203');
insert into hosts values (3, '::ffff:1.2.3.4', '2001:4f8:3:ba::/64', '08002b:010203', null);
insert into hosts values (4, '2001:0DB8::1/128', '::/0', 'FFFFFFFFFFFF', 'ff-ff-ff-ff-ff-ff-ff-ff');
select columns();
drop table hosts;

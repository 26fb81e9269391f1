-- Types of full text search and the like.
\t \a
create table searches (id int primary key, v tsvector, q tsquery, p jsonpath, x xml, t txid_snapshot, l pg_lsn,
                       r regclass, ts tid, xi xid, vec int2vector, oids oidvector, c "char", n name, rc refcursor);
call decode();

insert into searches values (1, '''a'':1A ''it''''s'':2', '''fat'' & !''rat''', '$."a"[*] ? (@ > 1)',
                             '<a href="x">&amp;</a>', '10:20:10,14,15', '16/B374D848', 'searches', '(1,2)',
                             '4294967295', '1 2', '3 4000000000', 'x', 'a_name', 'cursor');
insert into searches values (2, '', null, '$', '', null, '0/0', 0, null, '0', '', '', '', '', '');
select columns();

-- One byte of whatever meaning.
create table bytes (c "char");
insert into bytes values ('"'), (E'\n'), (E'\\'), ((-61)::"char"), ((-128)::"char"), (127::"char");
select columns();
drop table searches, bytes;

-- Numbers of books and the like are shown as the server shows them.
\t \a
select count(*) = 0 as absent from pg_available_extensions where name = 'isn' \gset
\if :absent
\quit
\endif
create extension isn;
create table books (id int primary key, a isbn, b isbn13, c issn, d ismn, e ean13, f upc, many isbn[]);
call decode();

insert into books values (1, '978-0-393-04002-9', '978-0-393-04002-9', '1436-4522', 'M-2306-7118-7', '9780393040029',
                          '220356483481', '{978-0-393-04002-9}');
insert into books (id) values (2);
select columns();
drop table books;
drop extension isn;

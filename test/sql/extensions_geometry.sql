-- PostGIS by its names: geometry and geography are structs of the EWKB that they print.
\t \a
set client_min_messages = warning;
create type geometry;
create function geometry_in(cstring) returns geometry language internal immutable strict as 'textin';
create function geometry_out(geometry) returns cstring language internal immutable strict as 'textout';
create type geometry (input = geometry_in, output = geometry_out, like = text);
create type geography;
create function geography_in(cstring) returns geography language internal immutable strict as 'textin';
create function geography_out(geography) returns cstring language internal immutable strict as 'textout';
create type geography (input = geography_in, output = geography_out, like = text);
create table places (id int primary key, g geometry, w geography, many geometry[]);
call decode();

-- SRID=3187;POINT(174.9479 -36.7208), little-endian, and the same without SRID; big-endian with SRID 4326.
insert into places values (1, '0101000020730C00001C7C613255DE6540787AA52C435C42C0',
                           '0101000020E61000001C7C613255DE6540787AA52C435C42C0',
                           '{01010000001C7C613255DE6540787AA52C435C42C0,NULL}');
insert into places values (2, '01010000001C7C613255DE6540787AA52C435C42C0',
  '0020000001000010E64065DE5532617C1CC0425C432CA57A78', '{}');
-- Z and M, a collection without members, lower case digits.
insert into places values (3, '01010000A0E6100000000000000000F03F00000000000000400000000000000840', null, null);
insert into places values (4, '010700000000000000', '0107000020e610000000000000', '{{010700000000000000}}');
select columns();

-- A text of another form is sent as it is, also where a struct begins.
insert into places values (5, 'POINT(1 2)', '', '{POINT(1 2),010700000000000000}'), (6, '01', '0101', null),
                          (7, '0101000020730C', '0201000000', null), (8, '01070000000000000', 'zz', null);
select columns();
insert into places values (9, '010700000000000000', 'POINT(1 2)', '{010700000000000000}');
select columns('format', 'wal-listener');
drop table places;
drop type geometry, geography cascade;

-- What the streamer calls to read the rows that tables hold: docs/extension.md. All functions run with the rights
-- of whoever calls them.
\echo Use "CREATE EXTENSION waljet" to load this file. \quit

-- Of the module, which may be newer than that of this script.
CREATE FUNCTION version() RETURNS text
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'waljet_version';

CREATE FUNCTION tables(
  options text[],
  wanted text DEFAULT NULL,
  OUT relation oid,
  OUT name text,
  OUT shown text,
  OUT keyed boolean,
  OUT unkeyed_reason text,
  OUT readable boolean,
  OUT rows_expected bigint,
  OUT blocks bigint,
  OUT file oid,
  OUT file_now oid
) RETURNS SETOF record
LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'waljet_tables';

CREATE FUNCTION read(
  relation regclass,
  slot text,
  options text[],
  mode text,
  lsn pg_lsn,
  part integer,
  first_row bigint DEFAULT 1,
  first_block bigint DEFAULT NULL,
  end_block bigint DEFAULT NULL,
  after bytea DEFAULT NULL,
  rows_max bigint DEFAULT NULL,
  bytes_max bigint DEFAULT NULL,
  predicate text DEFAULT NULL
) RETURNS SETOF bytea
LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'waljet_read';

CREATE FUNCTION discard(relation regclass, slot text, options text[], lsn pg_lsn, part integer) RETURNS bytea
LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'waljet_discard';

GRANT USAGE ON SCHEMA @extschema@ TO PUBLIC;

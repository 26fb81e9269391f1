#include "streamer/snapshot_query.h"

#include <catch2/catch.hpp>

using namespace waljet;

namespace {

const OptionList options{{"output", "frames"}, {"name", "it's"}};

ReadTerms terms() {
  return {"public.\"Ord'ers\"", "slot_a", options, 0x1743E238, 2};
}

}  // namespace

TEST_CASE("a range of blocks is read with all arguments in place", "[snapshot_query]") {
  CHECK(read_range_command(terms(), 41, {0, 16384, 32768}) ==
        "COPY (SELECT waljet.read('public.\"Ord''ers\"'::pg_catalog.regclass, 'slot_a', "
        "ARRAY['output', 'frames', 'name', 'it''s']::pg_catalog.text[], 'true', '0/1743E238', 2, "
        "41, 16384, 32768, NULL, NULL, NULL, NULL)) TO STDOUT (FORMAT binary)");
  CHECK(read_range_command(terms(), 1, {0, 7, std::nullopt}).find("2, 1, 7, NULL, NULL") !=
        std::string::npos);
}

TEST_CASE("a chunk is read behind its cursor", "[snapshot_query]") {
  const std::string cursor{"\x01\xff\0'", 4};
  const std::string command =
      read_chunk_command(terms(), {cursor, "note <> 'it''s'", 16384, 2097152});
  CHECK(command.find("'incremental', '0/1743E238', 2, 1, NULL, NULL, "
                     "'\\x01ff0027'::pg_catalog.bytea, 16384, 2097152, "
                     "'note <> ''it''''s''')") != std::string::npos);
  CHECK(read_chunk_command(terms(), {{}, {}, 1, 2})
            .find("NULL, NULL, '\\x'::pg_catalog.bytea, 1, 2, NULL)") != std::string::npos);
}

TEST_CASE("no options are an array too", "[snapshot_query]") {
  CHECK(tables_query({}, std::nullopt).find("waljet.tables(ARRAY[]::pg_catalog.text[], NULL)") !=
        std::string::npos);
  CHECK(tables_query(options, "public.a*").find("text[], 'public.a*')") != std::string::npos);
}

TEST_CASE("a watermark's transaction may write, whatever the default", "[snapshot_query]") {
  CHECK(watermark_command("n low 1") ==
        "BEGIN READ WRITE; SELECT pg_catalog.pg_logical_emit_message(false, 'waljet', 'n low 1'), "
        "pg_catalog.txid_current(); COMMIT");
}

TEST_CASE("a chunk's transaction ends behind its watermark", "[snapshot_query]") {
  CHECK(end_chunk_command("n high 1 10:10:") ==
        "SELECT pg_catalog.pg_logical_emit_message(false, 'waljet', 'n high 1 10:10:'), "
        "pg_catalog.txid_current(); COMMIT");
}

TEST_CASE("a transaction begins with or without an imported snapshot", "[snapshot_query]") {
  CHECK(begin_read_command() == "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
  CHECK(begin_read_command("00000003-1") ==
        "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET TRANSACTION SNAPSHOT '00000003-1'");
}

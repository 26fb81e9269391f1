#include "streamer/slot.h"

#include <catch2/catch.hpp>

using namespace waljet;

TEST_CASE("a slot is created without a snapshot, in either grammar", "[slot]") {
  CHECK(create_slot_command("s", 150020) ==
        R"(CREATE_REPLICATION_SLOT "s" LOGICAL "waljet" (SNAPSHOT 'nothing'))");
  CHECK(create_slot_command("s", 140000) ==
        R"(CREATE_REPLICATION_SLOT "s" LOGICAL "waljet" NOEXPORT_SNAPSHOT)");
}

TEST_CASE("a slot can export its snapshot, in either grammar", "[slot]") {
  CHECK(create_slot_command("s", 150000, SlotExport::snapshot) ==
        R"(CREATE_REPLICATION_SLOT "s" LOGICAL "waljet" (SNAPSHOT 'export'))");
  CHECK(create_slot_command("s", 130010, SlotExport::snapshot) ==
        R"(CREATE_REPLICATION_SLOT "s" LOGICAL "waljet" EXPORT_SNAPSHOT)");
}

TEST_CASE("options are quoted", "[slot]") {
  CHECK(start_command("s", {}) == R"(START_REPLICATION SLOT "s" LOGICAL 0/0)");
  CHECK(start_command("s", {{"name", "it's"}, {"tables", R"("A b".c)"}}) ==
        R"(START_REPLICATION SLOT "s" LOGICAL 0/0 ("name" 'it''s', "tables" '"A b".c'))");
}

TEST_CASE("the line that allows the plugin keeps what is allowed", "[slot]") {
  CHECK(allow_plugin_line("pgoutput, test_decoding") ==
        "output_plugin_libraries = 'pgoutput, test_decoding, waljet'");
  CHECK(allow_plugin_line("") == "output_plugin_libraries = 'waljet'");
}

TEST_CASE("a slot must be ours, of this database, and not lost", "[slot]") {
  SlotInfo info{"waljet", "app", false, 0x16B374D848, "reserved"};
  CHECK_FALSE(check_slot("s", info, "app"));
  CHECK(check_slot("s", info, "other")->error_class == ErrorClass::refused);
  info.plugin = "pgoutput";
  CHECK(check_slot("s", info, "app")->error_class == ErrorClass::refused);
  info.plugin = "";
  CHECK(check_slot("s", info, "app")->text.find("physical") != std::string::npos);
  info.plugin = "waljet";
  info.wal_status = "lost";
  const auto lost = check_slot("s", info, "app");
  REQUIRE(lost);
  CHECK(lost->error_class == ErrorClass::retry);
  CHECK(lost->text.find("16/B374D848") != std::string::npos);
}

TEST_CASE("connection strings are checked, and asked for their database", "[slot]") {
  CHECK_FALSE(check_conninfo(""));
  CHECK_FALSE(check_conninfo("postgresql://cdc@db/app"));
  CHECK_FALSE(check_conninfo("host=db dbname=app"));
  REQUIRE(check_conninfo("nonsense"));
  CHECK(check_conninfo("nonsense")->error_class == ErrorClass::configuration);
  CHECK(database_of_conninfo("postgresql://cdc@db/app") == "app");
  CHECK(database_of_conninfo("host=db dbname=shop") == "shop");
}

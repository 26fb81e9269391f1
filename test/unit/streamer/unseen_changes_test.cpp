#include "streamer/unseen_changes.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "streamer/snapshot_model.h"

using namespace waljet;
using snapshot_model::Change;

namespace {

Visibility shown(const std::string& text) {
  return *Visibility::parse(text);
}

Frame change(uint32_t xid, uint64_t key_hash, uint64_t old_key_hash = 0) {
  Frame frame;
  frame.xid = xid;
  frame.key_hash = key_hash;
  frame.old_key_hash = old_key_hash;
  return frame;
}

}  // namespace

TEST_CASE("keys are known until a snapshot shows their transaction", "[snapshot][unseen]") {
  UnseenChanges unseen(100);
  unseen.begin();
  unseen.on_snapshot(shown("10:10:"));
  CHECK(unseen.knows_all());
  unseen.note(change(11, 1));
  unseen.note(change(12, 2, 3));
  unseen.on_snapshot(shown("11:13:11,12"));
  CHECK(unseen.keys() == KeyHashes{1, 2, 3});
  unseen.on_snapshot(shown("12:13:12"));
  CHECK(unseen.keys() == KeyHashes{2, 3});
  unseen.on_snapshot(shown("13:13:"));
  CHECK(unseen.keys().empty());
}

TEST_CASE("each event of a group touches its key", "[snapshot][unseen]") {
  UnseenChanges unseen(100);
  unseen.begin();
  unseen.on_snapshot(shown("10:10:"));
  std::vector<Change> changes(3);
  changes[0].key = 1;
  changes[1].key = 4;
  changes[2].op = 't';
  const auto group = snapshot_model::group_frame(11, 16, 1, changes);
  std::string_view bytes = group.bytes;
  unseen.note(*take_frame(bytes));
  CHECK(unseen.keys() == KeyHashes{snapshot_model::key_hash(0, 1), snapshot_model::key_hash(0, 4),
                                   snapshot_model::table_hash(0)});
}

TEST_CASE("keys of events that are not whole are known apart", "[snapshot][unseen]") {
  UnseenChanges unseen(100);
  unseen.begin();
  unseen.on_snapshot(shown("10:10:"));
  unseen.note(change(11, 1));
  Frame incomplete = change(12, 2);
  incomplete.flags = incomplete_flag;
  unseen.note(incomplete);
  CHECK(unseen.keys() == KeyHashes{1, 2});
  CHECK(unseen.incomplete_keys() == KeyHashes{2});
  unseen.on_snapshot(shown("11:13:11"));
  CHECK(unseen.incomplete_keys().empty());
}

TEST_CASE("strangers have to be shown, or to be received whole", "[snapshot][unseen]") {
  UnseenChanges unseen(100);
  unseen.begin();
  CHECK_FALSE(unseen.knows_all());
  unseen.note(change(20, 1));  // the first one: its beginning may have been received before
  unseen.note(change(21, 2));
  unseen.on_snapshot(shown("20:30:20,21,22,23"));
  CHECK(unseen.strangers() == 3);  // but 21
  unseen.note(change(20, 3));
  CHECK(unseen.strangers() == 3);
  unseen.note(change(22, 4));
  CHECK(unseen.strangers() == 2);
  unseen.on_snapshot(shown("20:30:20,21,22"));
  CHECK(unseen.strangers() == 1);
  CHECK_FALSE(unseen.knows_all());
  unseen.on_snapshot(shown("21:30:21,22"));
  CHECK(unseen.knows_all());
  CHECK(unseen.keys() == KeyHashes{2, 4});
}

TEST_CASE("what lies far behind is not kept", "[snapshot][unseen]") {
  UnseenChanges unseen(3);
  unseen.begin();
  unseen.on_snapshot(shown("1000:1000:"));
  for (uint32_t xid = 1; xid < 1000; ++xid) unseen.note(change(xid, xid));
  CHECK_FALSE(unseen.overflown());
  CHECK(unseen.keys().empty());
}

TEST_CASE("more keys than may be kept are an overflow until it begins anew", "[snapshot][unseen]") {
  UnseenChanges unseen(3);
  unseen.begin();
  unseen.on_snapshot(shown("10:10:"));
  for (uint64_t key = 1; key <= 3; ++key) unseen.note(change(11, key));
  CHECK_FALSE(unseen.overflown());
  unseen.note(change(11, 4));
  CHECK(unseen.overflown());
  unseen.begin();
  CHECK_FALSE(unseen.overflown());
  CHECK_FALSE(unseen.knows_all());
}

#include "streamer/row_queue.h"

#include <catch2/catch.hpp>

#include "streamer/snapshot_model.h"

using namespace waljet;
using snapshot_model::batch_of;

namespace {

std::string text_of(const std::optional<RowsInPlace>& rows) {
  return rows ? std::string(rows->batch.frames) : std::string("nothing");
}

}  // namespace

TEST_CASE("rows are taken in order, and their steps reached when they are stored", "[snapshot]") {
  RowQueue queue;
  queue.push(batch_of("a", 1), 5, nullptr, {"t"});
  queue.push(batch_of("b", 1), 5, nullptr, {"t"});
  queue.add({"t", 2, true});
  CHECK(queue.reached_already().empty());
  const auto a = queue.take(true);
  CHECK(text_of(a) == "a");
  CHECK(a->first);
  const auto b = queue.take(false);
  CHECK(text_of(b) == "b");
  CHECK_FALSE(b->first);
  CHECK(b->number > a->number);
  CHECK_FALSE(queue.take(false));
  CHECK(queue.on_stored(a->number).size() == 1);
  const auto steps = queue.on_stored(b->number);
  REQUIRE(steps.size() == 2);
  CHECK(steps[1].done);
  CHECK(steps[1].rows == 2);
  CHECK(queue.empty());
}

TEST_CASE("what is reached with nothing under way is reached already", "[snapshot]") {
  RowQueue queue;
  queue.add({"t", 0, true});
  CHECK(queue.reached_already().size() == 1);
  CHECK(queue.reached_already().empty());
}

TEST_CASE("the newest batch with rows is held until it is known whether it is the last",
          "[snapshot]") {
  RowQueue queue;
  queue.push_held(batch_of("a", 1), 5, {"t"});
  CHECK_FALSE(queue.take(true));
  CHECK_FALSE(queue.empty());
  queue.push_held(batch_of("marker", 0), 5, {"u"});
  const auto marker = queue.take(true);
  CHECK(text_of(marker) == "marker");
  CHECK_FALSE(marker->first);  // it is no row
  queue.push_held(batch_of("b", 1), 5, {"u"});
  const auto a = queue.take(true);
  CHECK(text_of(a) == "a");
  CHECK(a->first);
  CHECK_FALSE(a->last);
  queue.mark_last();
  queue.release();
  const auto b = queue.take(false);
  CHECK(text_of(b) == "b");
  CHECK(b->last);
}

TEST_CASE("what is given up is not reached", "[snapshot]") {
  RowQueue queue;
  queue.push(batch_of("a", 1), 5, nullptr, {"t", 1});
  const auto a = queue.take(true);
  queue.push(batch_of("b", 1), 5, nullptr, {"t", 1});
  queue.drop_waiting();
  CHECK_FALSE(queue.take(false));
  CHECK_FALSE(queue.empty());
  queue.drop_all();
  CHECK(queue.empty());
  CHECK(queue.on_stored(a->number).empty());
}

#include "streamer/reader_queue.h"

#include <poll.h>

#include <catch2/catch.hpp>

#include <atomic>
#include <cstdlib>
#include <thread>

using namespace waljet;

namespace {

ReaderEvent batch(size_t bytes) {
  ReaderEvent event;
  event.kind = ReaderEvent::Kind::batch;
  event.batch.buffer =
      Buffer(static_cast<char*>(std::malloc(bytes)), [](char* buffer) { std::free(buffer); });
  event.batch.buffer_bytes = bytes;
  return event;
}

bool stopped(const ReaderQueue& queue) {
  pollfd fd{queue.stop_fd(), POLLIN, 0};
  return poll(&fd, 1, 0) == 1;
}

}  // namespace

TEST_CASE("events come in order, and each wakes", "[reader_queue]") {
  int woken = 0;
  ReaderQueue queue(100, [&] { ++woken; });
  CHECK(stopped(queue));
  queue.begin();
  CHECK_FALSE(stopped(queue));
  ReaderEvent done;
  done.kind = ReaderEvent::Kind::table_done;
  CHECK(queue.push(batch(1)));
  CHECK(queue.push(std::move(done)));
  CHECK(woken == 2);
  CHECK(queue.take()->kind == ReaderEvent::Kind::batch);
  CHECK(queue.take()->kind == ReaderEvent::Kind::table_done);
  CHECK_FALSE(queue.take());
}

TEST_CASE("a full queue makes the reader wait until an event is taken", "[reader_queue]") {
  ReaderQueue queue(10, [] {});
  queue.begin();
  REQUIRE(queue.push(batch(10)));
  std::atomic<bool> pushed = false;
  std::jthread reader([&] { pushed = queue.push(batch(10)); });
  CHECK(queue.take());
  reader.join();
  CHECK(pushed);
  CHECK(queue.take());
}

TEST_CASE("cancelling drops everything and ends the waiting", "[reader_queue]") {
  ReaderQueue queue(10, [] {});
  queue.begin();
  REQUIRE(queue.push(batch(10)));
  std::atomic<bool> pushed = true;
  std::jthread reader([&] { pushed = queue.push(batch(10)); });
  queue.cancel();
  reader.join();
  CHECK_FALSE(pushed);
  CHECK(stopped(queue));
  CHECK_FALSE(queue.take());
  queue.fail({ErrorClass::interrupted, "stopped", {}, {}});
  CHECK_FALSE(queue.take());
  queue.begin();
  CHECK(queue.push(batch(10)));
}

TEST_CASE("after the first failure nothing follows", "[reader_queue]") {
  ReaderQueue queue(10, [] {});
  queue.begin();
  REQUIRE(queue.push(batch(1)));
  queue.fail({ErrorClass::refused, "first", {}, {}});
  queue.fail({ErrorClass::retry, "second", {}, {}});
  CHECK(stopped(queue));
  CHECK_FALSE(queue.push(batch(1)));
  CHECK(queue.take()->kind == ReaderEvent::Kind::batch);
  const auto failed = queue.take();
  REQUIRE(failed);
  CHECK(failed->error.text == "first");
  CHECK_FALSE(queue.take());
}

// A sink for tests. Every growth moves the bytes to a new block of exactly the size asked for, so
// that a stale pointer or a byte too many is a finding of the address sanitizer.
#pragma once

#include <cstring>
#include <memory>
#include <string>

#include "event/sink.h"

namespace waljet {

class TestSink {
 public:
  TestSink() : sink_(nullptr, 0, grow, this) {}
  TestSink(const TestSink&) = delete;
  TestSink& operator=(const TestSink&) = delete;

  Sink& sink() { return sink_; }
  std::string text() const { return std::string(sink_.view()); }

 private:
  static void grow(Sink& sink, size_t extra) {
    auto* self = static_cast<TestSink*>(sink.owner());
    const size_t capacity = sink.size() + extra;
    auto moved = std::make_unique<char[]>(capacity);
    if (sink.size() > 0) std::memcpy(moved.get(), sink.data(), sink.size());
    self->bytes_ = std::move(moved);
    sink.rebase(self->bytes_.get(), capacity);
  }

  std::unique_ptr<char[]> bytes_;
  Sink sink_;
};

// What `write` puts into a sink.
template <typename Write>
std::string written(Write write) {
  TestSink target;
  write(target.sink());
  return target.text();
}

}  // namespace waljet

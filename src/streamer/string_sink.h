// A byte sink (event/sink.h) that owns its bytes, for callers who may allocate.
#pragma once

#include <string>
#include <string_view>

#include "event/sink.h"

namespace waljet {

class StringSink {
 public:
  StringSink() : sink_(storage_.data(), storage_.size(), &grow, &storage_) {}
  StringSink(const StringSink&) = delete;
  StringSink& operator=(const StringSink&) = delete;

  Sink& operator*() { return sink_; }
  std::string_view view() const { return sink_.view(); }
  std::string str() const { return std::string(sink_.view()); }
  void clear() { sink_.truncate(0); }

 private:
  static void grow(Sink& sink, size_t extra) {
    auto* storage = static_cast<std::string*>(sink.owner());
    storage->resize(2 * storage->size() + extra);
    sink.rebase(storage->data(), storage->size());
  }

  std::string storage_;
  Sink sink_;
};

}  // namespace waljet

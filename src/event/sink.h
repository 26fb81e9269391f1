// Where every writer of this layer puts its bytes: a growing buffer that somebody else owns.
//
// The plugin grows it with a memory context, tests with a vector; this layer never allocates.
// Growing may not return (an ereport jumps over every frame), so nothing here owns anything.
#pragma once

#include <cstddef>
#include <cstring>
#include <string_view>

namespace waljet {

class Sink {
 public:
  // Makes room for at least `extra` more bytes, by calling rebase(), or does not return.
  using Grow = void (*)(Sink& sink, size_t extra);

  Sink() = default;
  Sink(char* data, size_t capacity, Grow grow, void* owner)
      : data_(data), capacity_(capacity), grow_(grow), owner_(owner) {}

  // A place for `n` bytes; what was written there counts after advance().
  char* reserve(size_t n) {
    if (capacity_ - size_ < n) grow_(*this, n);
    return data_ + size_;
  }
  void advance(size_t n) { size_ += n; }

  void put(char c) {
    *reserve(1) = c;
    ++size_;
  }
  void put(std::string_view bytes) {
    char* to = reserve(bytes.size());
    if (!bytes.empty()) std::memcpy(to, bytes.data(), bytes.size());
    size_ += bytes.size();
  }

  std::string_view view() const { return {data_, size_}; }
  // The bytes written since the sink held `from` of them.
  std::string_view since(size_t from) const { return {data_ + from, size_ - from}; }
  char* data() { return data_; }
  size_t size() const { return size_; }
  size_t capacity() const { return capacity_; }
  void* owner() const { return owner_; }
  // Forgets all but the first `n` bytes.
  void truncate(size_t n) { size_ = n; }

  // For Grow alone: the same bytes now live at `data`.
  void rebase(char* data, size_t capacity) {
    data_ = data;
    capacity_ = capacity;
  }

 private:
  char* data_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
  Grow grow_ = nullptr;
  void* owner_ = nullptr;
};

}  // namespace waljet

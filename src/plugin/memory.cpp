#include "plugin/memory.h"

namespace waljet {
namespace {

// Not bound by the 1 GB of palloc: an event may hold two values that each come close to it.
void grow_in_context(Sink& sink, size_t extra) {
  const size_t needed = sink.size() + extra;
  const size_t doubled = sink.capacity() * 2;
  const size_t capacity = needed > doubled ? needed : doubled;
  auto* context = static_cast<MemoryContext>(sink.owner());
  void* data = sink.data() == nullptr ? MemoryContextAllocHuge(context, capacity)
                                      : repalloc_huge(sink.data(), capacity);
  sink.rebase(static_cast<char*>(data), capacity);
}

}  // namespace

Sink make_sink(MemoryContext context, size_t capacity) {
  auto* data = static_cast<char*>(MemoryContextAlloc(context, capacity));
  return {data, capacity, grow_in_context, context};
}

void shrink_sink(Sink& sink, size_t capacity) {
  if (sink.capacity() <= capacity) return;
  sink.rebase(static_cast<char*>(repalloc_huge(sink.data(), capacity)), capacity);
}

std::string_view copy_into(MemoryContext context, std::string_view bytes) {
  auto* copy = static_cast<char*>(MemoryContextAlloc(context, bytes.size() + 1));
  if (!bytes.empty()) memcpy(copy, bytes.data(), bytes.size());
  copy[bytes.size()] = '\0';
  return {copy, bytes.size()};
}

}  // namespace waljet

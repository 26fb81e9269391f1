// Sinks and copies whose memory belongs to a MemoryContext.
#pragma once

#include <string_view>

#include "event/sink.h"
#include "plugin/pg.h"

namespace waljet {

// A sink that grows in `context`, which must outlive it.
Sink make_sink(MemoryContext context, size_t capacity);

// Gives back what an empty sink holds beyond `capacity`.
void shrink_sink(Sink& sink, size_t capacity);

// `bytes`, copied into `context`.
std::string_view copy_into(MemoryContext context, std::string_view bytes);

}  // namespace waljet

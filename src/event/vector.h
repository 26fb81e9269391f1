// pgvector's types as Debezium's DoubleVector, FloatVector and SparseDoubleVector.
#pragma once

#include <cstddef>
#include <string_view>

#include "event/sink.h"

namespace waljet {

// `text` is what vector and halfvec print: `[1,2.5,3]`. Writes [1.0,2.5,3.0]. False, with nothing
// written, where it is not of that form.
bool put_vector(Sink& sink, std::string_view text);

// `text` is what sparsevec prints: `{1:201,9:209}/3000`. Writes
// {"dimensions":3000,"vector":[[1,201.0],[9,209.0]]}. False as above.
bool put_sparse_vector(Sink& sink, std::string_view text);

// The most that either writes for so many bytes: `1e6` becomes 1000000.0.
constexpr size_t vector_bytes_max(size_t text_bytes) {
  return text_bytes * 3 + 32;
}

}  // namespace waljet

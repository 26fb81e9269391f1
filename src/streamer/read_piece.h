// What one value of waljet.read() holds: whole frames of rows, or the end of the read.
//
// Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace waljet {

// Of a read that is over.
struct ReadEnd {
  uint64_t rows = 0;        // read, whether or not they passed the filters
  bool more = false;        // there may be rows behind
  std::string cursor;       // behind the last row read
  uint64_t table_hash = 0;  // what an event of the table has for a key hash that concerns all rows
};

struct ReadPiece {
  uint64_t rows = 0;  // in the frames; a marker is none
  std::optional<ReadEnd> end;
};

// Nothing if it is neither.
std::optional<ReadPiece> parse_read_piece(std::string_view frames);

}  // namespace waljet

// What COPY … TO STDOUT (FORMAT binary) sends, for a query of one column: a message for each row,
// the first of them begun by a header, and one more for the end. As documented in PostgreSQL's
// chapter on COPY.
//
// Pure.
#pragma once

#include <cstdint>
#include <string_view>

namespace waljet {

struct CopyRow {
  enum class Kind : uint8_t { value, end, malformed };
  Kind kind = Kind::malformed;
  std::string_view value;  // a view into the message; a NULL is empty
};

CopyRow parse_copy_row(std::string_view message, bool is_first);

}  // namespace waljet

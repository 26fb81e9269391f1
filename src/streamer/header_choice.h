// Which headers an event carries besides those that delivery needs.
//
//     Waljet-Key     the key, encoded as {key} in a subject; absent where there is none
//     Waljet-Table   schema.table; bytes outside visible ASCII, and =, as =XX; absent of a message
//     Waljet-Op      c u d t r m; absent of a transaction marker
//     Content-Type   application/json, where the plugin says nothing else
#pragma once

#include <cstdint>

namespace waljet {

struct HeaderChoice {
  bool key = false;
  bool table = false;
  bool op = false;
  bool content_type = false;

  bool any() const { return key || table || op || content_type; }
};

// The most that they add to a message.
constexpr int64_t chosen_headers_bytes_max = 2048;

}  // namespace waljet

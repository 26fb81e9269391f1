// STREAM.MSG.GET's answer, as far as it tells what is stored. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace waljet {

struct StoredHead {
  int error_code = 0;  // err_code of the API; 0: there is such a message
  std::string error_text;
  uint64_t sequence = 0;
  std::string subject;
  std::string time;      // when it was stored, RFC 3339
  std::string event_id;  // header Waljet-Id, empty if there is none
  std::string first_id;  // header Waljet-First, which a group has
  std::string place;     // header Waljet-Position, which a snapshot's rows have
  uint64_t count = 1;    // header Waljet-Count
  std::string body;      // only if asked for
  size_t body_bytes = 0;
};

StoredHead parse_stored_message(std::string_view json, bool with_body);

// Standard base64 with padding; what is not base64 ends the text.
std::string decode_base64(std::string_view text);

}  // namespace waljet

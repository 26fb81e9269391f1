// Messages inside PostgreSQL's replication stream, as bytes. Big-endian, as documented in
// PostgreSQL's chapter "Streaming Replication Protocol".
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "event/position.h"

namespace waljet {

// 'w': what the plugin wrote in one go.
struct XLogData {
  Lsn start = 0;             // for logical decoding: the position the plugin gave to the message
  std::string_view payload;  // a view into the parsed bytes
};

// 'k': how far the server has sent, whether or not there was anything for us in it.
struct Keepalive {
  Lsn end = 0;
  bool reply_requested = false;
};

using ReplicationMessage = std::variant<XLogData, Keepalive>;

// Nothing if the message is malformed or of an unknown kind.
std::optional<ReplicationMessage> parse_replication_message(std::string_view bytes);

// 'r': what was received and what need not be kept any longer.
struct Status {
  Lsn written = 0;
  Lsn flushed = 0;  // moves the slot; 0 leaves it where it is
  Lsn applied = 0;
  int64_t time_us = 0;  // since 2000-01-01, UTC
  bool reply_requested = false;
};

constexpr size_t status_bytes = 34;
std::array<char, status_bytes> build_status(const Status& status);

}  // namespace waljet

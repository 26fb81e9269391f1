#include "streamer/wire.h"

namespace waljet {
namespace {

constexpr size_t xlog_data_header_bytes = 1 + 8 + 8 + 8;  // kind, start, end, time
constexpr size_t keepalive_bytes = 1 + 8 + 8 + 1;         // kind, end, time, reply requested

uint64_t load_be64(std::string_view bytes, size_t at) {
  uint64_t value = 0;
  for (size_t i = 0; i < 8; ++i) value = value << 8 | static_cast<uint8_t>(bytes[at + i]);
  return value;
}

char* store_be64(char* to, uint64_t value) {
  for (int i = 0; i < 8; ++i) *to++ = static_cast<char>(value >> (56 - 8 * i) & 0xFF);
  return to;
}

}  // namespace

std::optional<ReplicationMessage> parse_replication_message(std::string_view bytes) {
  if (bytes.size() >= xlog_data_header_bytes && bytes[0] == 'w') {
    return XLogData{load_be64(bytes, 1), bytes.substr(xlog_data_header_bytes)};
  }
  if (bytes.size() >= keepalive_bytes && bytes[0] == 'k') {
    return Keepalive{load_be64(bytes, 1), bytes[keepalive_bytes - 1] != 0};
  }
  return std::nullopt;
}

std::array<char, status_bytes> build_status(const Status& status) {
  std::array<char, status_bytes> bytes{};
  char* to = bytes.data();
  *to++ = 'r';
  to = store_be64(to, status.written);
  to = store_be64(to, status.flushed);
  to = store_be64(to, status.applied);
  to = store_be64(to, static_cast<uint64_t>(status.time_us));
  *to = status.reply_requested ? 1 : 0;
  return bytes;
}

}  // namespace waljet

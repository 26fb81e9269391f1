#include "streamer/copy_rows.h"

#include <cstddef>
#include <optional>

namespace waljet {
namespace {

constexpr std::string_view signature{"PGCOPY\n\377\r\n\0", 11};
constexpr int32_t null_length = -1;
constexpr int32_t end_of_rows = -1;  // in place of a number of columns

// Takes a big-endian integer of so many bytes off `bytes`.
std::optional<int32_t> take_integer(std::string_view& bytes, size_t size) {
  if (bytes.size() < size) return std::nullopt;
  uint32_t value = 0;
  for (size_t i = 0; i < size; ++i) value = value << 8 | static_cast<uint8_t>(bytes[i]);
  bytes.remove_prefix(size);
  if (size == sizeof(int16_t)) return static_cast<int16_t>(value);
  return static_cast<int32_t>(value);
}

// Flags and an extension that may be skipped follow the signature.
bool take_header(std::string_view& bytes) {
  if (!bytes.starts_with(signature)) return false;
  bytes.remove_prefix(signature.size());
  const auto flags = take_integer(bytes, sizeof(int32_t));
  const auto extension = take_integer(bytes, sizeof(int32_t));
  if (!flags || *flags != 0 || !extension || *extension < 0) return false;
  if (bytes.size() < static_cast<size_t>(*extension)) return false;
  bytes.remove_prefix(static_cast<size_t>(*extension));
  return true;
}

}  // namespace

CopyRow parse_copy_row(std::string_view message, bool is_first) {
  if (is_first && !take_header(message)) return {};
  const auto columns = take_integer(message, sizeof(int16_t));
  if (columns == end_of_rows && message.empty()) return {CopyRow::Kind::end, {}};
  if (columns != 1) return {};
  const auto length = take_integer(message, sizeof(int32_t));
  if (!length) return {};
  const size_t bytes = *length == null_length ? 0 : static_cast<size_t>(*length);
  if (*length < null_length || message.size() != bytes) return {};
  return {CopyRow::Kind::value, message};
}

}  // namespace waljet

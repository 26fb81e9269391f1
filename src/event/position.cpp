#include "event/position.h"

#include "event/subject.h"
#include "event/text.h"

namespace waljet {
namespace {

std::optional<uint64_t> parse_hex(std::string_view text, size_t digits_min, size_t digits_max) {
  if (text.size() < digits_min || text.size() > digits_max) return std::nullopt;
  uint64_t value = 0;
  for (const char c : text) {
    const bool digit = c >= '0' && c <= '9';
    if (!digit && (c < 'A' || c > 'F')) return std::nullopt;
    value = value << 4 | static_cast<uint64_t>(digit ? c - '0' : c - 'A' + 10);
  }
  return value;
}

// Cuts `text` at the last `separator`: returns what follows it and leaves what comes before.
std::optional<std::string_view> take_last(std::string_view& text, char separator) {
  size_t at = text.size();
  while (at > 0 && text[at - 1] != separator) --at;
  if (at == 0) return std::nullopt;
  const std::string_view last{text.data() + at, text.size() - at};
  text = {text.data(), at - 1};
  return last;
}

}  // namespace

uint32_t source_hash(uint64_t system_identifier, std::string_view slot) {
  char big_endian[8];
  for (int i = 0; i < 8; ++i) {
    big_endian[i] = static_cast<char>(system_identifier >> (56 - 8 * i) & 0xFF);
  }
  return fnv1a_32(slot, fnv1a_32({big_endian, sizeof big_endian}));
}

void put_source_id(Sink& sink, std::string_view name, uint32_t hash) {
  put_token(sink, name);
  sink.put('.');
  put_hex(sink, hash, 8);
}

void put_position(Sink& sink, const Position& position) {
  put_hex(sink, position.commit_lsn, 16);
  sink.put(':');
  put_hex(sink, position.ordinal, 8);
  sink.put('.');
  put_hex(sink, position.part, 4);
}

std::optional<Position> parse_position(std::string_view text) {
  const auto part_text = take_last(text, '.');
  if (!part_text) return std::nullopt;
  const auto ordinal_text = take_last(text, ':');
  if (!ordinal_text) return std::nullopt;
  const auto part = parse_hex(*part_text, 4, 8);
  const auto ordinal = parse_hex(*ordinal_text, 8, 16);
  const auto lsn = parse_hex(text, 16, 16);
  if (!part || !ordinal || !lsn) return std::nullopt;
  return Position{*lsn, *ordinal, static_cast<uint32_t>(*part)};
}

std::optional<EventId> parse_event_id(std::string_view text) {
  std::string_view source = text;
  if (!take_last(source, ':')) return std::nullopt;
  const auto lsn_text = take_last(source, ':');
  if (!lsn_text) return std::nullopt;
  const size_t before = source.size() + 1;
  const auto position = parse_position({text.data() + before, text.size() - before});
  if (!position) return std::nullopt;
  std::string_view name = source;
  const auto hash_text = take_last(name, '.');
  if (!hash_text || name.empty() || !parse_hex(*hash_text, 8, 8)) return std::nullopt;
  return EventId{source, *position};
}

void put_lsn(Sink& sink, Lsn lsn) {
  put_hex(sink, lsn >> 32, 1);
  sink.put('/');
  put_hex(sink, lsn & 0xFFFFFFFFu, 1);
}

std::optional<Lsn> parse_lsn(std::string_view text) {
  const auto low_text = take_last(text, '/');
  if (!low_text) return std::nullopt;
  const auto high = parse_hex(text, 1, 8);
  const auto low = parse_hex(*low_text, 1, 8);
  if (!high || !low) return std::nullopt;
  return *high << 32 | *low;
}

}  // namespace waljet

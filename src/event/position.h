// Identity of an event: where it stands in the history of one source.
//
// An event is (commit LSN of its transaction, ordinal, part). The ordinal counts the calls that the
// server makes for one transaction before any filter or option applies; the part tells apart the
// events of one call. Text form, fixed-width upper hex so that ids sort as bytes:
//
//     <name>.<8>:<commit LSN, 16>:<ordinal, 8>.<part, 4>
//     app.1A2B3C4D:000000001743E238:0000002A.0000
//
// Ids are stored in streams for years: neither the text form nor the counting may change without
// a new id version. Documented in docs/frame-format.md.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string_view>

#include "event/sink.h"

namespace waljet {

// A WAL byte position, as PostgreSQL counts it.
using Lsn = uint64_t;

struct Position {
  Lsn commit_lsn = 0;    // start of the commit record, or of a message outside a transaction
  uint64_t ordinal = 0;  // 0 BEGIN, counted calls from 1, END is last + 1
  uint32_t part = 0;     // primary key change: delete 0, create 1; TRUNCATE: index of the table

  friend auto operator<=>(const Position&, const Position&) = default;
};

// The eight hex digits that tell sources of one name apart: FNV-1a, 32 bits, over the system
// identifier as 8 big-endian bytes and then the bytes of the slot name.
uint32_t source_hash(uint64_t system_identifier, std::string_view slot);

// Writes `<name>.<8>`, the name encoded as a subject token.
void put_source_id(Sink& sink, std::string_view name, uint32_t hash);

// Writes `<LSN>:<ordinal>.<part>`. Values wider than their field take more digits: unique,
// unsorted.
void put_position(Sink& sink, const Position& position);
std::optional<Position> parse_position(std::string_view text);

struct EventId {
  std::string_view source;  // `<name>.<8>`, a view into the parsed text
  Position position;
};

// Nothing if `text` is not a whole event id.
std::optional<EventId> parse_event_id(std::string_view text);

// `X/X`, as PostgreSQL prints and reads it.
void put_lsn(Sink& sink, Lsn lsn);
std::optional<Lsn> parse_lsn(std::string_view text);

}  // namespace waljet

// Where rows of a snapshot stand in the stream, and how a stored row says it: an event's position
// sorts events, and between them the rows that are published at one point.
//
//     Waljet-Id        <source id>:snapshot:<position at which the server read it>
//     Waljet-Position  <position in the stream>
//
// A fence (pump.h) has the id `<source id>:fence`, and no place.
//
// Pure.
#pragma once

#include <cstdint>
#include <string_view>

#include "event/position.h"

namespace waljet {

// Between the source id and the position in a row's id.
constexpr std::string_view row_id_word = ":snapshot:";

// Behind the source id.
constexpr std::string_view fence_id_word = ":fence";

// The n-th row, from 0, that stands at `lsn`. Sorts by n, within the digits that an id has.
constexpr Position place_of_row(Lsn lsn, uint64_t n) {
  return {lsn, 1 + (n >> 16), static_cast<uint32_t>(n & 0xFFFF)};
}

constexpr uint64_t row_number(const Position& place) {
  return ((place.ordinal - 1) << 16) + place.part;
}

}  // namespace waljet

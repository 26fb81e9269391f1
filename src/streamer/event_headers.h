// Headers of an event as it is published.
//
//     Waljet-Id                       always: the event's id, or the row's (row_place.h)
//     Waljet-Position                 of a row that a snapshot read: its place in the stream
//     Waljet-Snapshot                 of the first and the last row of a snapshot: first, last
//     Nats-Expected-Last-Sequence     with strict fencing: sequence of the event before it
//     Nats-Msg-Id                     with fencing off, or on demand: the id again
//     Content-Type, Waljet-Count, Waljet-First
//                                     of a group: application/x-ndjson, how many events, the id of
//                                     the first one; Waljet-Id is that of the last
//     what the plugin gives with the frame, lines of `Name: value`
//     what was chosen: streamer/header_choice.h
//
// The object keeps its memory from one event to the next.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "streamer/header_choice.h"
#include "streamer/jetstream.h"
#include "streamer/pump.h"
#include "streamer/string_sink.h"

namespace waljet {

class EventHeaders {
 public:
  static constexpr size_t headers_max = 16;  // more are left out

  explicit EventHeaders(HeaderChoice choice = {}) : choice_(choice) {}

  void build(const Outgoing& outgoing, bool message_id);
  // Valid until the next build().
  std::span<const Header> headers() const { return {headers_.data(), count_}; }
  // Event id, ended by NUL.
  const char* id() const { return text_.view().data() + id_at_; }

 private:
  struct Place {
    size_t name = 0;
    size_t value = 0;
  };
  void put(std::string_view name, std::string_view value);
  void put_id(const Outgoing& outgoing);
  void put_row(const RowMark& row);
  void put_number(std::string_view name, uint64_t number);
  void put_group(const Outgoing& outgoing);
  void put_lines(std::string_view lines);
  void put_chosen(const Frame& frame);
  bool has(std::string_view name) const;

  HeaderChoice choice_;
  StringSink text_;   // names and values, each ended by NUL
  StringSink value_;  // of a chosen header
  std::array<Place, headers_max> places_{};
  std::array<Header, headers_max> headers_{};
  size_t count_ = 0;
  size_t id_at_ = 0;
};

}  // namespace waljet

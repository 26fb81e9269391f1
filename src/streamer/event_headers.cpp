#include "streamer/event_headers.h"

#include <algorithm>
#include <charconv>

#include "event/subject.h"
#include "streamer/row_place.h"

namespace waljet {
namespace {

// A header's value is one line, and servers disagree on what else than ASCII may stand in it.
void put_visible(Sink& sink, std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > ' ' && byte < 0x7F && byte != '=') {
      sink.put(c);
      continue;
    }
    sink.put('=');
    sink.put(digits[byte >> 4]);
    sink.put(digits[byte & 0xF]);
  }
}

void put_full_id(Sink& sink, const Outgoing& outgoing, const Position& position) {
  sink.put(outgoing.source_id);
  sink.put(outgoing.row != nullptr ? row_id_word : ":");
  put_position(sink, position);
}

}  // namespace

void EventHeaders::build(const Outgoing& outgoing, bool message_id) {
  text_.clear();
  count_ = 0;
  put_id(outgoing);
  const size_t id_bytes = text_.view().size() - id_at_ - 1;
  if (message_id) {
    const std::string id(text_.view().substr(id_at_, id_bytes));
    put("Nats-Msg-Id", id);
  }
  if (outgoing.expected_sequence) {
    put_number("Nats-Expected-Last-Sequence", *outgoing.expected_sequence);
  }
  if (outgoing.row != nullptr) put_row(*outgoing.row);
  if (event_count(*outgoing.frame) > 1) put_group(outgoing);
  put_lines(outgoing.frame->headers);
  if (choice_.any()) put_chosen(*outgoing.frame);
  for (size_t i = 0; i < count_; ++i) {
    const char* text = text_.view().data();
    headers_[i] = {text + places_[i].name, text + places_[i].value};
  }
}

void EventHeaders::put_number(std::string_view name, uint64_t number) {
  std::array<char, 24> digits;
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  put(name, {digits.data(), static_cast<size_t>(end - digits.data())});
}

void EventHeaders::put_group(const Outgoing& outgoing) {
  put("Content-Type", "application/x-ndjson");
  put_number("Waljet-Count", event_count(*outgoing.frame));
  StringSink first;
  put_full_id(*first, outgoing, position_at(*outgoing.frame, 0));
  put("Waljet-First", first.view());
}

void EventHeaders::put_id(const Outgoing& outgoing) {
  places_[count_++] = {text_.view().size(), text_.view().size() + sizeof("Waljet-Id")};
  (*text_).put("Waljet-Id");
  (*text_).put('\0');
  id_at_ = text_.view().size();
  put_full_id(*text_, outgoing, outgoing.frame->position);
  (*text_).put('\0');
}

void EventHeaders::put_row(const RowMark& row) {
  StringSink place;
  put_position(*place, row.place);
  put("Waljet-Position", place.view());
  if (row.first) put("Waljet-Snapshot", row.last ? "first,last" : "first");
  if (row.last && !row.first) put("Waljet-Snapshot", "last");
}

void EventHeaders::put(std::string_view name, std::string_view value) {
  if (count_ == headers_max) return;
  Place& place = places_[count_++];
  place.name = text_.view().size();
  (*text_).put(name);
  (*text_).put('\0');
  place.value = text_.view().size();
  (*text_).put(value);
  (*text_).put('\0');
}

void EventHeaders::put_lines(std::string_view lines) {
  while (const auto header = take_frame_header(lines)) put(header->name, header->value);
}

void EventHeaders::put_chosen(const Frame& frame) {
  if (choice_.key && !frame.key.empty()) {
    value_.clear();
    put_short_token(*value_, frame.key);
    put("Waljet-Key", value_.view());
  }
  if (choice_.table && !frame.table.empty()) {
    value_.clear();
    put_visible(*value_, frame.table);
    put("Waljet-Table", value_.view());
  }
  if (choice_.op && frame.op != 0) put("Waljet-Op", {&frame.op, 1});
  constexpr std::string_view content_type = "Content-Type";
  if (choice_.content_type && !has(content_type)) put(content_type, "application/json");
}

bool EventHeaders::has(std::string_view name) const {
  for (size_t i = 0; i < count_; ++i) {
    if (text_.view().data() + places_[i].name == name) return true;
  }
  return false;
}

}  // namespace waljet

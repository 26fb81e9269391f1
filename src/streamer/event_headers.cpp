#include "streamer/event_headers.h"

#include <algorithm>
#include <charconv>

namespace waljet {

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
  if (event_count(*outgoing.frame) > 1) put_group(outgoing);
  put_lines(outgoing.frame->headers);
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
  (*first).put(outgoing.source_id);
  (*first).put(':');
  put_position(*first, position_at(*outgoing.frame, 0));
  put("Waljet-First", first.view());
}

void EventHeaders::put_id(const Outgoing& outgoing) {
  places_[count_++] = {text_.view().size(), text_.view().size() + sizeof("Waljet-Id")};
  (*text_).put("Waljet-Id");
  (*text_).put('\0');
  id_at_ = text_.view().size();
  (*text_).put(outgoing.source_id);
  (*text_).put(':');
  put_position(*text_, outgoing.frame->position);
  (*text_).put('\0');
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

}  // namespace waljet

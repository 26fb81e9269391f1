#include "streamer/publish_protocol.h"

#include <algorithm>
#include <charconv>

namespace waljet {
namespace {

constexpr std::string_view version_line = "NATS/1.0\r\n";
constexpr std::string_view line_end = "\r\n";
constexpr std::string_view between_name_and_value = ": ";

void put_number(Sink& out, size_t number) {
  constexpr size_t digits_max = 20;
  char* to = out.reserve(digits_max);
  const auto [end, error] = std::to_chars(to, to + digits_max, number);
  out.advance(static_cast<size_t>(end - to));
}

void put_header(Sink& out, const Header& header) {
  out.put(header.name);
  out.put(between_name_and_value);
  const size_t from = out.size();
  out.put(header.value);
  const auto is_break = [](char c) { return c == '\r' || c == '\n'; };
  std::replace_if(out.data() + from, out.data() + out.size(), is_break, ' ');
  out.put(line_end);
}

}  // namespace

size_t encoded_bytes(std::span<const Header> headers) {
  size_t bytes = version_line.size() + line_end.size();
  for (const Header& header : headers) {
    bytes += std::string_view(header.name).size() + between_name_and_value.size() +
             std::string_view(header.value).size() + line_end.size();
  }
  return bytes;
}

void put_publish(Sink& out, const Message& message, std::string_view reply) {
  const size_t header_bytes = encoded_bytes(message.headers);
  out.put("HPUB ");
  out.put(message.subject);
  out.put(' ');
  out.put(reply);
  out.put(' ');
  put_number(out, header_bytes);
  out.put(' ');
  put_number(out, header_bytes + message.body.size());
  out.put(line_end);
  out.put(version_line);
  for (const Header& header : message.headers) put_header(out, header);
  out.put(line_end);
  out.put(message.body);
  out.put(line_end);
}

}  // namespace waljet

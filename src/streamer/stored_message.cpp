#include "streamer/stored_message.h"

#include <algorithm>
#include <charconv>

#include "streamer/json_members.h"

namespace waljet {
namespace {

int value_of(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  return c == '/' ? 63 : -1;
}

// `headers` as on the wire: a version line, then lines of `Name: value`, each ended by CR LF.
std::string header_value(std::string_view headers, std::string_view name) {
  while (!headers.empty()) {
    const size_t end = std::min(headers.find("\r\n"), headers.size());
    const std::string_view line = headers.substr(0, end);
    headers.remove_prefix(std::min(end + 2, headers.size()));
    if (line.size() <= name.size() || line[name.size()] != ':' || !line.starts_with(name)) continue;
    std::string_view value = line.substr(name.size() + 1);
    while (value.starts_with(' ')) value.remove_prefix(1);
    return std::string(value);
  }
  return {};
}

StoredHead error(int code, std::string_view text) {
  StoredHead head;
  head.error_code = code;
  head.error_text = text;
  return head;
}

}  // namespace

std::string decode_base64(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3);
  uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const int value = value_of(c);
    if (value < 0) break;
    bits = bits << 6 | static_cast<uint32_t>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes.push_back(static_cast<char>(bits >> count & 0xFF));
  }
  return bytes;
}

StoredHead parse_stored_message(std::string_view json, bool with_body) {
  rapidjson::Document document;
  document.Parse(json.data(), json.size());
  constexpr int unreadable = -1;
  if (document.HasParseError() || !document.IsObject()) {
    return error(unreadable, "the answer is not a JSON object");
  }
  if (const auto* failed = object_member(document, "error")) {
    return error(static_cast<int>(number_member(*failed, "err_code", unreadable)),
                 text_member(*failed, "description"));
  }
  const auto* message = object_member(document, "message");
  if (message == nullptr) return error(unreadable, "the answer has no message");
  StoredHead head;
  head.sequence = count_member(*message, "seq");
  head.subject = text_member(*message, "subject");
  head.time = text_member(*message, "time");
  const std::string headers = decode_base64(text_member(*message, "hdrs"));
  head.event_id = header_value(headers, "Waljet-Id");
  head.first_id = header_value(headers, "Waljet-First");
  head.place = header_value(headers, "Waljet-Position");
  const std::string count = header_value(headers, "Waljet-Count");
  std::from_chars(count.data(), count.data() + count.size(), head.count);
  const std::string_view data = text_member(*message, "data");
  head.body_bytes = data.size() / 4 * 3;
  if (with_body) head.body = decode_base64(data);
  return head;
}

}  // namespace waljet

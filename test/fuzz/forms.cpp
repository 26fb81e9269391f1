// Texts of extensions' types and of databases in any encoding: whatever they hold, what is written
// is JSON, or nothing.
#include <rapidjson/document.h>

#include "event/escaped_text.h"
#include "event/geometry.h"
#include "event/hstore.h"
#include "event/json.h"
#include "event/test_sink.h"
#include "event/utf8.h"
#include "event/vector.h"
#include "fuzz.h"

namespace waljet {
namespace {

// Numbers of any size are JSON, though RapidJSON has no place for those beyond a double.
bool is_json(std::string_view text) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseValidateEncodingFlag | rapidjson::kParseIterativeFlag>(
      text.data(), text.size());
  return !document.HasParseError() ||
         document.GetParseError() == rapidjson::kParseErrorNumberTooBig;
}

bool is_ascii(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) >= 0x80) return false;
  }
  return true;
}

// A writer that says whether it could read the text: all of a JSON value, or nothing.
template <typename Write>
void check_reader(Write write) {
  bool read = false;
  const std::string json = written([&](Sink& sink) { read = write(sink); });
  require(read || json.empty(), "what is refused leaves nothing behind");
  require(!read || is_json(json), "what is read is written as JSON");
  require(!read || json.find('\n') == std::string::npos, "on one line");
}

void check_strings(std::string_view bytes) {
  const std::string repaired = written([&](Sink& sink) { put_utf8(sink, bytes); });
  require(valid_utf8_prefix(repaired) == repaired.size(), "what is repaired is UTF-8");
  const bool valid = valid_utf8_prefix(bytes) == bytes.size();
  require(!valid || repaired == bytes, "what is valid stays");
  for (const JsonText mode : {JsonText::utf8, JsonText::ascii}) {
    const std::string json = written([&](Sink& sink) { put_json_string(sink, repaired, mode); });
    require(json.size() == json_string_bytes(repaired, mode), "the size is exact");
    require(json.size() <= json_string_bytes_max(repaired.size()), "the bound holds");
    require(mode == JsonText::utf8 || is_ascii(json), "ascii is ASCII");
    rapidjson::Document document;
    document.Parse<rapidjson::kParseValidateEncodingFlag>(json.data(), json.size());
    require(!document.HasParseError() && document.IsString(), "a string is JSON");
    require(std::string_view(document.GetString(), document.GetStringLength()) == repaired,
            "a string reads back");
  }
  const std::string repaired_json = written([&](Sink& sink) { put_json_string(sink, repaired); });
  const std::string quoted =
      written([&](Sink& sink) { put_quoted_text(sink, bytes, Escaping::json); });
  require(quoted == repaired_json, "one pass writes what two do");
  const std::string nested =
      written([&](Sink& sink) { put_quoted_text(sink, bytes, Escaping::server_in_string); });
  require(is_json('"' + nested + '"'), "a string inside a string is JSON");
  require(nested.size() <= quoted_bytes_max(bytes.size()), "the bound of quoted text holds");
  const std::string ascii =
      written([&](Sink& sink) { put_json_string(sink, bytes, JsonText::ascii); });
  require(is_ascii(ascii) && is_json(ascii), "ascii is safe on any bytes");
}

}  // namespace
}  // namespace waljet

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace waljet;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  check_strings(bytes);
  const std::string text = written([&](Sink& sink) { put_utf8(sink, bytes); });
  check_reader([&](Sink& sink) { return put_hstore(sink, text, JsonText::utf8); });
  check_reader([&](Sink& sink) { return put_hstore(sink, text, JsonText::ascii); });
  check_reader([&](Sink& sink) { return put_geometry(sink, text); });
  check_reader([&](Sink& sink) { return put_vector(sink, text); });
  check_reader([&](Sink& sink) { return put_sparse_vector(sink, text); });
  return 0;
}

#include "event/hstore.h"

#include <cstring>

namespace waljet {
namespace {

// Takes `wanted` off the front of `text`, if it stands there.
bool take(std::string_view& text, std::string_view wanted) {
  if (text.size() < wanted.size()) return false;
  if (std::memcmp(text.data(), wanted.data(), wanted.size()) != 0) return false;
  text.remove_prefix(wanted.size());
  return true;
}

bool ends_run(char c) {
  return c == '"' || c == '\\';
}

// Takes a text between quotes, in which a backslash stands before a quote or a backslash.
bool put_quoted(Sink& sink, std::string_view& text, JsonText mode) {
  if (!take(text, "\"")) return false;
  sink.put('"');
  for (;;) {
    size_t run = 0;
    while (run < text.size() && !ends_run(text[run])) ++run;
    put_json_text(sink, {text.data(), run}, mode);
    text.remove_prefix(run);
    if (take(text, "\"")) break;
    if (!take(text, "\\") || text.empty() || !ends_run(text[0])) return false;
    put_json_text(sink, {text.data(), 1}, mode);
    text.remove_prefix(1);
  }
  sink.put('"');
  return true;
}

bool put_member(Sink& sink, std::string_view& text, JsonText mode) {
  if (!put_quoted(sink, text, mode) || !take(text, "=>")) return false;
  sink.put(':');
  if (!take(text, "NULL")) return put_quoted(sink, text, mode);
  sink.put("null");
  return true;
}

bool put_object(Sink& sink, std::string_view text, JsonText mode) {
  sink.put('{');
  for (bool first = true; !text.empty(); first = false) {
    if (!first) {
      if (!take(text, ", ")) return false;
      sink.put(',');
    }
    if (!put_member(sink, text, mode)) return false;
  }
  sink.put('}');
  return true;
}

}  // namespace

bool put_hstore(Sink& sink, std::string_view text, JsonText mode) {
  const size_t start = sink.size();
  if (put_object(sink, text, mode)) return true;
  sink.truncate(start);
  return false;
}

}  // namespace waljet

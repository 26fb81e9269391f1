#include "streamer/errors.h"

#include <array>

namespace waljet {
namespace {

struct SqlstateClass {
  std::string_view prefix;
  ErrorClass error_class;
};

// First match wins; what is not listed is retried, since giving up wrongly is the greater harm.
constexpr std::array<SqlstateClass, 11> sqlstate_classes{{
    {"57P03", ErrorClass::retry},          // starting up, shutting down, in recovery
    {"3D000", ErrorClass::retry},          // database absent: it may still be created
    {"53400", ErrorClass::refused},        // max_replication_slots, max_wal_senders reached
    {"53", ErrorClass::retry},             // out of connections, memory, disk
    {"55006", ErrorClass::retry},          // slot is active elsewhere
    {"28", ErrorClass::refused},           // authentication
    {"42501", ErrorClass::refused},        // missing privilege, output_plugin_libraries
    {"58P01", ErrorClass::refused},        // plugin library not found
    {"55000", ErrorClass::refused},        // wal_level, lost slot
    {"0A000", ErrorClass::refused},        // not supported: a physical slot, a server too old
    {"22023", ErrorClass::configuration},  // the plugin does not take an option
}};

bool is_sqlstate(std::string_view text) {
  if (text.size() != 5) return false;
  for (const char c : text) {
    if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'))) return false;
  }
  return true;
}

std::string first_line(std::string_view text) {
  return std::string(text.substr(0, text.find('\n')));
}

}  // namespace

int exit_code(ErrorClass error_class) {
  switch (error_class) {
    case ErrorClass::interrupted: return exit_done;
    case ErrorClass::configuration: return exit_usage;
    case ErrorClass::retry:
    case ErrorClass::refused: return exit_refused;
  }
  return exit_refused;
}

void add_sentence(std::string& text, std::string_view sentence) {
  if (sentence.empty()) return;
  if (!text.empty()) text += text.back() == '.' ? " " : ". ";
  text += sentence;
}

ErrorClass class_of_sqlstate(std::string_view sqlstate) {
  for (const SqlstateClass& known : sqlstate_classes) {
    if (sqlstate.starts_with(known.prefix)) return known.error_class;
  }
  return ErrorClass::retry;
}

Error parse_connection_error(std::string_view text) {
  // Severity and message may be in any language; only `:  SQLSTATE: ` is fixed.
  constexpr std::string_view before = ":  ";
  constexpr std::string_view after = ": ";
  constexpr size_t sqlstate_bytes = 5;
  for (size_t at = text.rfind(before); at != std::string_view::npos;
       at = at == 0 ? std::string_view::npos : text.rfind(before, at - 1)) {
    const size_t from = at + before.size();
    const std::string_view sqlstate = text.substr(from, sqlstate_bytes);
    if (!is_sqlstate(sqlstate)) continue;
    const std::string_view rest = text.substr(from + sqlstate_bytes);
    if (!rest.starts_with(after)) continue;
    return {class_of_sqlstate(sqlstate),
            first_line(rest.substr(after.size())),
            std::string(sqlstate),
            {}};
  }
  return {ErrorClass::retry, first_line(text), {}, {}};
}

}  // namespace waljet

#include "streamer/log_json.h"

#include <fmt/chrono.h>
#include <fmt/core.h>

#include "event/json.h"
#include "event/utf8.h"
#include "streamer/string_sink.h"

namespace waljet {

std::string log_line_json(std::chrono::system_clock::time_point time, std::string_view level,
                          std::string_view message) {
  using std::chrono::milliseconds;
  const auto since_1970 = std::chrono::floor<milliseconds>(time.time_since_epoch());
  const auto second = std::chrono::floor<std::chrono::seconds>(since_1970);
  StringSink valid;
  put_utf8(*valid, message);
  StringSink text;
  put_json_string(*text, valid.view());
  return fmt::format(
      "{{\"time\":\"{:%Y-%m-%dT%H:%M:%S}.{:03d}Z\",\"level\":\"{}\",\"message\":{}}}\n",
      fmt::gmtime(second.count()), (since_1970 - second).count(), level, text.view());
}

}  // namespace waljet

// Events as `waljet tail` shows them to people: time, operation, table, and what has changed; the
// prefix and content of a logical message; beginning and end of a transaction. Pure.
#pragma once

#include <string>
#include <string_view>

namespace waljet {

// One line, without its end. `body` is an event in any format of the plugin's, with or without its
// schema. What is none comes back as it is, but for control characters, which a terminal would
// obey.
std::string print_event(std::string_view body, bool colored);

}  // namespace waljet

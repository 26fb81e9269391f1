// Events as `waljet tail` shows them to people: time, operation, table, and what has changed.
// Pure.
#pragma once

#include <string>
#include <string_view>

namespace waljet {

// One line, without its end. A body that is not an event that we know comes back as it is, but for
// control characters, which a terminal would obey.
std::string print_event(std::string_view body, bool colored);

}  // namespace waljet

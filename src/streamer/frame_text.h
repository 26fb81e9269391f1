// What an event is called in the log: by its table, or by its subject where it has none. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "event/frame.h"

namespace waljet {

// `of public.t`, `on app.=message.audit`.
std::string place_text(const Frame& frame);

// Why an event cannot be published, and what to do about it. `bytes`: with its headers.
std::string oversize_text(const Frame& frame, std::string_view event_id, size_t bytes,
                          int64_t bytes_max);

}  // namespace waljet

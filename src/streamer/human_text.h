// Numbers rounded for people, who compare them at a glance. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "streamer/clock.h"

namespace waljet {

std::string count_text(uint64_t count);         // `1,234,567`
std::string rounded_size_text(uint64_t bytes);  // `512 B`, `1.2 MiB`
std::string rounded_span_text(Duration span);   // `0.4 s`, `3 min 20 s`, `1 h 02 min`, `3 d 4 h`

}  // namespace waljet

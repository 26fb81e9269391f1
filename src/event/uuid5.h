// UUIDs made from names: the same name gives the same UUID, everywhere and for ever.
#pragma once

#include <string_view>

#include "event/sink.h"

namespace waljet {

// Writes the UUID version 5 (RFC 4122, 4.3) of `name` in the URL namespace: 36 bytes, lower hex
// with hyphens, no quotes.
void put_uuid_v5(Sink& sink, std::string_view name);

}  // namespace waljet

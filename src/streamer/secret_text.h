// Connection strings and URLs as they may be shown: with *** for what is secret. Pure.
#pragma once

#include <string>
#include <string_view>

namespace waljet {

constexpr std::string_view hidden_text = "***";

// `nats://user:***@host`, or `nats://***@host` of a token; several separated by commas.
std::string hidden_nats_url(std::string_view url);

// A connection string of libpq, a URI or keywords. What cannot be read as either is hidden whole.
std::string hidden_connection(std::string_view conninfo);

}  // namespace waljet

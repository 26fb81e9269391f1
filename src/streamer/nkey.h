// The nkeys of NATS: Ed25519 keys as text. nkey.cpp is the only file that knows OpenSSL.
#pragma once

#include <string>
#include <string_view>

#include "streamer/errors.h"

namespace waljet {

// The public key, `U…`, of a user's seed, `SU…`. An error is of class `configuration` and does not
// show the seed.
Result<std::string> public_nkey(std::string_view seed);

// The first line of a seed file, or of one with more around it, that is a seed; empty if none is.
std::string_view find_seed(std::string_view text);

}  // namespace waljet

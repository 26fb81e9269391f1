// Setting `waljet.hash_salt`: what goes in front of values that rules hash.
//
// It is the server's and no option, because options show in pg_stat_activity and in logs.
#pragma once

#include <string_view>

namespace waljet {

// Defines the setting: once, as the module is loaded.
void define_hash_salt();
// The bytes that are set now; empty: none.
std::string_view hash_salt();

}  // namespace waljet

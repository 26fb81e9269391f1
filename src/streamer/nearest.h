// What somebody may have meant by a word that is not known. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace waljet {

// How many characters have to be put in, taken out, replaced, or swapped with their neighbours.
// Case, and hyphens for underscores, count nothing.
size_t edit_distance(std::string_view left, std::string_view right);

// The known word that is next to `word`, or that begins with it; empty where there is none.
std::string nearest(std::string_view word, std::span<const std::string> known);

}  // namespace waljet

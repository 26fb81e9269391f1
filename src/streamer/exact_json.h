// JSON with its numbers as they were written: a double would lose digits of a numeric, and has no
// room for a large one. Pure.
#pragma once

#include <rapidjson/document.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace waljet {

// False if `text` is not one JSON value. What should be a number is taken as it is, right or wrong,
// and becomes a string that no text is equal to; the functions below tell them apart.
bool parse_exact(std::string_view text, rapidjson::Document& document);

// Nothing where it is not a whole number of 64 bits.
std::optional<int64_t> exact_integer(const rapidjson::Value& value);
// As JSON, numbers as they were.
std::string exact_text(const rapidjson::Value& value);

}  // namespace waljet

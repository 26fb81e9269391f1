// Text of the database, in whatever encoding, as UTF-8.
//
// A character that has no Unicode equivalent becomes U+FFFD. In a database in SQL_ASCII, where
// bytes mean nothing, text that is valid UTF-8 is taken as such and each other byte becomes a
// private-use character, see event/utf8.h; so does what is no UTF-8 in a UTF8 database, such as a
// role's name that another database wrote. Nothing here raises an error because of the text.
#pragma once

#include <string_view>

#include "event/json.h"
#include "event/sink.h"
#include "plugin/pg.h"

namespace waljet {

// Raises an error if the database's encoding cannot become UTF-8.
void require_known_encoding();

// How JSON is written: outside UTF8 databases with escapes alone, because there the SQL functions
// take what they return as text of the database, while a walsender converts nothing.
JsonText json_text();

// `text` as UTF-8: itself where it is, else in the current memory context.
std::string_view utf8_of(std::string_view text);

// Takes so much off the front of `text` that it can be converted at once: whole characters.
std::string_view take_convertible(std::string_view& text);

}  // namespace waljet

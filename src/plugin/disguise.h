// Values that a rule masks or hashes: what is sent in their place.
//
// The codec alone decides, so wherever a value goes, into a row, a key or a subject, the same
// stands in its place. An error while a value is hashed tells nothing of it.
#pragma once

#include <string_view>

#include "plugin/pg.h"
#include "plugin/value_codec.h"
#include "plugin/value_target.h"

namespace waljet {

// In `context`, as for make_codec(). The hash is SHA-256 of the salt and of the value's text in
// UTF-8, as lower hex.
ValueCodec make_masked_codec(const ValueType& type, std::string_view column_name);
ValueCodec make_hashed_codec(MemoryContext context, const ValueType& type,
                             std::string_view column_name, std::string_view salt);

constexpr bool is_disguised(ValueForm form) {
  return form == ValueForm::masked || form == ValueForm::hashed;
}

constexpr size_t mask_bytes = 4;
constexpr size_t hash_bytes = 64;

// For those codecs: put_value(), and the same without quotes. False where the value has no text.
bool put_disguised_value(const ValueTarget& target, const ValueCodec& codec, Datum value);
bool put_disguised_text(Sink& sink, const ValueCodec& codec, Datum value);

}  // namespace waljet

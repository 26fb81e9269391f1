// How the values of one column are written: decided once, from the column's type and the options.
//
// The form names both what is stored and what is written, so that writing a value is one switch.
// Which type takes which form: docs/event-format.md.
#pragma once

#include <cstdint>
#include <string_view>

#include "event/plugin_options.h"
#include "plugin/pg.h"

namespace waljet {

class Sha256;

enum class ValueForm : uint8_t {
  boolean,
  int2,
  int4,
  int8,
  oid,
  float4,        // as Java prints it
  float8,        //
  float4_plain,  // as PostgreSQL prints it
  float8_plain,  //
  text,          // text, varchar, bpchar, json: the stored bytes are the text
  jsonb_text,    // jsonb, as its text in a string
  json_value,    // jsonb, as the JSON that it is
  name,
  character,  // "char"
  uuid,
  bytes_base64,         // bytea, where the type of the JSON is Connect's bytes
  bytes_base64_string,  // where it is a string
  bytes_base64_url,
  bytes_hex,
  date_days,
  date_iso,
  time_ms,
  time_us,
  time_ns,
  time_iso,
  timetz_utc,
  timestamp_ms,
  timestamp_us,
  timestamp_ns,
  timestamp_iso,    // timestamptz too
  timestamptz_utc,  // `scale` digits behind the second
  interval_us,
  interval_iso,
  decimal,           // numeric(p,s): unscaled, with `scale`
  variable_decimal,  // numeric without precision
  numeric_double,
  numeric_string,
  numeric_plain,  // a JSON number
  money_decimal,
  money_double,
  money_string,
  bit_boolean,
  bits,
  point,
  hstore_string,  // a string that holds a JSON object
  hstore_object,
  geometry,
  vector,
  sparse_vector,
  array,      // of `element`
  type_text,  // the text of the type's output function
  masked,     // see plugin/disguise.h
  hashed,     //
};

struct ValueCodec {
  ValueForm form = ValueForm::type_text;
  int scale = 0;
  bool varlena = false;
  FmgrInfo* output = nullptr;               // for the forms that are made from the type's text
  bool own_output = false;                  // whose function is not PostgreSQL's alone: it may fail
  std::string_view column_name;             // in quotes, for people
  ValueCodec* element = nullptr;            // of an array
  struct ArrayMetaState* layout = nullptr;  // of the elements
  const Sha256* salted = nullptr;           // of hashed values: what their text goes on from

  mutable bool failure_said = false;  // in the server's log, of the output function
};

// What a codec is made from. `type` is no domain.
struct ValueType {
  Oid type = InvalidOid;
  int32 typmod = -1;
};

// The type behind a column's, which may be a domain, and the modifier that applies.
ValueType value_type(Oid type, int32 typmod);

// In `context`; `column_name` must live there too. Looks into the catalog.
ValueCodec make_codec(MemoryContext context, const ValueType& type, std::string_view column_name,
                      const PluginOptions& options);

// A codec for the text alone, see put_plain_text().
ValueCodec* make_text_codec(MemoryContext context, const ValueType& type,
                            std::string_view column_name);

// Types that have no OID of their own go by their name: extensions' types.
enum class KnownType : uint8_t {
  none,
  citext,
  hstore,
  ltree,
  isn,
  geometry,
  geography,
  vector,
  halfvec,
  sparsevec
};
KnownType known_type(Oid type);

// Scale and precision of numeric(p,s).
int numeric_scale(int32 typmod);
int numeric_precision(int32 typmod);

}  // namespace waljet

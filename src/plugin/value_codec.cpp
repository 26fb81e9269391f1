#include "plugin/value_codec.h"

#include "event/temporal.h"
#include "plugin/compat.h"

namespace waljet {
namespace {

// Digits behind the second that a column's type modifier allows.
int fraction_digits(int32 typmod) {
  return typmod >= 0 && typmod <= MAX_TIMESTAMP_PRECISION ? typmod : fraction_digits_default;
}

bool counts_milliseconds(int32 typmod) {
  return fraction_digits(typmod) <= 3;
}

ValueForm time_form(TimeMode mode, int32 typmod) {
  switch (mode) {
    case TimeMode::adaptive:
      return counts_milliseconds(typmod) ? ValueForm::time_ms : ValueForm::time_us;
    case TimeMode::adaptive_time_microseconds:
    case TimeMode::microseconds: return ValueForm::time_us;
    case TimeMode::connect: return ValueForm::time_ms;
    case TimeMode::isostring: return ValueForm::time_iso;
    case TimeMode::nanoseconds: return ValueForm::time_ns;
  }
  return ValueForm::time_us;
}

ValueForm timestamp_form(TimeMode mode, int32 typmod) {
  switch (mode) {
    case TimeMode::adaptive:
    case TimeMode::adaptive_time_microseconds:
      return counts_milliseconds(typmod) ? ValueForm::timestamp_ms : ValueForm::timestamp_us;
    case TimeMode::microseconds: return ValueForm::timestamp_us;
    case TimeMode::connect: return ValueForm::timestamp_ms;
    case TimeMode::isostring: return ValueForm::timestamp_iso;
    case TimeMode::nanoseconds: return ValueForm::timestamp_ns;
  }
  return ValueForm::timestamp_us;
}

ValueForm numeric_form(DecimalMode mode, int32 typmod) {
  switch (mode) {
    case DecimalMode::precise:
      return typmod >= 0 ? ValueForm::decimal : ValueForm::variable_decimal;
    case DecimalMode::floating: return ValueForm::numeric_double;
    case DecimalMode::string: return ValueForm::numeric_string;
  }
  return ValueForm::variable_decimal;
}

ValueForm money_form(DecimalMode mode) {
  switch (mode) {
    case DecimalMode::precise: return ValueForm::money_decimal;
    case DecimalMode::floating: return ValueForm::money_double;
    case DecimalMode::string: return ValueForm::money_string;
  }
  return ValueForm::money_decimal;
}

ValueForm bytes_form(BinaryMode mode) {
  switch (mode) {
    case BinaryMode::bytes: return ValueForm::bytes_base64;
    case BinaryMode::base64: return ValueForm::bytes_base64_string;
    case BinaryMode::base64_url_safe: return ValueForm::bytes_base64_url;
    case BinaryMode::hex: return ValueForm::bytes_hex;
  }
  return ValueForm::bytes_base64;
}

ValueForm extension_form(KnownType type, const PluginOptions& options) {
  switch (type) {
    case KnownType::hstore:
      return options.hstore == HstoreMode::json ? ValueForm::hstore_string
                                                : ValueForm::hstore_object;
    case KnownType::geometry:
    case KnownType::geography: return ValueForm::geometry;
    case KnownType::vector:
    case KnownType::halfvec: return ValueForm::vector;
    case KnownType::sparsevec: return ValueForm::sparse_vector;
    case KnownType::citext:
    case KnownType::ltree:
    case KnownType::isn:
    case KnownType::none: break;
  }
  return ValueForm::type_text;
}

// The types whose text we write ourselves; the others go through their output function.
ValueForm text_form(Oid type) {
  switch (type) {
    case INT2OID: return ValueForm::int2;
    case INT4OID: return ValueForm::int4;
    case INT8OID: return ValueForm::int8;
    case UUIDOID: return ValueForm::uuid;
    case TEXTOID:
    case VARCHAROID:
    case BPCHAROID: return ValueForm::text;
    default: return ValueForm::type_text;
  }
}

// The types that both formats write alike.
ValueForm common_form(Oid type) {
  switch (type) {
    case BOOLOID: return ValueForm::boolean;
    case INT2OID: return ValueForm::int2;
    case INT4OID: return ValueForm::int4;
    case INT8OID: return ValueForm::int8;
    case OIDOID: return ValueForm::oid;
    case TEXTOID:
    case VARCHAROID:
    case BPCHAROID:
    case JSONOID: return ValueForm::text;
    case NAMEOID: return ValueForm::name;
    case CHAROID: return ValueForm::character;
    case UUIDOID: return ValueForm::uuid;
    default: return ValueForm::type_text;
  }
}

ValueForm debezium_form(const ValueType& type, const PluginOptions& options) {
  switch (type.type) {
    case FLOAT4OID: return ValueForm::float4;
    case FLOAT8OID: return ValueForm::float8;
    case BYTEAOID: return bytes_form(options.binary);
    case DATEOID:
      return options.time == TimeMode::isostring ? ValueForm::date_iso : ValueForm::date_days;
    case TIMEOID: return time_form(options.time, type.typmod);
    case TIMETZOID: return ValueForm::timetz_utc;
    case TIMESTAMPOID: return timestamp_form(options.time, type.typmod);
    case TIMESTAMPTZOID: return ValueForm::timestamptz_utc;
    case INTERVALOID:
      return options.interval == IntervalMode::numeric ? ValueForm::interval_us
                                                       : ValueForm::interval_iso;
    case NUMERICOID: return numeric_form(options.decimal, type.typmod);
    case MONEYOID: return money_form(options.decimal);
    case BITOID:
    case VARBITOID: return type.typmod == 1 ? ValueForm::bit_boolean : ValueForm::bits;
    case POINTOID: return ValueForm::point;
    case JSONBOID: return ValueForm::jsonb_text;
    default: break;
  }
  const ValueForm form = common_form(type.type);
  if (form != ValueForm::type_text) return form;
  return extension_form(known_type(type.type), options);
}

ValueForm natural_form(Oid type) {
  switch (type) {
    case FLOAT4OID: return ValueForm::float4_plain;
    case FLOAT8OID: return ValueForm::float8_plain;
    case NUMERICOID: return ValueForm::numeric_plain;
    case BYTEAOID: return ValueForm::bytes_base64;
    case TIMESTAMPOID:
    case TIMESTAMPTZOID: return ValueForm::timestamp_iso;
    case JSONBOID: return ValueForm::json_value;
    default: return common_form(type);
  }
}

// Types whose arrays Debezium sends as arrays.
bool has_debezium_array(Oid type) {
  switch (type) {
    case INT2OID:
    case INT4OID:
    case INT8OID:
    case OIDOID:
    case CHAROID:
    case VARCHAROID:
    case TEXTOID:
    case BPCHAROID:
    case INETOID:
    case CIDROID:
    case MACADDROID:
    case MACADDR8OID:
    case INT4RANGEOID:
    case NUMRANGEOID:
    case TSRANGEOID:
    case TSTZRANGEOID:
    case DATERANGEOID:
    case INT8RANGEOID:
    case NUMERICOID:
    case FLOAT4OID:
    case FLOAT8OID:
    case BOOLOID:
    case DATEOID:
    case UUIDOID:
    case JSONOID:
    case JSONBOID:
    case TIMEOID:
    case TIMETZOID:
    case TIMESTAMPOID:
    case TIMESTAMPTZOID:
    case BYTEAOID: return true;
    default: break;
  }
  switch (known_type(type)) {
    case KnownType::citext:
    case KnownType::hstore:
    case KnownType::ltree:
    case KnownType::geometry:
    case KnownType::geography: return true;
    default: return get_typtype(type) == TYPTYPE_ENUM;
  }
}

// The element of a true array: oidvector and the like are none, though they have elements.
Oid array_element(Oid type) {
  const Oid element = get_element_type(type);
  return OidIsValid(element) && get_array_type(element) == type ? element : InvalidOid;
}

struct ArrayMetaState* array_layout(MemoryContext context, Oid element) {
  auto* layout = static_cast<struct ArrayMetaState*>(
      MemoryContextAllocZero(context, sizeof(struct ArrayMetaState)));
  layout->element_type = element;
  get_typlenbyvalalign(element, &layout->typlen, &layout->typbyval, &layout->typalign);
  return layout;
}

FmgrInfo* output_function(MemoryContext context, Oid type) {
  Oid function;
  bool varlena;
  getTypeOutputInfo(type, &function, &varlena);
  auto* info = static_cast<FmgrInfo*>(MemoryContextAllocZero(context, sizeof(FmgrInfo)));
  fmgr_info_cxt(function, info, context);
  return info;
}

bool holds_interval(Oid type) {
  return type == INTERVALOID || get_element_type(type) == INTERVALOID;
}

// Of a type that is PostgreSQL's or an enum nothing but PostgreSQL's own code runs, which fails on
// no value, or nearly so.
bool is_own(Oid type) {
  if (interval_text_may_fail && holds_interval(type)) return false;
  return type < FirstNormalObjectId || get_typtype(type) == TYPTYPE_ENUM;
}

bool make_array_codec(MemoryContext context, ValueCodec& codec, const ValueType& type,
                      std::string_view column_name, const PluginOptions& options) {
  const Oid element = array_element(type.type);
  if (!OidIsValid(element)) return false;
  const bool debezium = options.format == Format::debezium;
  if (debezium && !has_debezium_array(element)) return false;
  const ValueType element_type = value_type(element, type.typmod);
  codec.form = ValueForm::array;
  codec.element = static_cast<ValueCodec*>(MemoryContextAlloc(context, sizeof(ValueCodec)));
  *codec.element = make_codec(context, element_type, column_name, options);
  codec.layout = array_layout(context, element);
  codec.own_output = codec.element->own_output;
  return true;
}

bool needs_output(ValueForm form) {
  switch (form) {
    case ValueForm::type_text:
    case ValueForm::jsonb_text:  // of values that are nested very deep
    case ValueForm::json_value:  //
    case ValueForm::hstore_string:
    case ValueForm::hstore_object:
    case ValueForm::geometry:
    case ValueForm::vector:
    case ValueForm::sparse_vector:
    case ValueForm::array: return true;  // the text of arrays whose subscripts begin elsewhere
    default: return false;
  }
}

int scale_of(ValueForm form, int32 typmod) {
  switch (form) {
    case ValueForm::decimal:
    case ValueForm::numeric_string: return typmod >= 0 ? numeric_scale(typmod) : 0;
    default: return fraction_digits(typmod);
  }
}

}  // namespace

ValueType value_type(Oid type, int32 typmod) {
  ValueType result{InvalidOid, typmod};
  result.type = getBaseTypeAndTypmod(type, &result.typmod);
  return result;
}

ValueCodec make_codec(MemoryContext context, const ValueType& type, std::string_view column_name,
                      const PluginOptions& options) {
  ValueCodec codec;
  codec.column_name = column_name;
  codec.varlena = get_typlen(type.type) == -1;
  if (!make_array_codec(context, codec, type, column_name, options)) {
    const bool debezium = options.format == Format::debezium;
    codec.form = debezium ? debezium_form(type, options) : natural_form(type.type);
    codec.own_output = !is_own(type.type);
  }
  codec.scale = scale_of(codec.form, type.typmod);
  if (needs_output(codec.form)) codec.output = output_function(context, type.type);
  return codec;
}

ValueCodec* make_text_codec(MemoryContext context, const ValueType& type,
                            std::string_view column_name) {
  auto* codec = new (MemoryContextAllocZero(context, sizeof(ValueCodec))) ValueCodec();
  codec->form = text_form(type.type);
  codec->varlena = get_typlen(type.type) == -1;
  codec->output = output_function(context, type.type);
  codec->own_output = !is_own(type.type);
  codec->column_name = column_name;
  return codec;
}

KnownType known_type(Oid type) {
  if (type < FirstNormalObjectId) return KnownType::none;
  struct Name {
    const char* name;
    KnownType type;
  };
  constexpr Name names[] = {
      {"citext", KnownType::citext},
      {"hstore", KnownType::hstore},
      {"ltree", KnownType::ltree},
      {"geometry", KnownType::geometry},
      {"geography", KnownType::geography},
      {"vector", KnownType::vector},
      {"halfvec", KnownType::halfvec},
      {"sparsevec", KnownType::sparsevec},
      {"isbn", KnownType::isn},
      {"isbn13", KnownType::isn},
      {"issn", KnownType::isn},
      {"issn13", KnownType::isn},
      {"ismn", KnownType::isn},
      {"ismn13", KnownType::isn},
      {"ean13", KnownType::isn},
      {"upc", KnownType::isn},
  };
  HeapTuple tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(type));
  if (!HeapTupleIsValid(tuple)) return KnownType::none;
  auto* form = reinterpret_cast<Form_pg_type>(GETSTRUCT(tuple));
  KnownType found = KnownType::none;
  if (form->typtype == TYPTYPE_BASE) {
    for (const Name& known : names) {
      if (strcmp(NameStr(form->typname), known.name) == 0) found = known.type;
    }
  }
  ReleaseSysCache(tuple);
  return found;
}

// The type modifier packs the precision over 11 bits of scale, signed from 15 on.
int numeric_scale(int32 typmod) {
  constexpr int32 scale_bits = 0x7FF;
  constexpr int32 scale_sign = 0x400;
  const int32 packed = (typmod - static_cast<int32>(VARHDRSZ)) & scale_bits;
  return (packed ^ scale_sign) - scale_sign;
}

int numeric_precision(int32 typmod) {
  return (typmod - static_cast<int32>(VARHDRSZ)) >> 16 & 0xFFFF;
}

}  // namespace waljet

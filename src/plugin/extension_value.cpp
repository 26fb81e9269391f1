#include "plugin/extension_value.h"

#include "event/geometry.h"
#include "event/hstore.h"
#include "event/vector.h"
#include "plugin/encoding.h"
#include "plugin/memory.h"
#include "plugin/value.h"
#include "plugin/value_text.h"

namespace waljet {
namespace {

// The object goes through a sink of its own, because inside a string it is escaped.
bool put_hstore_string(const ValueTarget& target, std::string_view text) {
  Sink object = make_sink(CurrentMemoryContext, text.size() + 64);
  if (!put_hstore(object, text, JsonText::utf8)) return false;
  put_json_string(target.sink, object.view(), json_text());
  return true;
}

bool put_structured(const ValueTarget& target, ValueForm form, std::string_view text) {
  switch (form) {
    case ValueForm::hstore_string: return put_hstore_string(target, text);
    case ValueForm::hstore_object: return put_hstore(target.sink, text, json_text());
    case ValueForm::geometry: return put_geometry(target.sink, text);
    case ValueForm::vector: return put_vector(target.sink, text);
    case ValueForm::sparse_vector: return put_sparse_vector(target.sink, text);
    default: return false;
  }
}

}  // namespace

bool put_extension_value(const ValueTarget& target, const ValueCodec& codec, Datum value) {
  char* text = output_text(codec, value);
  if (text == nullptr) return false;
  const std::string_view utf8 = utf8_of(text);
  bool fits = target.has_room(0);
  if (fits && !put_structured(target, codec.form, utf8)) fits = put_database_text(target, text);
  pfree(text);
  return fits && target.has_room(0);
}

}  // namespace waljet

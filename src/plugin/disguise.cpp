#include "plugin/disguise.h"

#include "event/sha256.h"
#include "event/text.h"
#include "plugin/encoding.h"
#include "plugin/value_text.h"

namespace waljet {
namespace {

constexpr std::string_view mask = "****";
static_assert(mask.size() == mask_bytes);

}  // namespace

ValueCodec make_masked_codec(const ValueType& type, std::string_view column_name) {
  ValueCodec codec;
  codec.form = ValueForm::masked;
  codec.varlena = get_typlen(type.type) == -1;
  codec.column_name = column_name;
  return codec;
}

ValueCodec make_hashed_codec(MemoryContext context, const ValueType& type,
                             std::string_view column_name, std::string_view salt) {
  ValueCodec codec = *make_text_codec(context, type, column_name);
  codec.form = ValueForm::hashed;
  auto* salted = new (MemoryContextAlloc(context, sizeof(Sha256))) Sha256();
  salted->update(salt);
  codec.salted = salted;
  return codec;
}

bool put_disguised_text(Sink& sink, const ValueCodec& codec, Datum value) {
  if (codec.form == ValueForm::masked) {
    sink.put(mask);
    return true;
  }
  char* text = output_text(codec, value);
  if (text == nullptr) return false;
  Sha256 hash = *codec.salted;
  hash.update(utf8_of(text));
  pfree(text);
  const Sha256::Digest digest = hash.finish();
  put_hex_bytes(sink, {reinterpret_cast<const char*>(digest.data()), digest.size()});
  return true;
}

bool put_disguised_value(const ValueTarget& target, const ValueCodec& codec, Datum value) {
  target.sink.put('"');
  if (!put_disguised_text(target.sink, codec, value)) return false;
  target.sink.put('"');
  return target.has_room(0);
}

}  // namespace waljet

#include "plugin/array_value.h"

#include "plugin/value.h"
#include "plugin/value_text.h"

namespace waljet {
namespace {

bool begins_at_one(const ArrayType* array) {
  for (int i = 0; i < ARR_NDIM(array); ++i) {
    if (ARR_LBOUND(array)[i] != 1) return false;
  }
  return true;
}

bool put_elements(const ValueTarget& target, const ValueCodec& codec, ArrayIterator iterator,
                  const int* sizes, int dimensions) {
  target.sink.put('[');
  for (int i = 0; i < sizes[0]; ++i) {
    if (i > 0) target.sink.put(',');
    if (dimensions > 1) {
      if (!put_elements(target, codec, iterator, sizes + 1, dimensions - 1)) return false;
      continue;
    }
    Datum element = Datum{0};
    bool null = true;
    array_iterate(iterator, &element, &null);
    if (null) {
      target.sink.put("null");
    } else if (!put_value(target, *codec.element, element)) {
      return false;
    }
  }
  target.sink.put(']');
  return target.has_room(0);
}

}  // namespace

bool put_array(const ValueTarget& target, const ValueCodec& codec, Datum value) {
  ArrayType* array = DatumGetArrayTypeP(value);
  bool fits = false;
  if (ARR_NDIM(array) == 0) {
    target.sink.put("[]");
    fits = target.has_room(0);
  } else if (begins_at_one(array)) {
    ArrayIterator iterator = array_create_iterator(array, 0, codec.layout);
    fits = put_elements(target, codec, iterator, ARR_DIMS(array), ARR_NDIM(array));
    array_free_iterator(iterator);
  } else if (char* text = output_text(codec, PointerGetDatum(array)); text != nullptr) {
    fits = put_database_text(target, text);
    pfree(text);
  }
  if (static_cast<void*>(array) != DatumGetPointer(value)) pfree(array);
  return fits;
}

}  // namespace waljet

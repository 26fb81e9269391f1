#include "plugin/key_hash.h"

#include "plugin/memory.h"

namespace waljet {

uint64_t with_column(uint64_t hash, std::string_view text) {
  return hash_bytes_extended(reinterpret_cast<const unsigned char*>(text.data()),
                             static_cast<int>(text.size()), hash);
}

uint64_t with_null(uint64_t hash) {
  return hash_bytes_uint32_extended(0, hash);
}

uint64_t hash_of_table(std::string_view table) {
  return with_column(0, table);
}

uint64_t key_hash(const RelationPlan& plan, const RowImage& image) {
  Sink text = make_sink(CurrentMemoryContext, 256);
  uint64_t hash = 0;
  put_key_text(text, plan, image, hash);
  return hash;
}

}  // namespace waljet

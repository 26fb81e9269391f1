// The hash of a row's key, by which the streamer tells rows of a snapshot whose key an event
// touched.
//
// Over schema.table and the text of the key's columns, as both are shown. A key of several columns
// is hashed column by column, so that ('a/b', 'c') and ('a', 'b/c') differ although their texts
// with slashes do not. Opaque, and not the same on machines of another byte order.
#pragma once

#include <cstdint>
#include <string_view>

#include "plugin/pg.h"
#include "plugin/row.h"

namespace waljet {

// Of rows whose key is none, is not known or has no text: of the table alone.
inline uint64_t table_hash(const RelationPlan& plan) {
  return plan.table_hash;
}

// The hash that key_hash() begins with. `table`: schema.table.
uint64_t hash_of_table(std::string_view table);

// A key with one more column, by its text or as NULL. The length of the text is a part of the hash.
uint64_t with_column(uint64_t hash, std::string_view text);
uint64_t with_null(uint64_t hash);

// In the current memory context. put_key_text() tells the same beside the text.
uint64_t key_hash(const RelationPlan& plan, const RowImage& image);

}  // namespace waljet

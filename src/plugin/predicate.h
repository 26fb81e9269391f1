// The text of a rule's `where` as an expression over a table's columns.
//
// What it may hold is what PostgreSQL's publications let a row filter hold: columns, constants,
// built-in types, operators, collations and immutable functions, which look at nothing but their
// arguments. Functions written in SQL are left out besides, since they would need a snapshot of
// users' tables, which decoding has not.
#pragma once

#include "plugin/pg.h"

namespace waljet {

struct Predicate {
  Expr* expression = nullptr;    // ready to be initialized
  Bitmapset* columns = nullptr;  // numbers of those that it looks at
  // Whether all it does is compute with values of simple types, so that it holds nothing when it
  // fails.
  bool computes_only = false;
};

// Raises an error where `text`, in the encoding of the database, is no such expression. In the
// current memory context. Does not open the table.
Predicate parse_predicate(const char* text, Oid relid);

// The same of an expression over the columns of `from`, whose names say which columns of `relid`
// they are.
Predicate check_predicate(const Node* expression, Oid from, Oid relid);

// The first as far as it can be told without a table.
void check_predicate_syntax(const char* text);

}  // namespace waljet

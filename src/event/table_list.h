// A list of tables as a person writes it: `public.orders, audit.*, "Odd Name", tmp_??`.
//
// Entries are separated by commas; each is `schema.table` or a bare table name, which means that
// table in any schema. `*` stands for any text and `?` for one character. As in SQL, unquoted text
// folds to lower case, and text in double quotes is taken as it is, wildcards included.
#pragma once

#include <string_view>

namespace waljet {

class TableList {
 public:
  TableList() = default;
  // `list` must outlive this and have passed check().
  explicit TableList(std::string_view list) : text_(list) {}

  // What is wrong with `text`, as a phrase that continues "The value ...", or an empty view.
  static std::string_view check(std::string_view text);

  bool matches(std::string_view schema, std::string_view table) const;

 private:
  std::string_view text_;
};

}  // namespace waljet

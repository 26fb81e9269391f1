// Lists of names as SQL writes them: separated by commas, in double quotes where that matters.
// Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace waljet {

// The entries as they are spelled, without the spaces around them. Empty ones do not count.
std::vector<std::string> sql_list(std::string_view text);

// What one spelled name means: without its quotes, or folded to lower case.
std::string sql_name(std::string_view spelled);

}  // namespace waljet

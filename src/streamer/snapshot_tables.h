// Whether the server lets rows of tables be read for a snapshot on demand. The process that does it
// looks again; here somebody waits who can mend what is wrong.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "streamer/errors.h"
#include "streamer/option_flags.h"
#include "streamer/source_view.h"

namespace waljet {

// The extension is there, and of our version, and so is the plugin's file.
std::optional<Error> check_extension(SourceView& source);

// Each entry of `wanted` names tables that the filter in `options` lets through, that our role may
// read and that have a key. Options are the plugin's.
std::optional<Error> check_tables(SourceView& source, const OptionList& options,
                                  const std::vector<std::string>& wanted);

// ---- its parts ----

struct ListedTable {
  std::string name;
  bool keyed = false;
  std::string unkeyed_reason;
  bool readable = false;
};

std::string tables_query(const OptionList& options, const std::string& wanted);
// Without what keeps tables away.
OptionList without_filter(const OptionList& options);
// What is wrong with the versions; `installed` nothing: there is no extension.
std::optional<Error> version_problem(const std::string& database,
                                     const std::optional<std::string>& installed,
                                     const std::string& module);
// What keeps the first of these from being read; nothing if all can.
std::optional<Error> table_problem(const std::vector<ListedTable>& tables, const std::string& role);

}  // namespace waljet

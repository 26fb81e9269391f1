// A session that reads rows of tables instead of decoding a slot: what the functions of the
// extension run on.
//
// Events of rows are those of format, filter and subject that the plugin would send, so a row looks
// the same from here and from the stream.
#pragma once

#include <string_view>

#include "plugin/session.h"

namespace waljet {

// Settings of a read: neutral ones, and such that row security raises an error where it would hide
// rows. Undone by restore_settings() with what this returns, or by the end of the transaction.
int begin_read_settings();

struct ReadTerms {
  MemoryContext parent = nullptr;
  ArrayType* options = nullptr;  // name, value, name, value, ...; lives as long as the session
  const char* slot = "";         // that of the stream which the rows join: part of ids
  std::string_view snapshot = "true";  // what `source.snapshot` says, see read_mode()
  Lsn lsn = 0;                         // of the read: in positions, and as the events' own
  Outlet outlet = {};
};

// Frames, whatever option `output` says, and no hello. Raises 22023 where something is wrong with
// the options. Under begin_read_settings().
Session& open_read_session(const ReadTerms& terms);

// `text` if it is a mode of reading, else 22023.
std::string_view read_mode(const char* text);

// The plan of a table that can be read. Raises an error for other relations and for tables that the
// options leave out.
const RelationPlan& plan_to_read(Session& session, Relation relation);

}  // namespace waljet

// Logical messages (pg_logical_emit_message) as events, for option `messages`.
#pragma once

#include <string_view>

#include "plugin/session.h"

namespace waljet {

struct LogicalMessage {
  bool transactional = false;
  Lsn lsn = 0;        // as the server tells it: the end of its record
  Lsn start_lsn = 0;  // of its record; of a message outside a transaction only
  const char* prefix = nullptr;
  std::string_view content;  // any bytes
};

// Appends to the batch what the options let through. A message outside a transaction is written out
// at once: it is confirmed on its own. A transactional one has been counted already.
//
// Prefix `waljet` is reserved: such a message is never an event. Outside a transaction it is a
// control frame, whatever the options let through; in lines, or in a transaction, it is nothing.
void write_message(Session& session, const LogicalMessage& message);

}  // namespace waljet

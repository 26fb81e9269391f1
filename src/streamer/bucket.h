// Keys of the bucket `waljet` as the commands read and write them: a key-value bucket of JetStream
// is a stream, a key one of its subjects, a revision the sequence of its message.
#pragma once

#include <cstdint>
#include <string>

#include "streamer/errors.h"
#include "streamer/jetstream.h"
#include "streamer/stored_message.h"

namespace waljet {

// An answer of the JetStream API; that nobody answers is an error.
Result<std::string> ask_jetstream(Reader& reader, const std::string& subject,
                                  const std::string& body);

// The newest message of a subject, body included; with an error_code where there is none.
Result<StoredHead> newest_message(Reader& reader, const std::string& stream,
                                  const std::string& subject);

// The message at a sequence, without its body; with an error_code where there is none.
Result<StoredHead> message_at(Reader& reader, const std::string& stream, uint64_t sequence);

struct KeyValue {
  uint64_t revision = 0;  // 0: nobody ever wrote it
  std::string value;      // empty: there is none, or it was deleted
};
Result<KeyValue> read_key(Reader& reader, const std::string& subject);

// In place of `revision`. False: somebody else has written since, and nothing was done.
Result<bool> write_key(Reader& reader, const std::string& subject, const std::string& value,
                       uint64_t revision);

}  // namespace waljet

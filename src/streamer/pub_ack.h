// JetStream's answer to one publish.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "streamer/ack_window.h"

namespace waljet {

enum class PubAckOutcome : uint8_t {
  stored,         // the stream holds the message
  refused,        // the server said no, or said something that does not prove storage
  no_responders,  // nobody stores this subject: no stream, no leader, JetStream down
};

struct PubAck {
  PubAckOutcome outcome = PubAckOutcome::refused;
  bool duplicate = false;  // it held the message before
  uint64_t sequence = 0;   // place in the stream
  int error_code = 0;      // JetStream's err_code, 0 where there is none
  std::string text;        // why not stored, for people
};

// Reads the JSON of an answer. `{"duplicate":true,"seq":0}` is refused: servers 2.10 in a cluster
// say so about a message that is staged and may never be stored.
PubAck parse_pub_ack(std::string_view json);

// Refused since the stream, or its subject, does not end where the publish expected it to.
bool says_somebody_else_wrote(const PubAck& ack);

// An answer with the publish it belongs to. `epoch` tells links apart: answers to what was sent on
// a link that is gone are not counted.
struct Ack {
  uint64_t epoch = 0;
  Token token = 0;
  PubAck result;
};

}  // namespace waljet

// What `waljet check` has learned of PostgreSQL and NATS, as plain values. check_postgres.h and
// check_nats.h learn them, check_judge.h judges them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "streamer/clock.h"
#include "streamer/errors.h"
#include "streamer/settings.h"
#include "streamer/slot.h"
#include "streamer/stream_config.h"
#include "streamer/survey.h"

namespace waljet {

// What `run` would be told.
struct CheckPlan {
  RunSettings settings;
  SourceNames names;      // without `source_id` while the server's identity is not known
  bool snapshot = false;  // asked for
  std::string database;   // empty: not known
};

// ---- PostgreSQL ----

struct TableFacts {
  std::string schema;
  std::string name;
  std::string root_schema;  // of the partitioned table that it is part of, else its own
  std::string root_name;
  char identity = 'd';  // relreplident: d, f, n, i
  bool logged = true;
  bool readable = true;      // SELECT, by our role
  bool hidden_rows = false;  // row security is active for our role
  bool published = false;    // by one of the publications that are asked for
  uint64_t long_bytes = 0;   // of values stored out of line
  uint64_t pages = 0;
  std::vector<std::string> columns;
  std::vector<std::string> long_columns;  // of variable length
  std::vector<std::string> key;           // columns of the identity's index, or the primary key
  uint64_t row_bytes = 0;                 // the largest row of a sample, as stored; 0: not looked
};

// Whether the plugin starts, tried with a slot that vanishes with its connection.
struct PluginTrial {
  enum class Outcome : uint8_t {
    not_tried,   // `error` says why
    not_loaded,  // no slot can be made with it
    refused,     // it does not take the options
    works,
  };
  Outcome outcome = Outcome::not_tried;
  Error error;
  bool waits = false;  // a slot cannot be made before transactions end that are open now
};

struct ServerFacts {
  int version = 0;  // 150020
  std::string version_text;
  std::string role;
  std::string application_name;
  bool may_replicate = false;
  bool in_recovery = false;
  // By name, in the units of pg_settings; absent: this server has none of that name.
  std::map<std::string, std::string, std::less<>> settings;
  uint64_t slots_used = 0;
  uint64_t senders_used = 0;
  uint64_t wal_bytes_an_hour = 0;  // on average; 0: not known

  std::optional<Error> replication_error;  // why there is no replication connection
  std::optional<SystemIdentity> identity;  // known by that connection
  std::vector<TimelineSwitch> ancestors;

  std::optional<SlotInfo> slot;
  uint64_t slot_retained = 0;               // bytes of WAL
  std::optional<uint64_t> slot_bytes_left;  // until it is lost; nothing: no limit

  PluginTrial plugin;
  std::string plugin_version;     // of the module, or of the files installed; empty: not known
  std::string extension_version;  // empty: there is none in the database
  std::vector<TableFacts> tables;
  std::vector<std::string> publications;

  std::string_view setting(std::string_view name) const {
    const auto found = settings.find(name);
    return found == settings.end() ? std::string_view() : std::string_view(found->second);
  }
  bool has_setting(std::string_view name) const { return settings.find(name) != settings.end(); }
};

// ---- NATS ----

// Of STREAM.INFO, beside what StreamAnswer has. Limits: -1 or 0, there is none.
struct StreamFacts {
  StreamAnswer answer;
  std::string retention;
  bool transforms = false;
  bool has_sources = false;
  bool writes_markers = false;
  bool republishes = false;
  bool allows_rollup = false;
  bool discards_new = false;
  int64_t messages_max = -1;
  int64_t bytes_max = -1;
  int64_t per_subject_max = -1;
  Duration max_age{0};
  uint64_t bytes = 0;  // stored
};
StreamFacts parse_stream_facts(std::string_view json);

// Of $JS.API.INFO. Limits: -1, there is none.
struct AccountFacts {
  int64_t file_max = -1;
  int64_t memory_max = -1;
  int64_t streams_max = -1;
  int64_t file_used = 0;
  int64_t memory_used = 0;
  int64_t streams_used = 0;
};
// `replicas`: whose tier counts, where limits are by tiers.
AccountFacts parse_account_facts(std::string_view json, int replicas);

struct SinkFacts {
  std::optional<std::string> jetstream_off;  // why
  int64_t max_payload = 0;
  std::optional<AccountFacts> account;  // nothing: we may not ask
  std::optional<StreamFacts> stream;    // nothing: there is none
  std::string stream_problem;           // why it is not known
  std::optional<StreamFacts> bucket;
  std::vector<std::string> overlapping;  // streams that take some of the subjects instead
  std::string api_denied;                // what the server said; empty: nothing
  std::string publish_denied;
  std::string record_denied;
  std::optional<Survey> survey;
  std::string survey_problem;
};

}  // namespace waljet

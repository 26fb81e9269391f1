// What the user has set, and the names that follow from it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "event/plugin_options.h"
#include "streamer/clock.h"
#include "streamer/errors.h"
#include "streamer/header_choice.h"
#include "streamer/nats_access.h"
#include "streamer/option_flags.h"
#include "streamer/resume.h"
#include "streamer/snapshot_start.h"
#include "streamer/stream_config.h"

namespace waljet {

constexpr std::string_view confirm_delay_auto = "auto";
constexpr Duration confirm_delay_max{900'000};

enum class Fencing : uint8_t {
  strict,  // each publish expects the one before it: stored once, in order, one writer
  off,     // the stream may be shared; duplicates are told by the stream's duplicate window
};

// What becomes of an event larger than NATS takes.
enum class Oversize : uint8_t {
  stop,  // nothing is published until it fits
  stub,  // its key is sent in its place
};

// What is stored as one message.
enum class Grouping : uint8_t {
  event,  // each event
  run,    // consecutive events of a transaction that share a subject, up to group_bytes
};
constexpr size_t group_bytes_min = 1024;

// Empty: not set, so that a default applies.
struct RunSettings {
  std::string postgres;  // connection string
  NatsAccess nats;
  std::string name;
  std::string slot;
  std::string stream;
  StreamPlan stream_plan;  // of one that is created
  std::string subject{find_option("subject")->default_value};
  OptionTexts options;  // of the plugin, those of option_flags()
  size_t max_pending = 4096;
  size_t max_pending_bytes = size_t{8} << 20;
  Fencing fencing = Fencing::strict;
  bool message_ids = false;
  HeaderChoice headers;
  std::string confirm_delay{confirm_delay_auto};
  Oversize oversize = Oversize::stop;
  Grouping grouping = Grouping::event;
  size_t group_bytes = size_t{64} << 10;
  SnapshotChoice snapshot = SnapshotChoice::never;
  int snapshot_workers = 2;
  bool accept_gap = false;
  bool accept_divergence = false;
};

struct SlotSettings {
  std::string postgres;
  std::string name;
  std::string slot;
};

struct TailSettings {
  std::string subject;
  std::string postgres;
  NatsAccess nats;
  std::string stream;
  std::string name;
  std::string from = "now";
  uint64_t count = 0;  // 0: no end
};

// Names of one source, all of them known.
struct SourceNames {
  std::string name;
  std::string slot;
  std::string stream;
  std::string stream_subjects;                // of a stream that we create: `<first token>.>`
  std::string source_id;                      // `<name>.<8>`, first part of every event id
  std::vector<std::string> subject_patterns;  // match together all subjects of the events
};

// The defaults need the database's name. Errors are of class `configuration`.
Result<SourceNames> resolve_names(const RunSettings& settings, const std::string& database,
                                  uint64_t system_identifier);
Result<std::string> resolve_slot(const std::string& slot, const std::string& name,
                                 const std::string& database);
// What is wrong with a name that the user gave, as a sentence; empty if nothing.
std::string slot_problem(const std::string& slot);
std::string name_problem(const std::string& name);
std::string stream_of_name(std::string_view name);
// `auto` or a duration.
std::string confirm_delay_problem(const std::string& text);

// What the plugin is told. `event_bytes_max`: what NATS takes as one message, without headers; 0:
// not known. `group_bytes`: the largest group, 0 for none.
OptionList start_options(const RunSettings& settings, const SourceNames& names,
                         int64_t event_bytes_max, uint64_t group_bytes = 0);
// What is wanted of groups, and possible. Where it is not known what NATS takes, nothing is
// grouped.
GroupSizes group_sizes(const RunSettings& settings, const SourceNames& names,
                       int64_t event_bytes_max);

ResumeNames resume_names(const SourceNames& names);
ResumePolicy resume_policy(const RunSettings& settings);

}  // namespace waljet

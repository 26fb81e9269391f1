#include "streamer/status_command.h"

#include <fmt/core.h>
#include <poll.h>

#include <chrono>
#include <cstdio>
#include <utility>

#include "streamer/bucket.h"
#include "streamer/event_time.h"
#include "streamer/log.h"
#include "streamer/record.h"
#include "streamer/source_view.h"
#include "streamer/status_report.h"
#include "streamer/status_text.h"
#include "streamer/stop_signal.h"
#include "streamer/stored_place.h"
#include "streamer/stream_config.h"
#include "streamer/terminal.h"

namespace waljet {
namespace {

constexpr Duration watch_interval{2'000};
// What is not stored is looked at again for so long: the record may be a second behind.
constexpr Duration second_looks_max{1'500};
constexpr Duration second_look_interval{150};

int64_t now_us() {
  const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(since_1970).count();
}

std::string not_readable(std::string_view what) {
  return fmt::format("the {} cannot be read: it was written by a newer waljet; upgrade this one",
                     what);
}

class StatusCommand {
 public:
  StatusCommand(StatusRequest request, const RunSettings& settings, int stop_fd)
      : request_(request), settings_(settings), stop_fd_(stop_fd) {}

  int run();

 private:
  std::optional<Error> look();
  std::optional<Error> look_at_server(StatusFacts& facts);
  std::optional<Error> look_at_sink(StatusFacts& facts);
  std::optional<Error> read_stream(const StatusNames& names, SinkStatus& sink);
  std::optional<Error> read_keys(const std::string& source_id, SinkStatus& sink);
  std::optional<Error> recognize_stream(const StatusNames& names, SinkStatus& sink);
  void guess_names(StatusNames& names) const;
  bool is_settled() const;
  bool show(const StatusReport& report);
  // True: it is time to end.
  bool pause(Duration duration) const;

  StatusRequest request_;
  const RunSettings& settings_;
  int stop_fd_;
  std::optional<SourceView> source_;
  std::optional<Reader> reader_;
  StatusFacts facts_;
  SeenEnds seen_ends_;
  RedrawnLines screen_;
};

int StatusCommand::run() {
  while (true) {
    auto error = look();
    const Instant give_up = std::chrono::steady_clock::now() + second_looks_max;
    while (!error && !is_settled() && std::chrono::steady_clock::now() < give_up) {
      if (pause(second_look_interval)) return exit_done;
      error = look();
    }
    if (error && error->error_class == ErrorClass::interrupted) return exit_done;
    if (error && error->error_class == ErrorClass::configuration) {
      log_error("{}", error->text);
      return exit_usage;
    }
    const StatusReport report = status_report(facts_);
    const bool read = show(report);
    if (!request_.watch) return report.complete ? exit_done : exit_refused;
    if (!read || pause(watch_interval)) return exit_done;
  }
}

// ---- looking ----

// The server first: what it knows as confirmed is then on record.
std::optional<Error> StatusCommand::look() {
  StatusFacts facts;
  facts.names = facts_.names;
  auto server_error = look_at_server(facts);
  if (server_error) {
    facts.server_trouble = fmt::format("PostgreSQL: {}", server_error->text);
    source_.reset();
    guess_names(facts.names);
  }
  std::optional<Error> sink_error;
  const bool end = server_error && server_error->error_class != ErrorClass::retry &&
                   server_error->error_class != ErrorClass::refused;
  if (!end) sink_error = look_at_sink(facts);
  if (sink_error) {
    facts.sink_trouble = fmt::format("NATS: {}", sink_error->text);
    reader_.reset();
  }
  if (const auto stored = stored_position(facts)) {
    facts.stored_since = seen_ends_.age_of(*stored, std::chrono::steady_clock::now());
  }
  facts_ = std::move(facts);
  return server_error ? server_error : sink_error;
}

std::optional<Error> StatusCommand::look_at_server(StatusFacts& facts) {
  if (!source_) {
    auto source = SourceView::connect(settings_, stop_fd_);
    if (!source) return source.error();
    source_ = std::move(*source);
  }
  const SourceNames& names = source_->names();
  facts.names = {names.source_id, names.slot, names.stream};
  const Instant before = std::chrono::steady_clock::now();
  auto status = source_->status();
  if (!status) return status.error();
  seen_ends_.note(status->wal_end, before);
  facts.server = std::move(*status);
  return std::nullopt;
}

// As far as they are known without the server.
void StatusCommand::guess_names(StatusNames& names) const {
  std::string name = settings_.name;
  if (name.empty()) name = database_of_conninfo(settings_.postgres);
  if (names.slot.empty()) names.slot = settings_.slot;
  if (names.stream.empty()) names.stream = settings_.stream;
  if (name.empty()) return;
  if (names.stream.empty()) names.stream = stream_of_name(name);
  if (const auto slot = resolve_slot(names.slot, name, name)) names.slot = *slot;
}

std::optional<Error> StatusCommand::look_at_sink(StatusFacts& facts) {
  if (facts.names.stream.empty()) {
    return Error{ErrorClass::refused, "which stream is not known: name it with --stream", {}, {}};
  }
  if (!reader_) {
    auto reader = Reader::connect(settings_.nats);
    if (!reader) return reader.error();
    reader_ = std::move(*reader);
  }
  SinkStatus sink;
  if (auto error = read_stream(facts.names, sink)) return error;
  if (auto error = read_keys(facts.names.source_id, sink)) return error;
  if (auto error = recognize_stream(facts.names, sink)) return error;
  facts.sink = std::move(sink);
  return std::nullopt;
}

std::optional<Error> StatusCommand::read_stream(const StatusNames& names, SinkStatus& sink) {
  auto json = ask_jetstream(*reader_, "$JS.API.STREAM.INFO." + names.stream, "");
  if (!json) return json.error();
  const StreamAnswer answer = parse_stream_answer(*json);
  if (answer.error && answer.error->code == api_error_stream_not_found) return std::nullopt;
  if (answer.error) return api_error(names.stream, *answer.error);
  sink.stream_exists = true;
  sink.stream_created = answer.state.created;
  sink.last_sequence = answer.state.last_sequence;
  // In a stream that is shared others may have written since.
  const std::string subjects = source_ ? source_->names().stream_subjects : ">";
  auto head = newest_message(*reader_, names.stream, subjects);
  if (!head) return head.error();
  if (head->error_code == 0) {
    sink.last_message =
        LastMessage{head->sequence, head->time, head->event_id, commit_time_us(head->body)};
  }
  return std::nullopt;
}

std::optional<Error> StatusCommand::read_keys(const std::string& source_id, SinkStatus& sink) {
  if (source_id.empty()) return std::nullopt;
  auto record = read_key(*reader_, record_subject(source_id));
  if (!record) return record.error();
  sink.record = parse_record(record->value);
  if (!sink.record && !record->value.empty()) sink.unreadable.push_back(not_readable("record"));
  auto job = read_key(*reader_, job_subject(source_id));
  if (!job) return job.error();
  sink.job = parse_job(job->value);
  if (!sink.job && !job->value.empty()) sink.unreadable.push_back(not_readable("snapshot's job"));
  return std::nullopt;
}

// As the surveyor does: what the stream says of its creation alone does not make it another one.
std::optional<Error> StatusCommand::recognize_stream(const StatusNames& names, SinkStatus& sink) {
  const auto& record = sink.record;
  if (!sink.stream_exists || !record || record->stream != names.stream) return std::nullopt;
  const bool is_known = record->stream_created == sink.stream_created;
  if (is_known || record->newest_sequence == 0) return std::nullopt;
  auto head = message_at(*reader_, names.stream, record->newest_sequence);
  if (!head) return head.error();
  if (stands_there(*head, names.source_id, record->newest_event)) {
    sink.stream_created = record->stream_created;
  }
  return std::nullopt;
}

// A second look would tell no more.
bool StatusCommand::is_settled() const {
  const auto stored = stored_position(facts_);
  const bool active = facts_.server && facts_.server->slot && facts_.server->slot->active;
  return !active || !stored || *stored >= facts_.server->wal_end || facts_.stored_since;
}

// ---- showing ----

bool StatusCommand::show(const StatusReport& report) {
  std::vector<std::string> lines = request_.json ? std::vector<std::string>{status_json(report)}
                                                 : status_lines(report, now_us());
  const bool redrawn = request_.watch && !request_.json && screen_.on_terminal();
  if (redrawn) {
    for (const std::string& reason : report.reasons) lines.push_back("! " + reason);
    return screen_.draw(lines);
  }
  for (const std::string& line : lines) fmt::print("{}\n", line);
  if (request_.watch && !request_.json) fmt::print("\n");
  std::fflush(stdout);
  for (const std::string& reason : report.reasons) fmt::print(stderr, "waljet: {}\n", reason);
  return std::ferror(stdout) == 0;
}

bool StatusCommand::pause(Duration duration) const {
  pollfd stop{stop_fd_, POLLIN, 0};
  return poll(&stop, 1, static_cast<int>(duration.count())) > 0;
}

}  // namespace

int status_command(const StatusRequest& request, const RunSettings& settings) {
  return StatusCommand(request, settings, catch_stop_signals()).run();
}

}  // namespace waljet

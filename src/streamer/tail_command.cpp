#include "streamer/tail_command.h"

#include <fmt/core.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <random>

#include "event/subject.h"
#include "streamer/backoff.h"
#include "streamer/event_printer.h"
#include "streamer/jetstream.h"
#include "streamer/log.h"
#include "streamer/replication.h"
#include "streamer/row_place.h"
#include "streamer/stop_signal.h"
#include "streamer/stream_config.h"
#include "streamer/time_text.h"

namespace waljet {
namespace {

constexpr Duration backoff_first{200};
constexpr Duration backoff_longest{5'000};
constexpr Duration patience{200};  // also how long a signal may wait

struct Beginning {
  bool now = false;
  ReadFrom from;
};

Error configuration(std::string text) {
  return {ErrorClass::configuration, std::move(text), {}, {}};
}

Result<Beginning> parse_from(const std::string& text) {
  if (text == "now") return Beginning{true, {}};
  uint64_t sequence = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), sequence);
  if (problem == std::errc{} && end == text.data() + text.size() && sequence > 0) {
    return Beginning{false, {sequence, std::nullopt}};
  }
  if (const auto time_ns = parse_rfc3339_ns(text)) return Beginning{false, {std::nullopt, time_ns}};
  return configuration(
      fmt::format("--from: \"{}\" is neither a sequence, nor an RFC 3339 time such as "
                  "2026-01-31T12:00:00Z, nor now",
                  text));
}

class Tail {
 public:
  Tail(const TailSettings& settings, Beginning beginning, int stop_fd)
      : settings_(settings),
        beginning_(beginning),
        stop_fd_(stop_fd),
        stream_(stream_from_settings(settings)),
        to_terminal_(isatty(STDOUT_FILENO) != 0),
        colored_(to_terminal_ && std::getenv("NO_COLOR") == nullptr) {}

  int run();

 private:
  static std::string stream_from_settings(const TailSettings& settings);
  std::optional<Error> read();
  std::optional<Error> find_stream(Reader& reader);
  std::optional<Error> subscribe(Reader& reader);
  std::optional<Error> print_all(Reader& reader);
  bool print(const StoredMessage& message);
  void print_line(std::string_view body);
  bool finished() const { return settings_.count > 0 && printed_ >= settings_.count; }

  const TailSettings& settings_;
  Beginning beginning_;
  int stop_fd_;
  std::string stream_;
  bool to_terminal_;
  bool colored_;
  bool output_closed_ = false;
  uint64_t last_sequence_ = 0;  // of what was printed, or came before the beginning
  bool began_ = false;
  uint64_t printed_ = 0;
  TroubleLog trouble_log_;
  Backoff backoff_{backoff_first, backoff_longest};
};

std::string Tail::stream_from_settings(const TailSettings& settings) {
  if (!settings.stream.empty()) return settings.stream;
  if (!settings.name.empty()) return stream_of_name(settings.name);
  const std::string database = database_of_conninfo(settings.postgres);
  return database.empty() ? std::string() : stream_of_name(database);
}

int Tail::run() {
  std::mt19937 random{std::random_device{}()};
  std::uniform_real_distribution<> chance(0, 1);
  while (true) {
    const auto error = read();
    std::fflush(stdout);
    if (!error || error->error_class == ErrorClass::interrupted) return exit_done;
    if (error->error_class != ErrorClass::retry) {
      log_error("{}", error->text);
      return exit_code(error->error_class);
    }
    trouble_log_.trouble(error->text);
    pollfd stop{stop_fd_, POLLIN, 0};
    if (poll(&stop, 1, static_cast<int>(backoff_.take(chance(random)).count())) > 0) {
      return exit_done;
    }
  }
}

// One connection's worth of reading. No error: nothing is left to do.
std::optional<Error> Tail::read() {
  auto reader = Reader::connect(settings_.nats);
  if (!reader) return reader.error();
  if (stream_.empty()) {
    if (auto error = find_stream(*reader)) return error;
  }
  if (auto error = subscribe(*reader)) return error;
  trouble_log_.over("NATS is back");
  return print_all(*reader);
}

// Takes the only stream that covers the subject, where nothing names one.
std::optional<Error> Tail::find_stream(Reader& reader) {
  const std::string subject = settings_.subject.empty() ? ">" : settings_.subject;
  auto reply = reader.request("$JS.API.STREAM.NAMES", stream_names_request(subject));
  if (!reply) return reply.error();
  if (reply->no_responders) {
    return Error{ErrorClass::retry, "nobody answers for JetStream in NATS", {}, {}};
  }
  const NamesAnswer answer = parse_names_answer(reply->json);
  if (answer.error) return api_error("", *answer.error);
  if (answer.names.size() != 1) {
    return configuration(fmt::format("{} streams hold {}: name one with --stream or --name",
                                     answer.names.empty() ? "no" : "several", subject));
  }
  stream_ = answer.names[0];
  return std::nullopt;
}

std::optional<Error> Tail::subscribe(Reader& reader) {
  auto reply = reader.request("$JS.API.STREAM.INFO." + stream_, "");
  if (!reply) return reply.error();
  if (reply->no_responders) {
    return Error{ErrorClass::retry, "nobody answers for JetStream in NATS", {}, {}};
  }
  const StreamAnswer answer = parse_stream_answer(reply->json);
  if (answer.error && answer.error->code == api_error_stream_not_found) {
    return Error{ErrorClass::refused,
                 fmt::format("there is no stream {}: `waljet run` creates it, --stream names "
                             "another",
                             stream_),
                 {},
                 {}};
  }
  if (answer.error) return api_error(stream_, *answer.error);
  if (!began_ && beginning_.now) last_sequence_ = answer.state.last_sequence;
  ReadFrom from = beginning_.from;
  if (began_ || beginning_.now) from = {last_sequence_ + 1, std::nullopt};
  if (auto error =
          reader.subscribe(stream_, settings_.subject.empty() ? ">" : settings_.subject, from)) {
    return error;
  }
  began_ = began_ || beginning_.now;
  return std::nullopt;
}

std::optional<Error> Tail::print_all(Reader& reader) {
  while (!finished() && !output_closed_) {
    auto message = reader.next(Duration{0});
    if (message && !*message) {
      // Nothing is at hand, so what was printed may be looked at.
      std::fflush(stdout);
      message = reader.next(patience);
    }
    if (!message) return message.error();
    if (stop_signalled(stop_fd_)) return std::nullopt;
    if (*message) output_closed_ = !print(**message);
  }
  return std::nullopt;
}

// False: nobody reads any more. A group has an event on each of its lines; an event alone has one.
bool Tail::print(const StoredMessage& message) {
  if (began_ && message.sequence <= last_sequence_) return true;
  began_ = true;
  last_sequence_ = message.sequence;
  backoff_.reset();
  if (message.id.ends_with(fence_id_word)) return true;
  std::string_view rest = message.body;
  while (!finished()) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    print_line(rest.substr(0, end));
    if (end == rest.size()) break;
    rest.remove_prefix(end + 1);
  }
  return std::ferror(stdout) == 0;
}

void Tail::print_line(std::string_view body) {
  ++printed_;
  const std::string line = to_terminal_ ? print_event(body, colored_) : std::string(body);
  std::fwrite(line.data(), 1, line.size(), stdout);
  std::fputc('\n', stdout);
}

}  // namespace

int tail_command(const TailSettings& settings) {
  std::optional<Error> problem = check_conninfo(settings.postgres);
  auto beginning = parse_from(settings.from);
  if (!problem && !beginning) problem = beginning.error();
  if (problem) {
    log_error("{}", problem->text);
    return exit_code(problem->error_class);
  }
  return Tail(settings, *beginning, catch_stop_signals()).run();
}

}  // namespace waljet

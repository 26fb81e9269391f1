#include "streamer/run_command.h"

#include <malloc.h>

#include <optional>
#include <random>
#include <thread>
#include <utility>

#include "event/subject.h"
#include "streamer/handoff.h"
#include "streamer/live_configuration.h"
#include "streamer/log.h"
#include "streamer/publisher.h"
#include "streamer/source.h"
#include "streamer/stop_signal.h"
#include "streamer/time_text.h"

namespace waljet {
namespace {

PublisherSettings publisher_settings(const RunSettings& settings, const SourceNames& names) {
  PublisherSettings publisher;
  publisher.nats = settings.nats;
  publisher.stream_subjects = names.stream_subjects;
  publisher.stream_plan = settings.stream_plan;
  publisher.subject_patterns = names.subject_patterns;
  publisher.message_ids = settings.message_ids || settings.fencing == Fencing::off;
  publisher.headers = settings.headers;
  publisher.pump.names = resume_names(names);
  publisher.pump.limits = {settings.max_pending, settings.max_pending_bytes};
  publisher.pump.policy = resume_policy(settings);
  publisher.pump.writer = std::random_device{}();
  publisher.reader = {settings.postgres, names.slot, {}, settings.snapshot_workers};
  if (settings.confirm_delay != confirm_delay_auto) {
    publisher.pump.confirm_delay = parse_duration(settings.confirm_delay);
  }
  return publisher;
}

void warn_of_ambiguous_subjects(const std::string& text) {
  constexpr std::string_view any_name = "name";
  SubjectTemplate subject;
  if (!subject.parse(text, any_name).empty() || subject.is_reversible()) return;
  log_warning(
      "--subject: in \"{}\" a variable is only part of a token: two tables may share a subject, "
      "and "
      "a subject cannot be read back",
      text);
}

// What one thread allocates another one frees here, all day long: with an arena for each thread
// memory would be kept in each of them, and what is free at the end of the heap would be given back
// to the kernel and taken again with every chunk.
void limit_memory() {
  constexpr int kept_bytes = 2 << 20;
  mallopt(M_ARENA_MAX, 1);
  mallopt(M_TRIM_THRESHOLD, kept_bytes);
}

}  // namespace

int run_command(const RunSettings& settings, ConfigurationSources sources,
                const Configuration& configuration) {
  if (auto error = check_conninfo(settings.postgres)) {
    log_error("{}", error->text);
    return exit_code(error->error_class);
  }
  warn_of_ambiguous_subjects(settings.subject);
  limit_memory();
  const int stop_fd = catch_stop_signals();
  LiveConfiguration live(std::move(sources), configuration, catch_reload_signal());
  Handoff handoff;
  std::optional<Publisher> publisher;
  std::jthread publisher_thread;  // joined first, when everything it uses still lives
  Source source(settings, live, handoff, stop_fd, [&](const SourceNames& names) {
    publisher.emplace(publisher_settings(settings, names), handoff);
    publisher_thread = std::jthread([&publisher] { publisher->run(); });
  });
  return source.run();
}

}  // namespace waljet

#include "streamer/run_command.h"

#include <optional>
#include <thread>

#include "event/subject.h"
#include "streamer/handoff.h"
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
  publisher.subject_patterns = names.subject_patterns;
  publisher.message_ids = settings.message_ids || settings.fencing == Fencing::off;
  publisher.pump.names = resume_names(names);
  publisher.pump.limits = {settings.max_pending, settings.max_pending_bytes};
  publisher.pump.policy = resume_policy(settings);
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

}  // namespace

int run_command(const RunSettings& settings) {
  if (auto error = check_conninfo(settings.postgres)) {
    log_error("{}", error->text);
    return exit_code(error->error_class);
  }
  warn_of_ambiguous_subjects(settings.subject);
  const int stop_fd = catch_stop_signals();
  Handoff handoff;
  std::optional<Publisher> publisher;
  std::jthread publisher_thread;  // joined first, when everything it uses still lives
  Source source(settings, handoff, stop_fd, [&](const SourceNames& names) {
    publisher.emplace(publisher_settings(settings, names), handoff);
    publisher_thread = std::jthread([&publisher] { publisher->run(); });
  });
  return source.run();
}

}  // namespace waljet

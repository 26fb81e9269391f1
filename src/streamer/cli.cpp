#include "streamer/cli.h"

#include <CLI/CLI.hpp>
#include <map>
#include <string>

#include "streamer/errors.h"
#include "streamer/log.h"
#include "streamer/option_flags.h"
#include "streamer/run_command.h"
#include "streamer/settings.h"
#include "streamer/slot_command.h"
#include "streamer/tail_command.h"

namespace waljet {
namespace {

struct CommandLine {
  RunSettings run;
  TailSettings tail;
  SlotSettings slot;
  std::string log_level = "info";
};

void add_postgres(CLI::App& command, std::string& postgres) {
  command
      .add_option("--postgres", postgres,
                  "PostgreSQL, as a URI or keyword string; default: libpq's environment")
      ->envname("WALJET_SOURCE_URI")
      ->type_name("CONNINFO");
}

void add_nats(CLI::App& command, std::string& nats) {
  command.add_option("--nats", nats, "NATS server, or several separated by commas")
      ->envname("WALJET_SINK_URL")
      ->type_name("URL")
      ->capture_default_str();
}

void add_name(CLI::App& command, std::string& name) {
  command.add_option("--name", name, "logical name of the source; default: the database's name")
      ->envname("WALJET_SOURCE_NAME")
      ->check(CLI::Validator(name_problem, ""))
      ->type_name("NAME");
}

void add_slot(CLI::App& command, std::string& slot) {
  command.add_option("--slot", slot, "replication slot; default: waljet_ and the name")
      ->envname("WALJET_SOURCE_SLOT")
      ->check(CLI::Validator(slot_problem, ""))
      ->type_name("SLOT");
}

void add_stream(CLI::App& command, std::string& stream) {
  command.add_option("--stream", stream, "JetStream stream; default: the name")
      ->envname("WALJET_SINK_STREAM_NAME")
      ->type_name("STREAM");
}

void add_log_level(CLI::App& command, std::string& log_level) {
  const std::vector<std::string> levels(std::begin(log_levels), std::end(log_levels));
  command.add_option("--log-level", log_level, "least severe lines to log")
      ->envname("WALJET_LOG_LEVEL")
      ->check(CLI::IsMember(levels))
      ->capture_default_str();
}

// Values are checked before anything is connected to; the plugin has the last word on them.
CLI::Validator check_of(const OptionSpec& spec) {
  return CLI::Validator(
      [&spec](const std::string& value) {
        return value.empty() ? std::string() : option_problem(spec, value);
      },
      "");
}

void add_plugin_options(CLI::App& command, RunSettings& run) {
  command.add_option("--subject", run.subject, "template of the events' subjects")
      ->envname("WALJET_SINK_SUBJECT")
      ->check(check_of(*find_option("subject")))
      ->type_name("TEMPLATE")
      ->capture_default_str();
  for (const OptionFlag& option : option_flags()) {
    command.add_option(option.flag, run.options[std::string(option.spec->name)], option.help)
        ->envname(option.environment)
        ->check(check_of(*option.spec))
        ->type_name(option.value_name)
        ->group("Plugin options");
  }
}

void add_window(CLI::App& command, RunSettings& run) {
  constexpr size_t max_pending_max = 65'536;  // twice as many are read back at a start
  command.add_option("--max-pending", run.max_pending, "events in flight to NATS, at most")
      ->envname("WALJET_SINK_MAX_PENDING")
      ->check(CLI::Range(size_t{1}, max_pending_max))
      ->capture_default_str();
  command
      .add_option("--max-pending-bytes", run.max_pending_bytes,
                  "their size, at most; k, M, G and KiB, MiB, GiB count by 1024 [8MiB]")
      ->envname("WALJET_SINK_MAX_PENDING_BYTES")
      ->transform(CLI::AsSizeValue(false))
      ->type_name("SIZE");
}

void add_delivery(CLI::App& command, RunSettings& run) {
  const std::map<std::string, Fencing> fencings{{"strict", Fencing::strict}, {"off", Fencing::off}};
  command
      .add_option("--fencing", run.fencing,
                  "strict: stored once, in order, whatever fails; off: for a stream with other "
                  "writers, a weaker promise [strict]")
      ->envname("WALJET_SINK_FENCING")
      ->transform(CLI::Transformer(fencings, CLI::ignore_case))
      ->type_name("strict|off");
  command
      .add_flag("--msg-id", run.message_ids, "send Nats-Msg-Id as well; always with --fencing off")
      ->envname("WALJET_SINK_MSG_ID");
  command
      .add_option("--confirm-delay", run.confirm_delay,
                  "confirm to PostgreSQL so much later, for a broker that loses its latest writes; "
                  "auto: 150s on one file replica")
      ->envname("WALJET_SINK_CONFIRM_DELAY")
      ->check(CLI::Validator(confirm_delay_problem, ""))
      ->type_name("DURATION")
      ->capture_default_str();
  const std::map<std::string, Oversize> oversizes{{"stop", Oversize::stop},
                                                  {"stub", Oversize::stub}};
  command
      .add_option("--oversize", run.oversize,
                  "an event larger than NATS takes: stop until it fits, or send a stub [stop]")
      ->envname("WALJET_SINK_OVERSIZE")
      ->transform(CLI::Transformer(oversizes, CLI::ignore_case))
      ->type_name("stop|stub");
  command.add_flag("--accept-gap", run.accept_gap,
                   "go on though changes are missing that cannot be read any more");
  command.add_flag("--accept-divergence", run.accept_divergence,
                   "go on though the stream holds events of another history");
}

void add_grouping(CLI::App& command, RunSettings& run) {
  const std::map<std::string, Grouping> groupings{{"event", Grouping::event},
                                                  {"run", Grouping::run}};
  command
      .add_option("--grouping", run.grouping,
                  "event: a message for each event; run: one for consecutive events of a "
                  "transaction that share a subject, a line each [event]")
      ->envname("WALJET_SINK_GROUPING")
      ->transform(CLI::Transformer(groupings, CLI::ignore_case))
      ->type_name("event|run");
  command
      .add_option("--group-bytes", run.group_bytes,
                  "the largest message of --grouping run, from 1KiB to 8MiB [64KiB]")
      ->envname("WALJET_SINK_GROUP_BYTES")
      ->transform(CLI::AsSizeValue(false))
      ->check(CLI::Range(group_bytes_min, size_t{group_bytes_max}))
      ->type_name("SIZE");
}

void declare_run(CLI::App& app, CommandLine& line, int& code) {
  CLI::App* command = app.add_subcommand("run", "Stream committed changes into JetStream");
  add_postgres(*command, line.run.postgres);
  add_nats(*command, line.run.nats);
  add_name(*command, line.run.name);
  add_slot(*command, line.run.slot);
  add_stream(*command, line.run.stream);
  add_plugin_options(*command, line.run);
  add_window(*command, line.run);
  add_delivery(*command, line.run);
  add_grouping(*command, line.run);
  add_log_level(*command, line.log_level);
  command->callback([&] {
    start_log(line.log_level);
    code = run_command(line.run);
  });
}

void declare_tail(CLI::App& app, CommandLine& line, int& code) {
  CLI::App* command = app.add_subcommand(
      "tail", "Print events from the stream; in a pipe each line is one event, nothing added");
  command->add_option("subject", line.tail.subject, "only these subjects; default: all")
      ->type_name("SUBJECT");
  add_nats(*command, line.tail.nats);
  add_stream(*command, line.tail.stream);
  add_name(*command, line.tail.name);
  add_postgres(*command, line.tail.postgres);
  command->add_option("--from", line.tail.from, "first event: a sequence, an RFC 3339 time, or now")
      ->type_name("WHERE")
      ->capture_default_str();
  command->add_option("--count", line.tail.count, "end after so many events; 0: never")
      ->check(CLI::NonNegativeNumber)
      ->type_name("N");
  add_log_level(*command, line.log_level);
  command->callback([&] {
    start_log(line.log_level);
    code = tail_command(line.tail);
  });
}

void declare_slot(CLI::App& app, CommandLine& line, int& code) {
  CLI::App* command = app.add_subcommand("slot", "Create or drop the replication slot");
  command->require_subcommand(1);
  const auto declare = [&](const char* name, const char* text, SlotAction action) {
    CLI::App* verb = command->add_subcommand(name, text);
    add_postgres(*verb, line.slot.postgres);
    add_slot(*verb, line.slot.slot);
    add_name(*verb, line.slot.name);
    add_log_level(*verb, line.log_level);
    verb->callback([&line, &code, action] {
      start_log(line.log_level);
      code = slot_command(action, line.slot);
    });
  };
  declare("create", "Create the slot", SlotAction::create);
  declare("drop", "Drop the slot: the server stops keeping WAL for it", SlotAction::drop);
}

}  // namespace

int run_cli(int argc, char** argv) {
  CLI::App app("Committed PostgreSQL changes as events in NATS JetStream", "waljet");
  app.set_version_flag("--version", "waljet " WALJET_VERSION);
  app.require_subcommand(1);
  CommandLine line;
  int code = exit_done;
  declare_run(app, line, code);
  declare_tail(app, line, code);
  declare_slot(app, line, code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // Help and version are "errors" with code 0; every other one is a mistake in usage.
    return app.exit(error) == 0 ? exit_done : exit_usage;
  }
  return code;
}

}  // namespace waljet

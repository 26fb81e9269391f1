#include "streamer/cli.h"

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstring>
#include <deque>
#include <span>
#include <string>
#include <vector>

#include "streamer/check_command.h"
#include "streamer/configuration.h"
#include "streamer/configuration_text.h"
#include "streamer/configured.h"
#include "streamer/errors.h"
#include "streamer/log.h"
#include "streamer/run_command.h"
#include "streamer/secret_text.h"
#include "streamer/slot_command.h"
#include "streamer/snapshot_command.h"
#include "streamer/status_command.h"
#include "streamer/tail_command.h"

namespace waljet {
namespace {

// ---- settings as flags ----

// What the flags of one command were given; addresses stay, CLI11 writes into it.
struct SettingFlags {
  struct Flag {
    const Setting* setting = nullptr;
    std::string text;
    CLI::Option* option = nullptr;
  };
  std::deque<Flag> flags;
  std::string file;
};

// The declared sentence is written for a document.
std::string help_of(const Setting& setting) {
  const bool described = setting.default_text.empty();
  std::string help = fmt::format("{} [{}]", setting.sentence,
                                 described ? setting.default_note : setting.default_text);
  std::erase(help, '`');
  return help;
}

void add_setting_flags(CLI::App& command, uint8_t which, SettingFlags& settings) {
  command.add_option("-c,--config", settings.file, "read this YAML file; flags and variables win")
      ->type_name("FILE");
  for (const Setting& setting : setting_table()) {
    if ((setting.commands & which) == 0) continue;
    SettingFlags::Flag& flag = settings.flags.emplace_back();
    flag.setting = &setting;
    if (setting.type == SettingType::flag) {
      flag.option = command.add_flag(setting.flag, flag.text, help_of(setting));
    } else {
      flag.option = command.add_option(setting.flag, flag.text, help_of(setting));
      flag.option->type_name(setting.value_name);
    }
    const bool of_plugin = setting.option != nullptr && setting.problem == nullptr;
    if (of_plugin) flag.option->group("Plugin options");
  }
}

ConfigurationSources sources_of(const SettingFlags& settings) {
  ConfigurationSources sources;
  sources.file = settings.file;
  sources.environment = waljet_environment();
  for (const SettingFlags::Flag& flag : settings.flags) {
    if (flag.option->count() > 0) sources.flags.push_back({flag.setting, flag.text});
  }
  return sources;
}

// Loads the configuration and goes on with it; the exit code.
template <typename Act>
int configured(const SettingFlags& settings, const Act& act) {
  const auto configuration = load_configuration(sources_of(settings));
  if (!configuration) {
    fmt::print(stderr, "waljet: {}\n", configuration.error().text);
    return exit_usage;
  }
  start_log(configuration->text("log.level"), configuration->text("log.format") == "json");
  for (const std::string& sentence : unknown_variables(waljet_environment())) {
    log_warning("{}", sentence);
  }
  return act(*configuration);
}

// ---- commands ----

struct CommandLine {
  SettingFlags run_flags;
  bool print_configuration = false;
  bool accept_gap = false;
  bool accept_divergence = false;
  SettingFlags check_flags;
  bool check_json = false;
  SettingFlags tail_flags;
  TailSettings tail;
  SettingFlags slot_create_flags;
  SettingFlags slot_drop_flags;
  SettingFlags snapshot_flags;
  SnapshotRequest snapshot;
  bool snapshot_no_wait = false;
  SettingFlags status_flags;
  StatusRequest status;
};

int run(const CommandLine& line, const Configuration& configuration) {
  if (line.print_configuration) {
    fmt::print("{}", configuration_text(configuration));
    return exit_done;
  }
  RunSettings settings = run_settings(configuration);
  settings.accept_gap = line.accept_gap;
  settings.accept_divergence = line.accept_divergence;
  return run_command(settings, sources_of(line.run_flags), configuration);
}

void declare_run(CLI::App& app, CommandLine& line, int& code) {
  CLI::App* command = app.add_subcommand("run", "Stream committed changes into JetStream");
  add_setting_flags(*command, for_run, line.run_flags);
  command->add_flag("--print-config", line.print_configuration,
                    "print all settings and where they come from, and end");
  command->add_flag("--accept-gap", line.accept_gap,
                    "go on though changes are missing that cannot be read any more");
  command->add_flag("--accept-divergence", line.accept_divergence,
                    "go on though the stream holds events of another history");
  command->callback([&] {
    code = configured(line.run_flags,
                      [&](const Configuration& configuration) { return run(line, configuration); });
  });
}

int check(const CommandLine& line, const Configuration& configuration) {
  constexpr std::string_view snapshot = "source.snapshot";
  CheckSettings settings;
  settings.run = run_settings(configuration);
  settings.snapshot = find_setting(snapshot) != nullptr && configuration.text(snapshot) != "never";
  settings.json = line.check_json;
  return check_command(settings);
}

void declare_check(CLI::App& app, CommandLine& line, int& code) {
  CLI::App* command = app.add_subcommand(
      "check", "Look for everything that would hurt `waljet run` with the same settings");
  add_setting_flags(*command, for_run, line.check_flags);
  command->add_flag("--json", line.check_json, "print the findings as JSON");
  command->callback([&] {
    code = configured(line.check_flags, [&](const Configuration& configuration) {
      return check(line, configuration);
    });
  });
}

int tail(const CommandLine& line, const Configuration& configuration) {
  TailSettings settings = tail_settings(configuration);
  settings.subject = line.tail.subject;
  settings.from = line.tail.from;
  settings.count = line.tail.count;
  return tail_command(settings);
}

void declare_tail(CLI::App& app, CommandLine& line, int& code) {
  CLI::App* command = app.add_subcommand(
      "tail", "Print events from the stream; in a pipe each line is one event, nothing added");
  command->add_option("subject", line.tail.subject, "only these subjects; default: all")
      ->type_name("SUBJECT");
  add_setting_flags(*command, for_tail, line.tail_flags);
  command->add_option("--from", line.tail.from, "first event: a sequence, an RFC 3339 time, or now")
      ->type_name("WHERE")
      ->capture_default_str();
  command->add_option("--count", line.tail.count, "end after so many events; 0: never")
      ->check(CLI::NonNegativeNumber)
      ->type_name("N");
  command->callback([&] {
    code = configured(line.tail_flags, [&](const Configuration& configuration) {
      return tail(line, configuration);
    });
  });
}

void declare_slot(CLI::App& app, CommandLine& line, int& code) {
  CLI::App* command = app.add_subcommand("slot", "Create or drop the replication slot");
  command->require_subcommand(1);
  const auto declare = [&](const char* name, const char* text, SlotAction action,
                           SettingFlags& flags) {
    CLI::App* verb = command->add_subcommand(name, text);
    add_setting_flags(*verb, for_slot, flags);
    verb->callback([&flags, &code, action] {
      code = configured(flags, [&](const Configuration& configuration) {
        return slot_command(action, slot_settings(configuration));
      });
    });
  };
  declare("create", "Create the slot", SlotAction::create, line.slot_create_flags);
  declare("drop", "Drop the slot: the server stops keeping WAL for it", SlotAction::drop,
          line.slot_drop_flags);
}

void declare_snapshot(CLI::App& app, CommandLine& line, int& code) {
  CLI::App* command = app.add_subcommand(
      "snapshot", "Have the running pipeline publish rows that tables hold already");
  command->add_option("--tables", line.snapshot.tables, "these tables: schema.table, * and ?")
      ->type_name("LIST");
  command->add_option("--where", line.snapshot.where, "only rows for which this is true")
      ->type_name("PREDICATE");
  command->add_option("--rate", line.snapshot.rate, "rows per second, at most [no limit]")
      ->check(CLI::PositiveNumber)
      ->type_name("N");
  CLI::Option* follow =
      command->add_flag("--follow", line.snapshot.wait,
                        "show progress to the end: what happens without --no-wait as well");
  command->add_flag("--no-wait", line.snapshot_no_wait, "end once the pipeline has begun")
      ->excludes(follow);
  command->add_flag("--json", line.snapshot.json, "progress as JSON objects, one a line");
  add_setting_flags(*command, for_snapshot, line.snapshot_flags);
  const auto declare = [&](const char* name, const char* text, SnapshotVerb verb) {
    CLI::App* action = command->add_subcommand(name, text)->fallthrough();
    action->callback([&line, verb] { line.snapshot.verb = verb; });
  };
  declare("pause", "Read no further until it is resumed", SnapshotVerb::pause);
  declare("resume", "Go on with what was paused", SnapshotVerb::resume);
  declare("cancel", "End what is under way; what is published stays", SnapshotVerb::cancel);
  command->require_subcommand(0, 1);
  command->final_callback([&] {
    line.snapshot.wait = !line.snapshot_no_wait;  // --follow says what happens anyway
    code = configured(line.snapshot_flags, [&](const Configuration& configuration) {
      return snapshot_command(line.snapshot, run_settings(configuration));
    });
  });
}

void declare_status(CLI::App& app, CommandLine& line, int& code) {
  CLI::App* command =
      app.add_subcommand("status", "How far the pipeline is: slot, stream, snapshot");
  command->add_flag("--json", line.status.json, "one JSON object");
  command->add_flag("--watch", line.status.watch, "again every 2 s, until stopped");
  add_setting_flags(*command, for_status, line.status_flags);
  command->callback([&] {
    code = configured(line.status_flags, [&](const Configuration& configuration) {
      return status_command(line.status, run_settings(configuration));
    });
  });
}

// ---- the process title ----

std::string shown_value(const Setting& setting, std::string_view value) {
  switch (setting.secrecy) {
    case Secrecy::none: return std::string(value);
    case Secrecy::whole: return std::string(hidden_text);
    case Secrecy::nats_url: return hidden_nats_url(value);
    case Secrecy::connection: return hidden_connection(value);
  }
  return {};
}

// Whoever may list processes reads the arguments where they lie.
void overwrite(char* value, std::string shown) {
  const size_t bytes = std::strlen(value);
  shown.resize(bytes, '*');
  std::memcpy(value, shown.data(), bytes);
}

void hide_secrets(std::span<char*> arguments) {
  for (const Setting& setting : setting_table()) {
    if (setting.flag.empty() || !setting.is_secret()) continue;
    const std::string with_value = setting.flag + "=";
    for (size_t i = 0; i < arguments.size(); ++i) {
      char* value = nullptr;
      if (arguments[i] == setting.flag && i + 1 < arguments.size()) value = arguments[i + 1];
      if (std::string_view(arguments[i]).starts_with(with_value)) {
        value = arguments[i] + with_value.size();
      }
      if (value == nullptr) continue;
      const std::string shown = shown_value(setting, value);
      if (shown != value) overwrite(value, shown);
    }
  }
}

}  // namespace

int run_cli(int argc, char** argv) {
  CLI::App app("Committed PostgreSQL changes as events in NATS JetStream", "waljet");
  app.set_version_flag("--version", "waljet " WALJET_VERSION);
  app.require_subcommand(1);
  CommandLine line;
  int code = exit_done;
  declare_run(app, line, code);
  declare_check(app, line, code);
  declare_tail(app, line, code);
  declare_slot(app, line, code);
  declare_snapshot(app, line, code);
  declare_status(app, line, code);
  const std::span<char*> given(argv + 1, static_cast<size_t>(argc > 0 ? argc - 1 : 0));
  std::vector<std::string> arguments(given.rbegin(), given.rend());  // CLI11 takes the last first
  hide_secrets(given);
  try {
    app.parse(arguments);
  } catch (const CLI::ParseError& error) {
    // Help and version are "errors" with code 0; every other one is a mistake in usage.
    return app.exit(error) == 0 ? exit_done : exit_usage;
  }
  return code;
}

}  // namespace waljet

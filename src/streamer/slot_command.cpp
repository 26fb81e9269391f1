#include "streamer/slot_command.h"

#include <fmt/core.h>

#include <cstdio>

#include "streamer/log.h"
#include "streamer/replication.h"
#include "streamer/slot.h"
#include "streamer/stop_signal.h"

namespace waljet {
namespace {

constexpr Duration connect_timeout{10'000};

std::optional<Error> create(Server& server, const std::string& slot) {
  if (auto error = server.check_settings()) return error;
  auto existing = server.find_slot(slot);
  if (!existing) return existing.error();
  if (*existing) {
    return Error{ErrorClass::refused, fmt::format("slot {} exists already", slot), {}, {}};
  }
  if (auto error = server.create_slot(slot)) return error;
  fmt::print("created slot {}\n", slot);
  return std::nullopt;
}

std::optional<Error> drop(Server& server, const std::string& slot) {
  auto existing = server.find_slot(slot);
  if (!existing) return existing.error();
  if (!*existing) {
    return Error{ErrorClass::refused, fmt::format("there is no slot {}", slot), {}, {}};
  }
  if ((*existing)->plugin != plugin_name) {
    return Error{ErrorClass::refused,
                 fmt::format("slot {} does not belong to waljet: not dropped", slot),
                 {},
                 {}};
  }
  if (auto error = server.drop_slot(slot)) return error;
  fmt::print("dropped slot {}\n", slot);
  return std::nullopt;
}

std::optional<Error> act(SlotAction action, const SlotSettings& settings, int stop_fd) {
  if (auto error = check_conninfo(settings.postgres)) return error;
  const Instant deadline = std::chrono::steady_clock::now() + connect_timeout;
  auto connection = connect(settings.postgres, ConnectionKind::replication, deadline, stop_fd);
  if (!connection) return connection.error();
  auto slot = resolve_slot(settings.slot, settings.name, connection->database());
  if (!slot) return slot.error();
  Server server(*connection, stop_fd);
  return action == SlotAction::create ? create(server, *slot) : drop(server, *slot);
}

}  // namespace

int slot_command(SlotAction action, const SlotSettings& settings) {
  const auto error = act(action, settings, catch_stop_signals());
  if (!error) return exit_done;
  log_error("{}", error->text);
  return error->error_class == ErrorClass::configuration ? exit_usage : exit_refused;
}

}  // namespace waljet

#include "streamer/live_configuration.h"

#include <fmt/core.h>
#include <fmt/ranges.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>
#include <vector>

#include "event/sha256.h"
#include "streamer/configuration_check.h"
#include "streamer/configured.h"
#include "streamer/log.h"
#include "streamer/stop_signal.h"
#include "streamer/text_file.h"

namespace waljet {
namespace {

constexpr size_t file_bytes_max = size_t{1} << 20;

bool is_of_filter(std::string_view path) {
  return path.starts_with("filter.");
}
bool is_of_log(std::string_view path) {
  return path.starts_with("log.");
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

int readable_when_one_is(std::initializer_list<int> fds) {
  const int all = epoll_create1(EPOLL_CLOEXEC);
  if (all < 0) throw std::system_error(errno, std::generic_category(), "epoll");
  for (const int fd : fds) {
    epoll_event event{};
    event.events = EPOLLIN;
    if (fd >= 0) epoll_ctl(all, EPOLL_CTL_ADD, fd, &event);
  }
  return all;
}

}  // namespace

std::string Filter::name() const {
  Sha256 hash;
  for (const std::string_view option :
       {"tables", "exclude_tables", "operations", "rules", "publications"}) {
    const auto text = options.find(option);
    hash.update(fmt::format("{}={}\n", option, text == options.end() ? "" : text->second));
  }
  const auto digest = hash.finish();
  return fmt::format("{} ({:02x}{:02x}{:02x}{:02x})", version, digest[0], digest[1], digest[2],
                     digest[3]);
}

LiveConfiguration::LiveConfiguration(ConfigurationSources sources, const Configuration& begun_with,
                                     int reload_fd)
    : sources_(std::move(sources)),
      begun_with_(begun_with),
      reload_fd_(reload_fd),
      watch_(sources_.file),
      fd_(readable_when_one_is({reload_fd_, watch_.fd()})) {
  filter_.options = run_settings(begun_with_).options;
  constexpr bool asked = false;  // it may have changed before it was watched
  if (has_other_text()) read_again(asked);
}

LiveConfiguration::~LiveConfiguration() {
  close(fd_);
}

void LiveConfiguration::look() {
  const bool asked = take_reload_signal(reload_fd_);
  const bool may_have_changed = watch_.take_changes();
  if (asked && sources_.file.empty()) {
    log_warning("SIGHUP: there is no configuration file to read again: waljet runs without -c");
  } else if (asked || may_have_changed) {
    const bool other_text = has_other_text();
    if (asked || other_text) read_again(asked);
  }
}

bool LiveConfiguration::has_other_text() {
  if (sources_.file.empty()) return false;
  const auto read = read_text_file(sources_.file, file_bytes_max);
  std::optional<std::string> text;
  if (read) text = *read;
  const std::optional<std::string> before = std::exchange(text_, text);
  return !text || text != before;
}

void LiveConfiguration::read_again(bool asked) {
  // Rather somebody's accident than the wish to send everything.
  if (text_ && is_blank(*text_)) return reject(fmt::format("{}: is empty", sources_.file));
  const auto read = load_configuration(sources_);
  if (!read) return reject(read.error().text);
  const Configuration filtered = with_filter_of(*read);
  if (const auto error = check_together(filtered)) return reject(error->text);
  const bool was_in_error = !std::exchange(error_, {}).empty();
  tell_what_needs_a_restart(*read);
  change_log(read->text("log.level"), read->text("log.format") == "json");

  OptionTexts options = run_settings(filtered).options;
  const bool same = options == filter_.options;
  const bool known = coming_ ? options == coming_->options : same;
  if (known) {
    if (asked || was_in_error) log_info("configuration read again: the filter is the same");
    return;
  }
  coming_ = Filter{++newest_version_, std::move(options)};
  log_info("configuration read again: filter version {} takes the place of {}{}", coming_->name(),
           filter_.name(), same ? ", which says the same" : "");
  if (same) use_coming_filter();
}

// Everything else stays as the process began, what follows from it in the filter, too.
Configuration LiveConfiguration::with_filter_of(const Configuration& read) const {
  SettingValues values;
  for (const Setting& setting : setting_table()) {
    const bool reloads = is_of_filter(setting.path) || is_of_log(setting.path);
    const SettingValue* value = (reloads ? read : begun_with_).find(setting.path);
    if (value != nullptr) values.emplace(setting.path, *value);
  }
  return Configuration(std::move(values));
}

void LiveConfiguration::tell_what_needs_a_restart(const Configuration& read) const {
  std::vector<std::string_view> paths;
  for (const Setting& setting : setting_table()) {
    const bool reloads = is_of_filter(setting.path) || is_of_log(setting.path);
    if (reloads || read.text(setting.path) == begun_with_.text(setting.path)) continue;
    paths.push_back(setting.path);
  }
  if (paths.empty()) return;
  log_warning("configuration read again: what was changed of {} takes effect at the next start",
              fmt::join(paths, ", "));
}

void LiveConfiguration::reject(std::string why) {
  error_ = std::move(why);
  log_error("configuration not taken, filter version {} stays: {}", filter_.name(), error_);
}

// ---- filters ----

void LiveConfiguration::use_coming_filter() {
  if (!coming_) return;
  if (!before_) before_ = std::move(filter_);
  filter_ = *std::exchange(coming_, std::nullopt);
}

bool LiveConfiguration::on_filter_refused(const std::string& why) {
  if (!before_) return false;
  const std::string refused = filter_.name();
  filter_ = *std::exchange(before_, std::nullopt);
  reject(fmt::format("the server refuses filter version {}: {}", refused, why));
  return true;
}

}  // namespace waljet

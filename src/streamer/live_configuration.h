// The configuration of a running process: what it began with, and what was read since.
//
// It is read again on SIGHUP and when the file changes, with the same flags and environment. What
// `log` says holds at once. Another filter is kept until it can take effect between two
// transactions, which the source brings about. Of whatever else differs from what the process began
// with, a line of the log names the keys: they need a restart. What cannot be read, and a filter
// that the server refuses, changes nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "streamer/configuration.h"
#include "streamer/file_watch.h"
#include "streamer/option_flags.h"

namespace waljet {

// Which changes are sent, as the plugin is told.
struct Filter {
  uint64_t version = 1;  // counts the filters of this process
  OptionTexts options;   // of the plugin, all of them

  // For people, `2 (1a2b3c4d)`: the version, and eight digits that are the same for the same filter
  // in any process.
  std::string name() const;
};

class LiveConfiguration {
 public:
  // `begun_with`: what `sources` said at the start. `reload_fd`: of catch_reload_signal().
  LiveConfiguration(ConfigurationSources sources, const Configuration& begun_with, int reload_fd);
  ~LiveConfiguration();
  LiveConfiguration(const LiveConfiguration&) = delete;
  LiveConfiguration& operator=(const LiveConfiguration&) = delete;

  // Readable when look() has something to look at. Owned by this object.
  int fd() const { return fd_; }
  // Reads the configuration again if that was asked for, or the file has changed.
  void look();

  const Filter& filter() const { return filter_; }
  // Waits to take effect. Not one that says the same as filter().
  const std::optional<Filter>& coming_filter() const { return coming_; }
  void use_coming_filter();
  // The server has taken filter().
  void on_filter_taken() { before_.reset(); }
  // The server has refused it: true if the filter before holds again, false if there is none.
  bool on_filter_refused(const std::string& why);

  // Why what was read last is not in use; empty: it is.
  const std::string& error() const { return error_; }

 private:
  void read_again(bool asked);
  bool has_other_text();
  Configuration with_filter_of(const Configuration& read) const;
  void tell_what_needs_a_restart(const Configuration& read) const;
  void reject(std::string why);

  const ConfigurationSources sources_;
  const Configuration begun_with_;
  const int reload_fd_;
  FileWatch watch_;
  int fd_ = -1;
  std::optional<std::string> text_;  // of the file, when it was read last; nothing: it could not be
  uint64_t newest_version_ = 1;
  Filter filter_;
  std::optional<Filter> coming_;
  std::optional<Filter> before_;  // filter(), until the server has taken that
  std::string error_;
};

}  // namespace waljet

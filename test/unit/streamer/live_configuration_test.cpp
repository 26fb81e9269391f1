#include "streamer/live_configuration.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <fstream>
#include <string>

#include "streamer/log.h"
#include "streamer/temporary_file.h"

namespace waljet {
namespace {

// A configuration file, the process that runs with it, and what it is sent.
class Running {
 public:
  explicit Running(const char* text, Environment environment = {})
      : file_(text), sources_{file_.name(), std::move(environment), {}} {
    change_log("off", false);
    sources_.environment.emplace("WALJET_LOG_LEVEL", "off");
    live.emplace(sources_, *load_configuration(sources_), reload_fd_);
  }
  ~Running() {
    close(reload_fd_);
    change_log("info", false);
  }

  void write(const char* text) { std::ofstream(file_.name()) << text; }
  void remove() { std::remove(file_.name().c_str()); }
  void hang_up() const { eventfd_write(reload_fd_, 1); }
  bool has_news() const {
    pollfd ready{live->fd(), POLLIN, 0};
    return poll(&ready, 1, 0) > 0;
  }
  std::string coming(const char* option) const {
    if (!live->coming_filter()) return "none";
    const auto found = live->coming_filter()->options.find(option);
    return found == live->coming_filter()->options.end() ? "" : found->second;
  }

 private:
  TemporaryFile file_;
  ConfigurationSources sources_;
  int reload_fd_ = eventfd(0, EFD_NONBLOCK);

 public:
  std::optional<LiveConfiguration> live;
};

constexpr const char* one = "filter: {tables: [a]}";
constexpr const char* two = "filter: {tables: [b], operations: [insert]}";

TEST_CASE("another filter in the file waits until it is used", "[live_configuration]") {
  Running running(one);
  CHECK_FALSE(running.has_news());
  CHECK(running.live->filter().version == 1);
  running.write(two);
  CHECK(running.has_news());
  running.live->look();
  CHECK_FALSE(running.has_news());
  CHECK(running.coming("tables") == "b");
  CHECK(running.coming("operations") == "insert");
  CHECK(running.live->filter().options.at("tables") == "a");
  running.live->use_coming_filter();
  CHECK_FALSE(running.live->coming_filter());
  CHECK(running.live->filter().version == 2);
  CHECK(running.live->filter().options.at("tables") == "b");
}

TEST_CASE("of several filters the newest one waits", "[live_configuration]") {
  Running running(one);
  running.write(two);
  running.live->look();
  SECTION("one that is the same as before it") {
    running.write("filter: {operations: [insert], tables: [b]}");
    running.live->look();
    CHECK(running.live->coming_filter()->version == 2);
  }
  SECTION("a third one") {
    running.write("filter: {tables: [c]}");
    running.live->look();
    CHECK(running.coming("tables") == "c");
    CHECK(running.live->coming_filter()->version == 3);
  }
  SECTION("the one that is in use") {
    running.write("filter: {tables: [a]} # again");
    running.live->look();
    CHECK_FALSE(running.live->coming_filter());
    CHECK(running.live->filter().version == 3);
  }
}

TEST_CASE("SIGHUP reads again what has not changed", "[live_configuration]") {
  Running running(one);
  running.hang_up();
  CHECK(running.has_news());
  running.live->look();
  CHECK_FALSE(running.has_news());
  CHECK_FALSE(running.live->coming_filter());
}

TEST_CASE("environment and flags win over the new file as over the old one",
          "[live_configuration]") {
  Running running(one, {{"WALJET_FILTER_TABLES", "z"}});
  running.write(two);
  running.live->look();
  CHECK(running.coming("tables") == "z");
  CHECK(running.coming("operations") == "insert");
}

TEST_CASE("what else differs is not taken", "[live_configuration]") {
  Running running(one);
  running.write("filter: {tables: [a]}\nsource: {format: wal-listener}");
  running.live->look();
  CHECK_FALSE(running.live->coming_filter());
  running.write("filter: {tables: {b: [insert]}}\nsource: {format: wal-listener}");
  running.live->look();
  CHECK(running.coming("tables") == "b");
  CHECK(running.coming("format").empty());
  CHECK(running.live->error().empty());
}

TEST_CASE("a file that cannot be used changes nothing and is told", "[live_configuration]") {
  Running running(one);
  SECTION("not known") {
    running.write("filter: {tabels: [a]}");
    running.live->look();
    CHECK(running.live->error().find(":1:10: ") != std::string::npos);
  }
  SECTION("empty") {
    running.write(" \n");
    running.live->look();
    CHECK(running.live->error().ends_with(": is empty"));
  }
  SECTION("gone") {
    running.remove();
    running.hang_up();
    running.live->look();
    CHECK(running.live->error().find("No such file") != std::string::npos);
  }
  CHECK_FALSE(running.live->coming_filter());
  CHECK(running.live->filter().version == 1);
  running.write(one);
  running.live->look();
  CHECK(running.live->error().empty());
  CHECK_FALSE(running.live->coming_filter());
}

TEST_CASE("a filter that the server refuses gives way to the last one that it took",
          "[live_configuration]") {
  Running running(one);
  CHECK_FALSE(running.live->on_filter_refused("why"));
  CHECK(running.live->error().empty());
  running.write(two);
  running.live->look();
  running.live->use_coming_filter();
  SECTION("at once") {}
  SECTION("after another one that was not tried") {
    running.write("filter: {tables: [c]}");
    running.live->look();
    running.live->use_coming_filter();
  }
  CHECK(running.live->on_filter_refused("no such table"));
  CHECK(running.live->filter().version == 1);
  CHECK(running.live->filter().options.at("tables") == "a");
  CHECK(running.live->error().ends_with("no such table"));
}

TEST_CASE("a filter that was taken is not given up", "[live_configuration]") {
  Running running(one);
  running.write(two);
  running.live->look();
  running.live->use_coming_filter();
  running.live->on_filter_taken();
  CHECK_FALSE(running.live->on_filter_refused("why"));
  CHECK(running.live->filter().version == 2);
}

TEST_CASE("a filter's digits tell what it says, and nothing else", "[live_configuration]") {
  const Filter filter{1, {{"tables", "a"}, {"operations", "insert"}}};
  CHECK(Filter{2, {{"tables", "a"}, {"operations", "insert"}, {"decimal", "string"}}}.name() ==
        "2" + filter.name().substr(1));
  CHECK(Filter{1, {{"tables", "a"}, {"operations", "delete"}}}.name() != filter.name());
  CHECK(Filter{1, {{"exclude_tables", "a"}, {"operations", "insert"}}}.name() != filter.name());
  CHECK(filter.name().size() == std::string("1 (01234567)").size());
}

}  // namespace
}  // namespace waljet

#include "streamer/file_watch.h"

#include <poll.h>
#include <stdlib.h>

#include <catch2/catch.hpp>
#include <fstream>

namespace waljet {
namespace {

namespace fs = std::filesystem;

// A directory for the length of a test.
class TemporaryDirectory {
 public:
  TemporaryDirectory() { mkdtemp(name_.data()); }
  ~TemporaryDirectory() { fs::remove_all(name_); }
  fs::path operator/(const char* name) const { return fs::path(name_) / name; }

 private:
  std::string name_ = "/tmp/waljet-test.XXXXXX";
};

void write(const fs::path& file, const char* text) {
  std::ofstream(file) << text;
}

bool is_readable(const FileWatch& watch) {
  pollfd ready{watch.fd(), POLLIN, 0};
  return poll(&ready, 1, 0) > 0;
}

TEST_CASE("a file that is written is news when it is closed", "[file_watch]") {
  const TemporaryDirectory directory;
  write(directory / "a", "1");
  FileWatch watch(directory / "a");
  CHECK_FALSE(is_readable(watch));
  CHECK_FALSE(watch.take_changes());
  std::ofstream file(directory / "a");
  file << "2" << std::flush;
  CHECK_FALSE(watch.take_changes());
  file.close();
  CHECK(is_readable(watch));
  CHECK(watch.take_changes());
  CHECK_FALSE(is_readable(watch));
  CHECK_FALSE(watch.take_changes());
}

TEST_CASE("a file that takes the place of the watched one is news", "[file_watch]") {
  const TemporaryDirectory directory;
  write(directory / "a", "1");
  FileWatch watch(directory / "a");
  for (int i = 0; i < 3; ++i) {
    write(directory / "b", "2");
    CHECK_FALSE(watch.take_changes());
    fs::rename(directory / "b", directory / "a");
    CHECK(watch.take_changes());
  }
}

TEST_CASE("a file that comes late is news, and one that is created when it is closed",
          "[file_watch]") {
  const TemporaryDirectory directory;
  FileWatch watch(directory / "a");
  std::ofstream file(directory / "a");
  CHECK_FALSE(watch.take_changes());
  file.close();
  CHECK(watch.take_changes());
}

TEST_CASE("links are followed, wherever they are replaced", "[file_watch]") {
  const TemporaryDirectory directory;
  for (const char* name : {"1", "2", "elsewhere"}) {
    fs::create_directory(directory / name);
    write(directory / name / "file", name);
  }
  fs::create_directory_symlink("1", directory / "data");
  fs::create_symlink("data/file", directory / "a");
  FileWatch watch(directory / "a");
  SECTION("on the way, by a rename") {
    fs::create_directory_symlink("2", directory / "new");
    CHECK_FALSE(watch.take_changes());
    fs::rename(directory / "new", directory / "data");
  }
  SECTION("on the way, by another one of the same name") {
    fs::remove(directory / "data");
    fs::create_directory_symlink("2", directory / "data");
  }
  SECTION("at the end, to an absolute path") {
    fs::remove(directory / "a");
    fs::create_symlink(directory / "2" / "file", directory / "a");
  }
  CHECK(watch.take_changes());
  // From now on the new one counts.
  write(directory / "elsewhere" / "file", "not ours");
  write(directory / "1" / "file", "nor this");
  CHECK_FALSE(watch.take_changes());
  write(directory / "2" / "file", "ours");
  CHECK(watch.take_changes());
}

TEST_CASE("links that lead in a circle end", "[file_watch]") {
  const TemporaryDirectory directory;
  fs::create_symlink("b", directory / "a");
  fs::create_symlink("a", directory / "b");
  FileWatch watch(directory / "a");
  CHECK_FALSE(watch.take_changes());
}

TEST_CASE("of no file there is nothing to wait for", "[file_watch]") {
  FileWatch watch("");
  CHECK(watch.fd() < 0);
  CHECK_FALSE(watch.take_changes());
}

}  // namespace
}  // namespace waljet

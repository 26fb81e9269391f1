#include "streamer/file_watch.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <deque>
#include <system_error>
#include <utility>

namespace waljet {
namespace {

namespace fs = std::filesystem;

std::deque<fs::path> parts_of(const fs::path& path) {
  const fs::path below_root = path.relative_path();
  return {below_root.begin(), below_root.end()};
}

}  // namespace

FileWatch::FileWatch(std::string file) : file_(std::move(file)) {
  if (file_.empty()) return;
  file_ = fs::absolute(file_);
  fd_ = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (fd_ < 0) throw std::system_error(errno, std::generic_category(), "inotify");
  follow();
}

FileWatch::~FileWatch() {
  if (fd_ >= 0) close(fd_);
}

bool FileWatch::take_changes() {
  if (fd_ < 0) return false;
  bool changed = false;
  alignas(inotify_event) std::array<char, 4096> buffer;
  for (ssize_t bytes = 0; (bytes = read(fd_, buffer.data(), buffer.size())) > 0;) {
    for (ssize_t at = 0; at < bytes;) {
      inotify_event event;
      std::memcpy(&event, buffer.data() + at, sizeof event);
      const std::string name = event.len == 0 ? "" : buffer.data() + at + sizeof event;
      at += static_cast<ssize_t>(sizeof event + event.len);
      const bool overflown = (event.mask & IN_Q_OVERFLOW) != 0;
      const bool created = (event.mask & IN_CREATE) != 0;
      changed = changed || overflown || concerns_us(event.wd, name, created);
    }
  }
  if (changed) follow();
  return changed;
}

// A link is whole when it is created; a file is not before it is closed.
bool FileWatch::concerns_us(int watch, const std::string& name, bool created) const {
  const auto known = directories_.find(watch);
  if (known == directories_.end() || !known->second.names.contains(name)) return false;
  std::error_code gone;
  return !created || fs::is_symlink(fs::symlink_status(known->second.path / name, gone));
}

// Watches the directory in which each symbolic link on the way stands, and that of the file.
void FileWatch::follow() {
  constexpr int links_max = 40;  // as the kernel
  constexpr uint32_t events = IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE;
  directories_.clear();
  fs::path place = "/";
  std::deque<fs::path> ahead = parts_of(file_);
  for (int links = 0; !ahead.empty() && links <= links_max;) {
    const fs::path name = std::move(ahead.front());
    ahead.pop_front();
    std::error_code absent;  // what is not there is not followed
    const bool is_link = fs::is_symlink(fs::symlink_status(place / name, absent));
    if (is_link || ahead.empty()) {
      Directory& directory = directories_[inotify_add_watch(fd_, place.c_str(), events)];
      directory.path = place;
      directory.names.insert(name);
    }
    if (!is_link) {
      place /= name;
      continue;
    }
    ++links;
    const fs::path target = fs::read_symlink(place / name, absent);
    if (target.is_absolute()) place = "/";
    const std::deque<fs::path> more = parts_of(target);
    ahead.insert(ahead.begin(), more.begin(), more.end());
  }
}

}  // namespace waljet

#include "streamer/terminal.h"

#include <fmt/core.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>

namespace waljet {
namespace {

winsize terminal_size() {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) return {};
  return size;
}

}  // namespace

RedrawnLines::RedrawnLines() : on_terminal_(isatty(STDOUT_FILENO) != 0) {}

size_t RedrawnLines::width() const {
  return on_terminal_ ? terminal_size().ws_col : 0;
}

size_t RedrawnLines::height() const {
  return on_terminal_ ? terminal_size().ws_row : 0;
}

bool RedrawnLines::draw(const std::vector<std::string>& lines) {
  constexpr const char* to_end_of_line = "\x1b[K";
  constexpr const char* to_end_of_screen = "\x1b[J";
  std::string text;
  if (on_terminal_ && drawn_ > 0) text += fmt::format("\x1b[{}A", drawn_);
  for (const std::string& line : lines) {
    text += line;
    text += on_terminal_ ? fmt::format("{}\n", to_end_of_line) : "\n";
  }
  if (on_terminal_) text += to_end_of_screen;
  drawn_ = lines.size();
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
  return std::ferror(stdout) == 0;
}

}  // namespace waljet

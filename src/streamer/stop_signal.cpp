#include "streamer/stop_signal.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <system_error>

namespace waljet {
namespace {

constexpr int exit_forced = 1;

// A signal handler can reach nothing else.
std::atomic<int> handler_fd{-1};
std::atomic<bool> handler_ran{false};
std::atomic<int> reload_handler_fd{-1};

void make_readable(int fd) {
  const int saved_errno = errno;
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(fd, &one, sizeof one);
  errno = saved_errno;
}

void on_stop(int) {
  if (handler_ran.exchange(true)) _exit(exit_forced);
  make_readable(handler_fd);
}

void on_reload(int) {
  make_readable(reload_handler_fd);
}

int make_descriptor() {
  const int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (fd < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  return fd;
}

void handle(int number, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  sigaction(number, &action, nullptr);
}

}  // namespace

int catch_stop_signals() {
  handler_fd = make_descriptor();
  handle(SIGTERM, on_stop);
  handle(SIGINT, on_stop);
  return handler_fd;
}

bool stop_signalled(int stop_fd) {
  pollfd stop{stop_fd, POLLIN, 0};
  return poll(&stop, 1, 0) > 0;
}

int catch_reload_signal() {
  reload_handler_fd = make_descriptor();
  handle(SIGHUP, on_reload);
  return reload_handler_fd;
}

bool take_reload_signal(int reload_fd) {
  eventfd_t count = 0;
  return eventfd_read(reload_fd, &count) == 0;
}

}  // namespace waljet

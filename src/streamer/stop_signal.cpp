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

void on_signal(int) {
  if (handler_ran.exchange(true)) _exit(exit_forced);
  const int saved_errno = errno;
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(handler_fd, &one, sizeof one);
  errno = saved_errno;
}

}  // namespace

int catch_stop_signals() {
  const int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (fd < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  handler_fd = fd;
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  sigaction(SIGTERM, &action, nullptr);
  sigaction(SIGINT, &action, nullptr);
  return fd;
}

bool stop_signalled(int stop_fd) {
  pollfd stop{stop_fd, POLLIN, 0};
  return poll(&stop, 1, 0) > 0;
}

}  // namespace waljet

#include "streamer/failpoint.h"

#ifdef WALJET_FAULTS

#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace waljet {
namespace {

struct Order {
  std::string name;  // empty: no order
  long at = 0;
  int signal = 0;
};

[[noreturn]] void refuse(std::string_view text) {
  std::fprintf(stderr, "WALJET_FAILPOINT=%.*s: expected NAME:N:kill or NAME:N:stop\n",
               static_cast<int>(text.size()), text.data());
  std::_Exit(2);
}

Order read_order() {
  const char* variable = std::getenv("WALJET_FAILPOINT");
  if (variable == nullptr || *variable == '\0') return {};
  const std::string text = variable;
  const auto first = text.find(':');
  const auto second = text.find(':', first + 1);
  if (first == std::string::npos || second == std::string::npos) refuse(text);
  Order order;
  order.name = text.substr(0, first);
  order.at = std::atol(text.substr(first + 1, second - first - 1).c_str());
  const std::string action = text.substr(second + 1);
  order.signal = action == "kill" ? SIGKILL : action == "stop" ? SIGSTOP : 0;
  if (order.at < 1 || order.signal == 0) refuse(text);
  return order;
}

}  // namespace

void failpoint(const char* name) {
  static const Order order = read_order();
  static std::atomic<long> reached = 0;
  if (order.name != name) return;
  if (++reached == order.at) kill(getpid(), order.signal);
}

uint64_t test_number(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

}  // namespace waljet

#endif

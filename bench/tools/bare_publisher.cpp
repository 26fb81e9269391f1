// The ceiling of delivery: publishes a recording through nats.c and awaits every acknowledgement.
//
//     bare_publisher URL RECORDING
//
// A recording (written by `stream_reader record`) has one line a message, fields separated by tabs:
// subject, bytes of the body, then headers as `Name: value`. The bodies are filler of these sizes.
// Each publish carries Nats-Expected-Last-Sequence, chained from an empty stream, and has its own
// reply subject under one wildcard subscription. At most 4096 messages and 8 MiB are under way, the
// defaults of `waljet run`.
//
// Prints {"messages","bytes","seconds","cpu_seconds"}: bytes of bodies, seconds from the first
// acknowledgement to the last, CPU of this process while it published. Exits 1 with a sentence on
// stderr where a publish is refused or its acknowledgement is missing.

#include <nats/nats.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

constexpr uint64_t window_messages = 4096;
constexpr uint64_t window_bytes = 8 << 20;
constexpr auto patience = std::chrono::seconds(10);
constexpr size_t headers_max = 6;

[[noreturn]] void die(const char* what, const char* detail) {
  std::fprintf(stderr, "bare_publisher: %s: %s\n", what, detail);
  std::exit(1);
}

void check(natsStatus status, const char* what) {
  if (status != NATS_OK) die(what, natsStatus_GetText(status));
}

// ---- the recording ----

struct Header {
  const char* name = nullptr;
  const char* value = nullptr;
};

struct Message {
  const char* subject = nullptr;
  Header headers[headers_max];
  size_t header_count = 0;
  int body_bytes = 0;
  uint64_t bytes_so_far = 0;  // bodies up to and with this one
};

class Recording {
 public:
  explicit Recording(const char* path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) die("cannot read", path);
    text_.assign(std::istreambuf_iterator<char>(file), {});
    for (char* line = text_.data(); *line != '\0';) line = take_line(line);
    if (messages_.empty()) die("nothing recorded", path);
    filler_.assign(static_cast<size_t>(body_bytes_max_), 'x');
  }

  const std::vector<Message>& messages() const { return messages_; }
  const char* filler() const { return filler_.data(); }

 private:
  // Cuts the line into strings in place; returns where the next one begins.
  char* take_line(char* line) {
    char* end = std::strchr(line, '\n');
    if (end == nullptr) die("a line without an end", line);
    *end = '\0';
    Message message;
    message.subject = line;
    char* field = cut(line, '\t');
    char* rest = cut(field, '\t');
    message.body_bytes = std::atoi(field);
    while (*rest != '\0') {
      field = rest;
      rest = cut(field, '\t');
      if (message.header_count == headers_max) die("too many headers", message.subject);
      message.headers[message.header_count++] = {field, cut_header(field)};
    }
    body_bytes_max_ = std::max(body_bytes_max_, message.body_bytes);
    message.bytes_so_far = static_cast<uint64_t>(message.body_bytes) +
                           (messages_.empty() ? 0 : messages_.back().bytes_so_far);
    messages_.push_back(message);
    return end + 1;
  }

  // Ends the text at the separator; what follows it, or an empty string.
  static char* cut(char* text, char separator) {
    char* found = std::strchr(text, separator);
    if (found == nullptr) return text + std::strlen(text);
    *found = '\0';
    return found + 1;
  }

  // `Name: value` becomes two strings; returns the second.
  static char* cut_header(char* field) {
    char* colon = std::strstr(field, ": ");
    if (colon == nullptr) die("not a header", field);
    *colon = '\0';
    return colon + 2;
  }

  std::string text_;
  std::string filler_;
  std::vector<Message> messages_;
  int body_bytes_max_ = 0;
};

// ---- acknowledgements, on nats.c's delivery thread ----

// One stream on one server answers in the order of publishing, so that a count says what is
// acknowledged. add() and fail() come from nats.c's threads.
class Answers {
 public:
  void add() {
    last_ = Clock::now();
    const uint64_t count = acknowledged_.load(std::memory_order_relaxed) + 1;
    if (count == 1) first_ = last_;
    acknowledged_.store(count);
    if (count >= awaited_.load()) wake();
  }
  void fail() {
    failed_ = true;
    wake();
  }
  uint64_t count() const { return acknowledged_.load(std::memory_order_relaxed); }
  // Returns when `count` are acknowledged; exits where that does not happen.
  void await(uint64_t count) {
    std::unique_lock lock(mutex_);
    awaited_ = count;
    while (acknowledged_.load() < count && !failed_) {
      const uint64_t before = this->count();
      const bool woken = changed_.wait_for(lock, patience) == std::cv_status::no_timeout;
      if (!woken && this->count() == before) die("missing", "an acknowledgement");
    }
    if (failed_) std::exit(1);
  }
  double seconds() const { return std::chrono::duration<double>(last_ - first_).count(); }

 private:
  void wake() {
    const std::lock_guard lock(mutex_);
    changed_.notify_one();
  }

  std::atomic<uint64_t> acknowledged_{0};
  std::atomic<uint64_t> awaited_{UINT64_MAX};  // at which the publisher wants to be woken
  std::atomic<bool> failed_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
  Clock::time_point first_;
  Clock::time_point last_;
};

std::string_view body_of(natsMsg* message) {
  return {natsMsg_GetData(message), static_cast<size_t>(natsMsg_GetDataLength(message))};
}

// Of the acknowledgement; 0 in errors.
uint64_t sequence_of(std::string_view body) {
  constexpr std::string_view name = "\"seq\":";
  const size_t at = body.find(name);
  if (at == std::string_view::npos || body.find("\"error\"") != std::string_view::npos) return 0;
  const char* digits = body.data() + at + name.size();
  const char* end = body.data() + body.size();
  while (digits < end && *digits == ' ') ++digits;
  uint64_t sequence = 0;
  std::from_chars(digits, end, sequence);
  return sequence;
}

void on_answer(natsConnection*, natsSubscription*, natsMsg* message, void* closure) {
  auto& answers = *static_cast<Answers*>(closure);
  const uint64_t expected = answers.count() + 1;
  const char* reply = natsMsg_GetSubject(message);
  const uint64_t token = std::strtoull(std::strrchr(reply, '.') + 1, nullptr, 10);
  if (token == expected && sequence_of(body_of(message)) == expected) {
    answers.add();
  } else {
    std::fprintf(stderr, "bare_publisher: answer to %llu, awaited that to %llu: %.*s\n",
                 static_cast<unsigned long long>(token), static_cast<unsigned long long>(expected),
                 natsMsg_GetDataLength(message), natsMsg_GetData(message));
    answers.fail();
  }
  natsMsg_Destroy(message);
}

void on_closed(natsConnection*, void* closure) {
  std::fputs("bare_publisher: the connection is closed\n", stderr);
  static_cast<Answers*>(closure)->fail();
}

void on_error(natsConnection*, natsSubscription*, natsStatus status, void* closure) {
  std::fprintf(stderr, "bare_publisher: %s\n", natsStatus_GetText(status));
  static_cast<Answers*>(closure)->fail();
}

// ---- publishing ----

// How many must be acknowledged before message `next` (from 0) may go. `at_least` is an earlier
// answer: it never falls.
uint64_t needed_for(const std::vector<Message>& messages, size_t next, uint64_t at_least) {
  uint64_t needed = std::max(at_least, next < window_messages ? 0 : next + 1 - window_messages);
  const uint64_t end = messages[next].bytes_so_far;
  while (needed < next &&
         end - (needed == 0 ? 0 : messages[needed - 1].bytes_so_far) > window_bytes)
    ++needed;
  return needed;
}

void publish(natsConnection* connection, const Message& message, const char* body,
             const char* reply, uint64_t last_sequence) {
  natsMsg* raw = nullptr;
  check(natsMsg_Create(&raw, message.subject, reply, body, message.body_bytes), "message");
  for (size_t i = 0; i < message.header_count; ++i)
    check(natsMsgHeader_Set(raw, message.headers[i].name, message.headers[i].value), "header");
  char digits[24];
  *std::to_chars(digits, digits + sizeof digits - 1, last_sequence).ptr = '\0';
  check(natsMsgHeader_Set(raw, "Nats-Expected-Last-Sequence", digits), "header");
  check(natsConnection_PublishMsg(connection, raw), "publish");
  natsMsg_Destroy(raw);
}

void publish_all(natsConnection* connection, const Recording& recording, std::string reply,
                 Answers& answers) {
  const std::vector<Message>& messages = recording.messages();
  const size_t prefix = reply.size();
  uint64_t needed = 0;
  for (size_t i = 0; i < messages.size(); ++i) {
    needed = needed_for(messages, i, needed);
    // Waits for an eighth of the window more than it needs: woken once for many messages.
    if (answers.count() < needed)
      answers.await(std::min<uint64_t>(i, needed + window_messages / 8));
    reply.resize(prefix + 24);
    char* digits = reply.data() + prefix;
    *std::to_chars(digits, digits + 23, i + 1).ptr = '\0';
    publish(connection, messages[i], recording.filler(), reply.data(), i);
  }
  answers.await(messages.size());
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

natsConnection* connect(const char* url, Answers& answers) {
  natsOptions* options = nullptr;
  check(natsOptions_Create(&options), "options");
  check(natsOptions_SetURL(options, url), "URL");
  check(natsOptions_SetAllowReconnect(options, false), "options");
  check(natsOptions_SetClosedCB(options, on_closed, &answers), "options");
  check(natsOptions_SetErrorHandler(options, on_error, &answers), "options");
  natsConnection* connection = nullptr;
  check(natsConnection_Connect(&connection, options), "connect");
  return connection;
}

// Returns the subject to which each publish appends its number.
std::string listen(natsConnection* connection, Answers& answers) {
  natsInbox* inbox = nullptr;
  check(natsInbox_Create(&inbox), "inbox");
  const std::string reply = std::string(inbox) + ".";
  natsSubscription* subscription = nullptr;
  check(natsConnection_Subscribe(&subscription, connection, (reply + "*").c_str(), on_answer,
                                 &answers),
        "subscribe");
  check(natsSubscription_SetPendingLimits(subscription, -1, -1), "limits");
  return reply;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) die("usage", "bare_publisher URL RECORDING");
  const Recording recording(argv[2]);
  Answers answers;
  natsConnection* connection = connect(argv[1], answers);
  const std::string reply = listen(connection, answers);
  const double cpu_before = cpu_seconds();
  publish_all(connection, recording, reply, answers);
  const double cpu = cpu_seconds() - cpu_before;
  std::printf("{\"messages\": %zu, \"bytes\": %llu, \"seconds\": %.6f, \"cpu_seconds\": %.6f}\n",
              recording.messages().size(),
              static_cast<unsigned long long>(recording.messages().back().bytes_so_far),
              answers.seconds(), cpu);
  std::fflush(stdout);
  std::_Exit(0);  // not through nats.c's shutdown, which would call on_closed
}

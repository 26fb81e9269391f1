// Reads what `waljet run` stored, to verify it, to record it, and to time it.
//
//     stream_reader verify URL STREAM MESSAGES KEY [RECORDING]
//         Reads the first MESSAGES messages and prints one JSON object (struct Sums). Exits 1 where
//         ids do not rise, a group's count is not that of its lines, or messages are missing. With
//         RECORDING also writes what bare_publisher needs to publish the like.
//     stream_reader times URL STREAM FROM EVENTS
//         Prints for each of the next EVENTS events from stream sequence FROM on, as it arrives:
//         sequence, when it was stored (nanoseconds since 1970), commit time (source.ts_us), when
//         it arrived here (nanoseconds since 1970).
//
// KEY is the name of the primary key's column, an integer. Bodies are in the format `debezium`,
// one a line.

#include <nats/nats.h>

#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <string_view>

namespace {

constexpr int64_t patience_ms = 20'000;

[[noreturn]] void die(const std::string& what) {
  std::fprintf(stderr, "stream_reader: %s\n", what.c_str());
  std::exit(1);
}

void check(natsStatus status, const char* what) {
  if (status != NATS_OK) die(std::string(what) + ": " + natsStatus_GetText(status));
}

uint64_t number(const char* text) {
  char* end = nullptr;
  const uint64_t value = std::strtoull(text, &end, 10);
  if (end == text || *end != '\0') die(std::string("not a number: ") + text);
  return value;
}

// ---- the stream ----

struct Stored {
  uint64_t sequence = 0;
  int64_t time_ns = 0;
  natsMsg* message = nullptr;  // gone with the next one

  std::string_view body() const {
    return {natsMsg_GetData(message), static_cast<size_t>(natsMsg_GetDataLength(message))};
  }
  std::string_view header(const char* name) const {
    const char* value = nullptr;
    return natsMsgHeader_Get(message, name, &value) == NATS_OK ? std::string_view(value)
                                                               : std::string_view();
  }
};

class Stream {
 public:
  Stream(const char* url, const char* name, uint64_t first) {
    natsConnection* connection = nullptr;
    check(natsConnection_ConnectTo(&connection, url), "connect");
    jsCtx* jetstream = nullptr;
    check(natsConnection_JetStream(&jetstream, connection, nullptr), "JetStream");
    jsSubOptions options;
    jsSubOptions_Init(&options);
    options.Stream = name;
    options.Ordered = true;
    options.Config.DeliverPolicy = js_DeliverByStartSequence;
    options.Config.OptStartSeq = first;
    check(js_SubscribeSync(&subscription_, jetstream, ">", nullptr, &options, nullptr),
          "subscribe");
    check(natsSubscription_SetPendingLimits(subscription_, -1, -1), "limits");
  }

  // Exits where none comes.
  Stored next() {
    natsMsg_Destroy(message_);
    message_ = nullptr;
    const natsStatus at_hand = natsSubscription_NextMsg(&message_, subscription_, 0);
    if (at_hand == NATS_TIMEOUT) {
      std::fflush(stdout);
      check(natsSubscription_NextMsg(&message_, subscription_, patience_ms), "next message");
    }
    jsMsgMetaData* facts = nullptr;
    check(natsMsg_GetMetaData(&facts, message_), "metadata");
    const Stored stored{facts->Sequence.Stream, facts->Timestamp, message_};
    jsMsgMetaData_Destroy(facts);
    return stored;
  }

 private:
  natsSubscription* subscription_ = nullptr;
  natsMsg* message_ = nullptr;
};

// ---- an event ----

// Where the text behind `mark` begins; npos where there is none. A mark with a quotation mark in it
// is never found in a string, where they are escaped.
size_t behind(std::string_view body, std::string_view mark, size_t from = 0) {
  const size_t at = body.find(mark, from);
  return at == std::string_view::npos ? at : at + mark.size();
}

template <typename Number>
Number number_at(std::string_view body, size_t at, const char* what) {
  Number value = 0;
  if (at == std::string_view::npos ||
      std::from_chars(body.data() + at, body.data() + body.size(), value).ec != std::errc{})
    die(std::string("no ") + what + " in " + std::string(body));
  return value;
}

char operation_of(std::string_view event) {
  constexpr std::string_view mark = "\"op\":\"";
  const size_t at = event.rfind(mark);
  if (at == std::string_view::npos) die("no operation in " + std::string(event));
  return event[at + mark.size()];
}

int64_t commit_time_us(std::string_view event) {
  const size_t source = behind(event, "\"source\":{");
  if (source == std::string_view::npos) die("no source in " + std::string(event));
  return number_at<int64_t>(event, behind(event, "\"ts_us\":", source), "commit time");
}

// Calls visit for each line of a body.
template <typename Visit>
uint64_t for_each_event(std::string_view body, Visit&& visit) {
  uint64_t events = 0;
  while (true) {
    const size_t end = body.find('\n');
    visit(body.substr(0, end));
    ++events;
    if (end == std::string_view::npos) return events;
    body.remove_prefix(end + 1);
  }
}

// ---- verify ----

// Of keys; the same however the rows are ordered.
struct KeySums {
  uint64_t count = 0;
  uint64_t sum = 0;

  void add(uint64_t key) {
    ++count;
    sum += key;
  }
};

struct Sums {
  uint64_t messages = 0;
  uint64_t events = 0;
  uint64_t body_bytes = 0;
  std::map<char, KeySums> operations;
  std::map<std::string, uint64_t, std::less<>> subjects;  // messages

  void print() const {
    std::printf("{\"messages\": %llu, \"events\": %llu, \"body_bytes\": %llu, \"operations\": {",
                static_cast<unsigned long long>(messages), static_cast<unsigned long long>(events),
                static_cast<unsigned long long>(body_bytes));
    const char* comma = "";
    for (const auto& [operation, keys] : operations) {
      std::printf("%s\"%c\": {\"count\": %llu, \"sum\": %llu}", comma, operation,
                  static_cast<unsigned long long>(keys.count),
                  static_cast<unsigned long long>(keys.sum));
      comma = ", ";
    }
    std::printf("}, \"subjects\": {");
    comma = "";
    for (const auto& [subject, count] : subjects) {
      std::printf("%s\"%s\": %llu", comma, subject.c_str(), static_cast<unsigned long long>(count));
      comma = ", ";
    }
    std::printf("}}\n");
  }
};

class Verifier {
 public:
  explicit Verifier(const std::string& key)
      : after_(R"("after":{")" + key + "\":"), before_(R"("before":{")" + key + "\":") {}

  void take(const Stored& stored) {
    // Rows stand where their own header says; several workers read them, each with its numbers.
    const std::string_view place = stored.header("Waljet-Position");
    const std::string_view id = place.empty() ? stored.header("Waljet-Id") : place;
    if (id <= last_id_) die(std::string(id) + " does not follow " + last_id_);
    last_id_ = id;
    const std::string_view body = stored.body();
    const uint64_t events = for_each_event(body, [this](std::string_view event) { add(event); });
    const std::string_view count = stored.header("Waljet-Count");
    if (events != (count.empty() ? 1 : number(count.data())))
      die("the count of " + last_id_ + " is not that of its lines");
    ++sums_.messages;
    sums_.events += events;
    sums_.body_bytes += body.size();
    const char* subject = natsMsg_GetSubject(stored.message);
    const auto known = sums_.subjects.find(std::string_view(subject));
    if (known != sums_.subjects.end()) {
      ++known->second;
    } else {
      sums_.subjects.emplace(subject, 1);
    }
  }

  const Sums& sums() const { return sums_; }

 private:
  void add(std::string_view event) {
    const char operation = operation_of(event);
    const size_t at = behind(event, operation == 'd' ? before_ : after_);
    sums_.operations[operation].add(number_at<uint64_t>(event, at, "key"));
  }

  std::string after_;
  std::string before_;
  std::string last_id_;
  Sums sums_;
};

void record(std::FILE* file, const Stored& stored) {
  std::fprintf(file, "%s\t%zu", natsMsg_GetSubject(stored.message), stored.body().size());
  const char** names = nullptr;
  int count = 0;
  check(natsMsgHeader_Keys(stored.message, &names, &count), "headers");
  for (int i = 0; i < count; ++i) {
    // bare_publisher has a chain of its own.
    if (std::strcmp(names[i], "Nats-Expected-Last-Sequence") == 0) continue;
    std::fprintf(file, "\t%s: %s", names[i], stored.header(names[i]).data());
  }
  std::free(static_cast<void*>(names));
  std::fputc('\n', file);
}

void verify(Stream& stream, uint64_t messages, const char* key, const char* recording) {
  std::FILE* file = nullptr;
  if (recording != nullptr) {
    file = std::fopen(recording, "w");
    if (file == nullptr) die(std::string("cannot write ") + recording);
  }
  Verifier verifier(key);
  for (uint64_t sequence = 1; sequence <= messages; ++sequence) {
    const Stored stored = stream.next();
    if (stored.sequence != sequence) die("sequence " + std::to_string(sequence) + " is missing");
    verifier.take(stored);
    if (file != nullptr) record(file, stored);
  }
  if (file != nullptr && std::fclose(file) != 0) die(std::string("cannot write ") + recording);
  verifier.sums().print();
}

// ---- times ----

int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

void print_times(Stream& stream, uint64_t events) {
  std::puts("ready");
  while (events > 0) {
    const Stored stored = stream.next();
    const int64_t arrived_ns = now_ns();
    const uint64_t found = for_each_event(stored.body(), [&](std::string_view event) {
      std::printf("%llu %lld %lld %lld\n", static_cast<unsigned long long>(stored.sequence),
                  static_cast<long long>(stored.time_ns),
                  static_cast<long long>(commit_time_us(event)),
                  static_cast<long long>(arrived_ns));
    });
    events -= found < events ? found : events;
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view verb = argc > 1 ? argv[1] : "";
  if (verb == "verify" && (argc == 6 || argc == 7)) {
    Stream stream(argv[2], argv[3], 1);
    verify(stream, number(argv[4]), argv[5], argc == 7 ? argv[6] : nullptr);
  } else if (verb == "times" && argc == 6) {
    Stream stream(argv[2], argv[3], number(argv[4]));
    print_times(stream, number(argv[5]));
  } else {
    die("usage: verify URL STREAM MESSAGES KEY [RECORDING] | times URL STREAM FROM EVENTS");
  }
  std::fflush(stdout);
  std::_Exit(0);
}

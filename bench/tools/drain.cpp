// Reads a logical slot as fast as its output plugin writes, and tells what came and what it cost.
//
//   drain --postgres CONNINFO --slot NAME --kind KIND [--until LSN] [-o name=value]…
//
// Reads until everything up to the position has come, or without --until until SIGTERM; confirms
// what it has read, once a second and at the end. The first line of output tells the walsender's
// process, the last one the figures:
//
//   {"pid": 4711}
//   {"messages": …, "bytes": …, "transactions": …, "by_operation": {"c": …, "u": …, "d": …,
//   "other": …},
//    "key_sums": {"c": …, …}, "order": "…", "wall_s": …, "cpu_s": …, "client_cpu_s": …,
//    "memory": [[events, KiB], …]}
//
// Events are told apart and their keys read as the kind of plugin demands: null, lines, frames,
// pgoutput, wal2json, decoderbufs. A key is the first column, an integer. `order` is a hash of the
// operations and keys in the order in which they came. cpu_s is what the walsender used, user and
// system, from START_REPLICATION to the last byte; memory is its own resident memory, without
// shared buffers, after so many events.

#include <libpq-fe.h>
#include <poll.h>
#include <sys/resource.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "event/frame.h"

namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void fail(const std::string& what) {
  std::cerr << "drain: " << what << "\n";
  std::exit(1);
}

// ---- what came ----

struct Tally {
  uint64_t messages = 0;
  uint64_t bytes = 0;
  uint64_t transactions = 0;  // stays 0 where the kind does not tell
  uint64_t other = 0;
  uint64_t counts[3] = {};  // c, u, d
  uint64_t key_sums[3] = {};
  uint64_t order = 14695981039346656037ULL;

  uint64_t events() const { return counts[0] + counts[1] + counts[2]; }

  void event(char operation, uint64_t key) {
    const size_t which = operation == 'c' ? 0 : operation == 'u' ? 1 : operation == 'd' ? 2 : 3;
    if (which == 3) {
      ++other;
      return;
    }
    ++counts[which];
    key_sums[which] += key;
    order = std::rotl((order ^ (key * 4 + which)) * 0x9E3779B97F4A7C15ULL, 29);
  }
};

uint64_t number_at(std::string_view text, size_t at) {
  uint64_t value = 0;
  if (at >= text.size() || text[at] < '0' || text[at] > '9') {
    fail("no key where one should be: " + std::string(text.substr(0, 200)));
  }
  for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at) {
    value = value * 10 + static_cast<uint64_t>(text[at] - '0');
  }
  return value;
}

// The number behind the first appearance of `label`.
uint64_t number_behind(std::string_view text, std::string_view label) {
  const size_t at = text.find(label);
  return number_at(text, at == text.npos ? at : at + label.size());
}

uint64_t big_endian(std::string_view bytes, size_t at, size_t size) {
  if (at + size > bytes.size()) fail("a message ends early");
  uint64_t value = 0;
  for (size_t i = 0; i < size; ++i) value = value << 8 | static_cast<uint8_t>(bytes[at + i]);
  return value;
}

// ---- the kinds of plugins: each takes one replication message ----

void take_nothing(Tally& tally, std::string_view) {
  ++tally.other;
}

// {"before":…,"after":…,"source":{…},"op":"c",…}; no workload changes a key, so either row will do.
void take_envelope(Tally& tally, std::string_view line) {
  constexpr std::string_view label = "\"op\":\"";
  const size_t at = line.rfind(label);
  if (at == line.npos) fail("not an event: " + std::string(line.substr(0, 200)));
  tally.event(line[at + label.size()], number_behind(line, "{\"id\":"));
}

void take_lines(Tally& tally, std::string_view message) {
  while (!message.empty()) {
    const size_t end = std::min(message.find('\n'), message.size());
    take_envelope(tally, message.substr(0, end));
    message.remove_prefix(std::min(end + 1, message.size()));
  }
}

void take_frames(Tally& tally, std::string_view message) {
  while (!message.empty()) {
    const auto frame = waljet::take_frame(message);
    if (!frame) fail("not a frame");
    if (frame->kind == waljet::FrameKind::commit) ++tally.transactions;
    if (is_event(frame->kind)) take_lines(tally, frame->body);
  }
}

// One letter a message; a tuple is a letter, the number of columns, then kind, length and text of
// each.
void take_pgoutput(Tally& tally, std::string_view message) {
  const char kind = message[0];
  if (kind == 'C') ++tally.transactions;
  if (kind != 'I' && kind != 'U' && kind != 'D') return;
  constexpr size_t first_column = 1 + 4 + 1 + 2;  // letter, relation, tuple's letter, columns
  if (message.size() < first_column + 5 || message[first_column] != 't') fail("no key in a tuple");
  const size_t length = big_endian(message, first_column + 1, 4);
  const uint64_t key = number_at(message.substr(0, first_column + 5 + length), first_column + 5);
  tally.event(kind == 'I' ? 'c' : kind == 'U' ? 'u' : 'd', key);
}

// {"action":"I",…,"columns":[{"name":"id","type":"integer","value":1},…
void take_wal2json(Tally& tally, std::string_view message) {
  constexpr std::string_view label = "{\"action\":\"";
  if (!message.starts_with(label)) fail("not wal2json: " + std::string(message.substr(0, 200)));
  const char action = message[label.size()];
  if (action == 'C') ++tally.transactions;
  if (action != 'I' && action != 'U' && action != 'D') return;
  tally.event(action == 'I'   ? 'c'
              : action == 'U' ? 'u'
                              : 'd',
              number_behind(message, "\"value\":"));
}

// Protocol buffers: a varint of field number and wire type, then a varint, or a length and bytes.
struct Field {
  uint64_t number = 0;
  uint64_t value = 0;      // wire type 0
  std::string_view bytes;  // wire type 2
};

uint64_t take_varint(std::string_view& rest) {
  uint64_t value = 0;
  for (unsigned shift = 0; shift < 64 && !rest.empty(); shift += 7) {
    const auto byte = static_cast<uint8_t>(rest.front());
    rest.remove_prefix(1);
    value |= static_cast<uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) return value;
  }
  fail("not a protocol buffer");
}

Field take_field(std::string_view& rest) {
  const uint64_t tag = take_varint(rest);
  Field field{.number = tag >> 3, .value = 0, .bytes = {}};
  const uint64_t type = tag & 7;
  if (type == 0) {
    field.value = take_varint(rest);
    return field;
  }
  const uint64_t size = type == 1 ? 8 : type == 5 ? 4 : take_varint(rest);
  if (size > rest.size()) fail("a protocol buffer ends early");
  field.bytes = rest.substr(0, size);
  rest.remove_prefix(size);
  return field;
}

// RowMessage: 4 operation, 5 columns of the new row, 6 of the old one; in a column 3 and 4 are
// integers.
void take_decoderbufs(Tally& tally, std::string_view message) {
  uint64_t operation = 0;
  uint64_t key = 0;
  bool has_key = false;
  while (!message.empty()) {
    const Field field = take_field(message);
    if (field.number == 4) operation = field.value;
    if (has_key || (field.number != 5 && field.number != 6)) continue;
    for (std::string_view column = field.bytes; !column.empty() && !has_key;) {
      const Field datum = take_field(column);
      has_key = datum.number == 3 || datum.number == 4;
      if (has_key) key = datum.value;
    }
  }
  if (operation == 5) ++tally.transactions;
  if (operation > 2) return;
  if (!has_key) fail("no key in a row");
  tally.event("cud"[operation], key);
}

using Take = void (*)(Tally&, std::string_view);

Take take_of(std::string_view kind) {
  if (kind == "null") return take_nothing;
  if (kind == "lines") return take_lines;
  if (kind == "frames") return take_frames;
  if (kind == "pgoutput") return take_pgoutput;
  if (kind == "wal2json") return take_wal2json;
  if (kind == "decoderbufs") return take_decoderbufs;
  fail("no kind '" + std::string(kind) + "'");
}

// ---- time ----

// User and system time by the process's own clock: /proc/PID/stat counts in ticks.
double process_cpu_seconds(int pid) {
  clockid_t clock = 0;
  timespec time{};
  if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &time) != 0) {
    fail("the walsender has ended");
  }
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

uint64_t private_kib(int pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("RssAnon:")) return std::strtoull(line.c_str() + 8, nullptr, 10);
  }
  fail("the walsender has ended");
}

double own_cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

// ---- the connection ----

volatile std::sig_atomic_t asked_to_end = 0;

struct Settings {
  std::string postgres;
  std::string slot;
  std::string kind;
  uint64_t until = 0;  // 0: until SIGTERM
  std::vector<std::pair<std::string, std::string>> options;
};

std::string quoted(std::string_view text, char quote) {
  std::string result(1, quote);
  for (const char c : text) result.append(c == quote ? 2 : 1, c);
  return result + quote;
}

PGconn* connect(const Settings& settings) {
  const char* names[] = {"dbname", "replication", "application_name", nullptr};
  const char* values[] = {settings.postgres.c_str(), "database", "drain", nullptr};
  PGconn* connection = PQconnectdbParams(names, values, 1);
  if (PQstatus(connection) != CONNECTION_OK) fail(PQerrorMessage(connection));
  return connection;
}

void start_replication(PGconn* connection, const Settings& settings) {
  std::string command = "START_REPLICATION SLOT " + quoted(settings.slot, '"') + " LOGICAL 0/0";
  const char* separator = " (";
  for (const auto& [name, value] : settings.options) {
    command += separator + quoted(name, '"') + " " + quoted(value, '\'');
    separator = ", ";
  }
  if (!settings.options.empty()) command += ")";
  PGresult* result = PQexec(connection, command.c_str());
  if (PQresultStatus(result) != PGRES_COPY_BOTH) fail(PQerrorMessage(connection));
  PQclear(result);
}

void put_big_endian(char* at, uint64_t value) {
  for (int i = 7; i >= 0; --i, value >>= 8) at[i] = static_cast<char>(value & 0xFF);
}

// Standby status update: written, flushed and applied up to `position`.
void confirm(PGconn* connection, uint64_t position) {
  char message[34] = {'r'};
  for (size_t i = 0; i < 3; ++i) put_big_endian(message + 1 + 8 * i, position);
  if (PQputCopyData(connection, message, sizeof message) != 1 || PQflush(connection) != 0) {
    fail(PQerrorMessage(connection));
  }
}

struct MemorySample {
  uint64_t events = 0;
  uint64_t kib = 0;
};

struct Drain {
  PGconn* connection;
  const Settings& settings;
  Take take;
  Tally tally{};
  uint64_t position = 0;  // everything before it has come
  std::vector<MemorySample> memory{};
  Clock::time_point confirmed_at = Clock::now();
  Clock::time_point sampled_at = Clock::now();
  bool finished = false;

  void run() {
    while (!finished && !asked_to_end) {
      char* data = nullptr;
      const int size = PQgetCopyData(connection, &data, 1);
      if (size > 0) {
        take_message({data, static_cast<size_t>(size)});
        PQfreemem(data);
      } else if (size == 0) {
        do_what_is_due();
        wait_for_data();
      } else {
        fail(PQerrorMessage(connection));
      }
    }
    confirm(connection, position);
  }

  // 'w' start, end, time, then what the plugin wrote; 'k' end, time, whether an answer is wanted.
  void take_message(std::string_view message) {
    if (message[0] == 'w') {
      position = std::max(position, big_endian(message, 1, 8));
      const std::string_view written = message.substr(25);
      ++tally.messages;
      tally.bytes += written.size();
      take(tally, written);
    } else if (message[0] == 'k') {
      position = std::max(position, big_endian(message, 1, 8));
      if (message.back() != 0) confirm(connection, position);
      finished = settings.until != 0 && position >= settings.until;
    }
    if (tally.messages % 16 == 0) do_what_is_due();
  }

  void do_what_is_due() {
    const Clock::time_point now = Clock::now();
    if (now - sampled_at >= std::chrono::milliseconds(100)) {
      memory.push_back({tally.events(), private_kib(PQbackendPID(connection))});
      sampled_at = now;
    }
    if (now - confirmed_at >= std::chrono::seconds(1)) {
      confirm(connection, position);
      confirmed_at = now;
    }
  }

  void wait_for_data() {
    pollfd readable{.fd = PQsocket(connection), .events = POLLIN, .revents = 0};
    poll(&readable, 1, 1000);
    if (PQconsumeInput(connection) != 1) fail(PQerrorMessage(connection));
  }
};

// ---- the command ----

uint64_t position_of(const std::string& text) {
  unsigned high = 0;
  unsigned low = 0;
  if (std::sscanf(text.c_str(), "%X/%X", &high, &low) != 2) fail("not a position: " + text);
  return static_cast<uint64_t>(high) << 32 | low;
}

Settings parse(int argc, char** argv) {
  Settings settings;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    const std::string value = argv[i + 1];
    if (name == "--postgres") {
      settings.postgres = value;
    } else if (name == "--slot") {
      settings.slot = value;
    } else if (name == "--kind") {
      settings.kind = value;
    } else if (name == "--until") {
      settings.until = position_of(value);
    } else if (name == "-o") {
      const size_t equals = value.find('=');
      if (equals == value.npos) fail("an option is name=value");
      settings.options.emplace_back(value.substr(0, equals), value.substr(equals + 1));
    } else {
      fail("no option " + name);
    }
  }
  if (argc % 2 == 0 || settings.slot.empty() || settings.kind.empty()) {
    fail("--postgres CONNINFO --slot NAME --kind KIND [--until LSN] [-o name=value]…");
  }
  return settings;
}

void print(const Drain& drain, double wall, double cpu) {
  const Tally& tally = drain.tally;
  std::printf("{\"messages\": %lu, \"bytes\": %lu, \"transactions\": %lu, ", tally.messages,
              tally.bytes, tally.transactions);
  std::printf("\"by_operation\": {\"c\": %lu, \"u\": %lu, \"d\": %lu, \"other\": %lu}, ",
              tally.counts[0], tally.counts[1], tally.counts[2], tally.other);
  std::printf("\"key_sums\": {\"c\": %lu, \"u\": %lu, \"d\": %lu}, ", tally.key_sums[0],
              tally.key_sums[1], tally.key_sums[2]);
  std::printf(
      "\"order\": \"%016lx\", \"wall_s\": %.4f, \"cpu_s\": %.4f, \"client_cpu_s\": %.4f, "
      "\"memory\": [",
      tally.order, wall, cpu, own_cpu_seconds());
  const char* separator = "";
  for (const MemorySample& sample : drain.memory) {
    std::printf("%s[%lu, %lu]", separator, sample.events, sample.kib);
    separator = ", ";
  }
  std::printf("]}\n");
}

}  // namespace

int main(int argc, char** argv) {
  const Settings settings = parse(argc, argv);
  struct sigaction end {};
  end.sa_handler = [](int) { asked_to_end = 1; };
  sigaction(SIGTERM, &end, nullptr);
  sigaction(SIGINT, &end, nullptr);

  Drain drain{
      .connection = connect(settings), .settings = settings, .take = take_of(settings.kind)};
  const int walsender = PQbackendPID(drain.connection);
  std::printf("{\"pid\": %d}\n", walsender);
  std::fflush(stdout);

  const double cpu_before = process_cpu_seconds(walsender);
  const Clock::time_point begin = Clock::now();
  start_replication(drain.connection, settings);
  drain.run();
  print(drain, seconds_since(begin), process_cpu_seconds(walsender) - cpu_before);
  PQfinish(drain.connection);
}

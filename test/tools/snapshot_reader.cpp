// Drives the streamer's SnapshotReader by lines on stdin, and prints its events as lines: for the
// end-to-end tests. Fields are separated by tabs.
//
//     options  NAME VALUE …          as the plugin takes them
//     check
//     list     yes|no WHERE TABLE…   whether keys are needed
//     initial  SNAPSHOT LSN yes|no   whether consumers are to discard
//     chunk    NUMBER TABLE CURSOR WHERE ROWS_MAX BYTES_MAX LOW HIGH
//     open
//     cancel
//     wait     KIND                  prints events up to one of this kind, or `failed`
//     drain                          prints the events that are there
#include <poll.h>
#include <spdlog/fmt/fmt.h>
#include <sys/eventfd.h>

#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "streamer/position_text.h"
#include "streamer/replication.h"
#include "streamer/snapshot_check.h"
#include "streamer/snapshot_reader.h"

namespace {

using namespace waljet;
using Words = std::vector<std::string>;

Words split(const std::string& line) {
  Words words;
  size_t from = 0;
  for (size_t tab = line.find('\t'); tab != std::string::npos; tab = line.find('\t', from)) {
    words.push_back(line.substr(from, tab - from));
    from = tab + 1;
  }
  words.push_back(line.substr(from));
  return words;
}

std::string hex_of(std::string_view bytes) {
  std::string hex;
  for (const char c : bytes) hex += fmt::format("{:02x}", static_cast<uint8_t>(c));
  return hex;
}

std::string bytes_of_hex(const std::string& hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  }
  return bytes;
}

const char* name_of(ReaderEvent::Kind kind) {
  switch (kind) {
    case ReaderEvent::Kind::tables: return "tables";
    case ReaderEvent::Kind::batch: return "batch";
    case ReaderEvent::Kind::table_done: return "table_done";
    case ReaderEvent::Kind::rewritten: return "rewritten";
    case ReaderEvent::Kind::finished: return "finished";
    case ReaderEvent::Kind::chunk: return "chunk";
    case ReaderEvent::Kind::open: return "open";
    case ReaderEvent::Kind::failed: return "failed";
  }
  return "";
}

const char* name_of(ErrorClass error_class) {
  switch (error_class) {
    case ErrorClass::retry: return "retry";
    case ErrorClass::refused: return "refused";
    case ErrorClass::configuration: return "configuration";
    case ErrorClass::interrupted: return "interrupted";
  }
  return "";
}

void print_rows(size_t table, const RowBatch& batch) {
  std::string_view frames = batch.frames;
  while (const auto frame = take_frame(frames)) {
    for (size_t place = 0; place < event_count(*frame); ++place) {
      const Frame row = part_of(*frame, place, place + 1);
      fmt::print("row\t{}\t{}\t{}\t{}\t{}\n", table, lsn_text(row.position.commit_lsn),
                 row.position.ordinal, row.position.part, row.body);
    }
  }
}

void print(const ReaderEvent& event) {
  fmt::print("{}", name_of(event.kind));
  switch (event.kind) {
    case ReaderEvent::Kind::tables:
      for (const JobTable& table : event.tables) {
        fmt::print("\t{}\t{}\t{}", table.name, table.keyed ? "yes" : "no", table.rows_expected);
      }
      break;
    case ReaderEvent::Kind::batch: fmt::print("\t{}\t{}", event.table, event.batch.rows); break;
    case ReaderEvent::Kind::table_done:
    case ReaderEvent::Kind::rewritten: fmt::print("\t{}", event.table); break;
    case ReaderEvent::Kind::chunk:
      fmt::print("\t{}\t{}\t{}\t{}", event.chunk_number, hex_of(event.cursor),
                 event.more ? "yes" : "no", event.snapshot);
      break;
    case ReaderEvent::Kind::open: fmt::print("\t{}", event.snapshot); break;
    case ReaderEvent::Kind::failed:
      fmt::print("\t{}\t{}", name_of(event.error.error_class), event.error.text);
      break;
    case ReaderEvent::Kind::finished: break;
  }
  fmt::print("\n");
  if (event.kind == ReaderEvent::Kind::batch) print_rows(event.table, event.batch);
  for (const RowBatch& batch : event.batches) print_rows(0, batch);
}

class Driver {
 public:
  Driver(std::string postgres, std::string slot, int workers)
      : settings_{std::move(postgres), std::move(slot), {}, workers},
        reader_(settings_, [this] { eventfd_write(woken_, 1); }) {}

  void act(const Words& words);

 private:
  void wait_for(const std::string& kind);

  const int woken_ = eventfd(0, EFD_NONBLOCK);
  SnapshotReaderSettings settings_;
  SnapshotReader reader_;
};

void Driver::wait_for(const std::string& kind) {
  while (true) {
    while (const auto event = reader_.take()) {
      print(*event);
      if (name_of(event->kind) == kind || event->kind == ReaderEvent::Kind::failed) return;
    }
    pollfd woken{woken_, POLLIN, 0};
    poll(&woken, 1, -1);
    eventfd_t count = 0;
    eventfd_read(woken_, &count);
  }
}

void Driver::act(const Words& words) {
  const std::string& command = words[0];
  if (command == "options") {
    settings_.options.clear();
    for (size_t i = 1; i + 1 < words.size(); i += 2) {
      settings_.options.emplace_back(words[i], words[i + 1]);
    }
    reader_.set_options(settings_.options);
  } else if (command == "check") {
    const Instant deadline = std::chrono::steady_clock::now() + Duration{30'000};
    const auto error = check_snapshot(settings_, deadline, no_stop_fd);
    if (!error) fmt::print("fine\n");
    if (error) fmt::print("failed\t{}\t{}\n", name_of(error->error_class), error->text);
  } else if (command == "list") {
    reader_.list({Words(words.begin() + 3, words.end()), words.at(1) == "yes", words.at(2)});
  } else if (command == "initial") {
    reader_.initial({words.at(1), parse_lsn(words.at(2)).value_or(0), words.at(3) == "yes"});
  } else if (command == "chunk") {
    reader_.chunk({std::stoull(words.at(1)), words.at(2), bytes_of_hex(words.at(3)), words.at(4),
                   std::stoull(words.at(5)), std::stoull(words.at(6)), words.at(7), words.at(8)});
  } else if (command == "open") {
    reader_.open({});
  } else if (command == "cancel") {
    reader_.cancel();
    fmt::print("cancelled\n");
  } else if (command == "wait") {
    wait_for(words.at(1));
  } else if (command == "drain") {
    while (const auto event = reader_.take()) print(*event);
    fmt::print("drained\n");
  }
  std::fflush(stdout);
}

}  // namespace

// CONNINFO SLOT WORKERS
int main(int argc, char** argv) {
  if (argc != 4) return 2;
  Driver driver(argv[1], argv[2], std::atoi(argv[3]));
  std::string line;
  while (std::getline(std::cin, line)) driver.act(split(line));
}

// Reads rows of tables over connections of its own, in threads of its own: what the director orders
// is done here, and nothing is decided.
//
// Three kinds of work, one at a time:
//   * list:    which tables there are to read
//   * initial: all rows of all tables as an exported snapshot shows them, by several workers
//   * chunk:   some rows of one table by key, between a low and a high watermark in the WAL
// Events come in order; an initial read waits when `queued_bytes_max` are not taken yet.
//
// Thread-safe. Never throws.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "event/position.h"
#include "streamer/errors.h"
#include "streamer/option_flags.h"
#include "streamer/row_source.h"
#include "streamer/snapshot_job.h"

namespace waljet {

struct SnapshotReaderSettings {
  std::string postgres;  // connection string
  std::string slot;      // for ids
  OptionList options;    // as the plugin gets them at START_REPLICATION
  int workers = 2;       // of an initial read
};

struct ListOrder {
  std::vector<std::string> wanted;  // tables; none: all that the filter lets through
  bool needs_key = true;            // a table without one is an error
  std::string where;                // checked for each table
};

struct InitialOrder {
  std::string snapshot;  // exported, and kept by its connection
  Lsn consistent_point = 0;
  bool discard = false;  // each table begins with a marker
};

struct ChunkOrder {
  uint64_t number = 0;  // named by the event
  std::string table;    // JobTable::name
  std::string cursor;   // JobTable::cursor
  std::string where;
  uint64_t rows_max = 0;
  uint64_t bytes_max = 0;
  // Contents of the two messages; the snapshot that the rows were read with, as
  // pg_current_snapshot() shows it, is appended to the second one after a space.
  std::string low_watermark;
  std::string high_watermark;
};

// Asks which transactions are open: answered by `open`. Before the snapshot is taken an xid is
// assigned and ended, so that each transaction that was begun before is below the snapshot's xmax:
// shown or listed.
struct OpenOrder {};

struct ReaderEvent {
  enum class Kind : uint8_t {
    tables,      // `tables`: of a list, or those of an initial read before its first row
    batch,       // `batch`, of tables[table]: initial only
    table_done,  // tables[table] has been read to its end: initial only
    rewritten,   // tables[table] was rewritten or truncated since the snapshot was exported, so
                 // its rows cannot be seen through it
    finished,    // the initial read is at its end
    chunk,       // `chunk_number`, `batches`, `cursor`, `more`; comes before the high watermark is
                 // in the WAL
    open,        // `snapshot`: pg_current_snapshot()
    failed,      // `error`: the work in hand is over. Class retry: might work another time
  };
  Kind kind = Kind::failed;
  std::vector<JobTable> tables;
  size_t table = 0;
  RowBatch batch;
  uint64_t chunk_number = 0;
  std::vector<RowBatch> batches;
  std::string cursor;       // behind the last row read
  bool more = false;        // there may be rows behind it
  uint64_t table_hash = 0;  // of a chunk: key hash of the table alone, as its TRUNCATE has it
  std::string snapshot;     // that of `open`
  Error error{ErrorClass::retry, {}, {}, {}};
};

class SnapshotReader {
 public:
  static constexpr size_t queued_bytes_max = size_t{4} << 20;

  // `wake` is called from any thread when an event has come.
  SnapshotReader(SnapshotReaderSettings settings, std::function<void()> wake);
  // Ends what is under way.
  ~SnapshotReader();

  void list(ListOrder order);
  void initial(InitialOrder order);
  void chunk(ChunkOrder order);
  void open(OpenOrder order);
  // Ends the work in hand and drops what is ordered; none of its events comes any more.
  void cancel();
  // Those of the orders that are begun from now on.
  void set_options(OptionList options);

  std::optional<ReaderEvent> take();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace waljet

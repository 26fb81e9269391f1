// Leads a snapshot: which reads are ordered, which rows are published where, what is written of the
// job. It reads nothing itself and publishes nothing itself.
//
// *Initial*: the source has created the slot and exported its snapshot. All rows are published as
// they come, before the first change.
//
// *On demand*, in chunks by key, between changes. Commit order is not visibility order: a
// transaction that waits for a synchronous standby is in the WAL, and received, before any snapshot
// shows it. So a chunk's rows stand in the stream at its high watermark, without those whose key
// was touched by a received transaction that the chunk's snapshot does not show: their events are
// newer. Keys are gathered from the low watermark on. If a transaction received before that is not
// shown either, its keys are not known, and the chunk is read again. The first chunk waits until
// all transactions that were open when xids began to be noted have ended or been received. A
// TRUNCATE that the snapshot does not show drops the chunk.
//
// Pure: time is handed in, nothing is done but kept and answered. One thread.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>

#include "streamer/clock.h"
#include "streamer/row_source.h"
#include "streamer/snapshot_job.h"
#include "streamer/snapshot_reader.h"

namespace waljet {

struct DirectorAction {
  enum class Kind : uint8_t {
    wait,       // nothing to do before `until`, unless something arrives
    list,       // for the reader
    initial,    //
    chunk,      //
    open,       //
    cancel,     //
    read_job,   // answer with on_job()
    write_job,  // `job` in place of `job_revision`; answer with on_job_written() or
                // on_job_conflict()
  };
  Kind kind = Kind::wait;
  ListOrder list;
  InitialOrder initial;
  ChunkOrder chunk;
  SnapshotJob job;
  uint64_t job_revision = 0;
  Instant until = Instant::max();
};

class SnapshotDirector : public RowSource {
 public:
  static constexpr uint64_t chunk_rows_max = 16'384;
  static constexpr uint64_t chunk_bytes_max = uint64_t{2} << 20;
  // Keys noted for one chunk; beyond that the chunk is read again, with half as many rows.
  static constexpr size_t touched_keys_max = size_t{1} << 18;
  static constexpr Duration job_interval{1'000};  // progress is written no more often
  static constexpr Duration retry_first{200};     // a chunk is read again after
  static constexpr Duration retry_longest{5'000};

  // `nonce` returns a text that nobody else's watermarks have. `wall_us` the time since 1970.
  SnapshotDirector(std::function<std::string()> nonce, std::function<int64_t()> wall_us,
                   std::function<double()> chance);

  DirectorAction next(Instant now);

  // ---- the job ----

  // As it stands in the bucket; nothing: there is none. At the beginning of each session, and
  // whenever read_job was asked for.
  void on_job(std::optional<SnapshotJob> job, uint64_t revision, Instant now);
  void on_job_written(uint64_t revision, Instant now);
  void on_job_conflict(Instant now);  // somebody else was faster: it is read
  // The link that carried a write is gone: nobody knows whether it was stored. It is read.
  void on_job_unknown(Instant now);

  // ---- initial, for the source; called in this order ----

  // Writes the job, before the slot is created. initial_pending() says that it is written.
  void request_initial(bool only, bool discard, Instant now);
  bool initial_pending() const;
  // The slot is there, its snapshot exported, and a session has begun that streams nothing yet.
  void begin_initial(std::string snapshot, Lsn consistent_point, Instant now);
  // All rows are stored and the job says so.
  bool initial_done() const;
  // Why the initial snapshot ended before that; it is finished by chunks or starts over.
  const std::optional<Error>& initial_failed() const;

  // ---- the reader ----

  void on_reader_event(ReaderEvent event, Instant now);

  // ---- the pump ----

  void on_session_begin() override;
  void on_session_end() override;
  bool wants_events() const override;
  void on_event(const Frame& frame) override;
  void on_control(const Frame& frame) override;
  std::optional<RowsInPlace> take_rows() override;
  void on_rows_stored(uint64_t number) override;
  void on_rows_lost() override;

  // For people and status: the job as it stands now, nothing if there is none.
  const std::optional<SnapshotJob>& job() const;
  // Why it does not get on at the moment, for the log; empty if it does.
  const std::string& trouble() const;
};

}  // namespace waljet

// Leads a snapshot: which reads are ordered, which rows are published where, what is written of the
// job. It reads nothing itself and publishes nothing itself.
//
// *Initial*: the source has created the slot and exported its snapshot. All rows are published as
// they come, before the first change.
//
// *On demand*, in chunks by key, between changes. A chunk's rows stand in the stream at its high
// watermark, without those whose key was touched by a received transaction that the chunk's
// snapshot does not show: their events are newer (unseen_changes.h). The first chunk waits until
// there are no strangers. A TRUNCATE that the snapshot does not show drops the chunk, which is read
// again. So is one, in smaller pieces, where a row would be left out whose newer event is not
// whole. An initial snapshot that was interrupted is finished in this way too.
//
// A session may follow one of another process, so with each session noting begins anew, and chunks
// go on from what the job says is stored.
//
// Pure: time is handed in, nothing is done but kept and answered. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "streamer/backoff.h"
#include "streamer/clock.h"
#include "streamer/job_keeper.h"
#include "streamer/row_queue.h"
#include "streamer/row_source.h"
#include "streamer/snapshot_job.h"
#include "streamer/snapshot_reader.h"
#include "streamer/survey.h"
#include "streamer/unseen_changes.h"
#include "streamer/visibility.h"

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

class SnapshotDirector {
 public:
  static constexpr uint64_t chunk_rows_max = 16'384;
  static constexpr uint64_t chunk_bytes_max = uint64_t{2} << 20;
  // Keys noted and not shown by a snapshot yet; beyond that noting begins anew, and chunks have
  // half as many rows.
  static constexpr size_t touched_keys_max = size_t{1} << 18;
  static constexpr Duration job_interval{1'000};  // progress is written no more often
  static constexpr Duration retry_first{200};     // what failed is done again after
  static constexpr Duration retry_longest{5'000};

  // `nonce` returns a text that nobody else's watermarks have. `wall_us` the time since 1970.
  SnapshotDirector(std::function<std::string()> nonce, std::function<int64_t()> wall_us,
                   std::function<double()> chance);

  DirectorAction next(Instant now);

  // ---- the job ----

  // As it stands in the bucket, at `revision`; nothing: there is none. At the beginning of each
  // session, and whenever read_job was asked for. Not `is_stored`: the bucket has another one, or
  // none, which is to be replaced.
  void on_job(std::optional<SnapshotJob> job, uint64_t revision, Instant now,
              bool is_stored = true);
  KnownJob known_job() const { return {keeper_.job(), keeper_.known_revision()}; }
  void on_job_written(uint64_t revision, Instant now);
  void on_job_conflict(Instant now);  // somebody else was faster: it is read
  // The link that carried a read or a write is gone: nobody knows what is stored. It is read.
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
  const std::optional<Error>& initial_failed() const { return initial_failed_; }

  // ---- the reader ----

  // It lives by the connection that has exported its snapshot.
  bool initial_unfinished() const { return phase_ == Phase::initial || initial_failed_; }

  // Its events are taken only while this says yes, each before the items that came after it.
  bool wants_reader_event() const;
  void on_reader_event(ReaderEvent event, Instant now);

  // ---- the pump, as row_source.h says ----

  void on_session_begin();
  void on_session_end();
  bool wants_events() const;
  void on_event(const Frame& frame);
  void on_control(const Frame& frame);
  std::optional<RowsInPlace> take_rows();
  void on_rows_stored(uint64_t number, const StoredRow* newest);
  void on_rows_lost();

  // For people and status: the job as it stands now, nothing if there is none.
  const std::optional<SnapshotJob>& job() const { return keeper_.job(); }
  // Why it does not get on at the moment, for the log; empty if it does.
  const std::string& trouble() const { return trouble_; }

 private:
  enum class Phase : uint8_t {
    idle,     // no job that could go on, or no session
    initial,  // all tables through the slot's snapshot
    listing,  // which tables there are
    opening,  // waits until there are no strangers
    chunks,
  };
  // A chunk between its order and its high watermark.
  struct Chunk {
    uint64_t number = 0;
    Instant ordered{};
    std::optional<ReaderEvent> read;
  };
  // Where the next chunk begins.
  struct Place {
    size_t table = 0;
    std::string cursor;
  };

  void follow_job();
  void start_job();
  void merge(const SnapshotJob& stored, bool is_stored);
  void stop_reading();
  void again(std::string why);

  std::optional<DirectorAction> next_order(Instant now);
  void look_at_job(Instant now);
  DirectorAction order_list();
  DirectorAction order_chunk(Instant now);

  void on_tables(std::vector<JobTable> tables);
  void on_open(const std::string& snapshot);
  void on_failed(const Error& error);
  void on_initial_event(ReaderEvent event);
  void on_rewritten(const JobTable& table);
  void on_initial_read();
  void fail_initial(Error error);
  void end_initial_if_stored();

  void start_chunks();
  void begin_noting();
  void on_high_watermark(std::string_view snapshot, Lsn lsn);
  void accept(Chunk chunk, const Visibility& snapshot, Lsn lsn);
  void make_smaller(uint64_t rows);
  void move_on(const ReaderEvent& read);
  void apply(const std::vector<RowStep>& steps, const StoredRow* newest = nullptr);
  void complete_if_stored();
  std::optional<Place> unread_place(size_t from) const;

  std::function<std::string()> nonce_;
  std::function<int64_t()> wall_us_;
  std::function<double()> chance_;

  JobKeeper keeper_{job_interval};
  Phase phase_ = Phase::idle;
  bool in_session_ = false;
  bool stored_job_counts_ = true;  // the next one that is read replaces ours
  bool begun_rows_ = false;        // the job's first row has been taken
  std::string trouble_;

  bool reader_busy_ = false;
  bool cancel_due_ = false;
  Instant not_before_{};          // of the next order
  Instant next_look_{};           // at the job of an initial snapshot
  Instant next_chunk_{};          // not before this, with a rate
  std::optional<Duration> wait_;  // counts from the next look at the clock
  Backoff backoff_{retry_first, retry_longest};

  RowQueue queue_;

  // On demand:
  UnseenChanges unseen_{touched_keys_max};
  std::string watermark_nonce_;
  uint64_t chunk_number_ = 0;
  uint64_t rows_max_ = chunk_rows_max;
  std::optional<Chunk> chunk_;
  std::optional<Place> place_;  // nothing: all tables are read

  // Initial:
  bool requesting_ = false;
  uint64_t request_change_ = 0;
  std::optional<SnapshotJob> request_;
  InitialOrder exported_;
  bool initial_read_ = false;
  bool left_to_chunks_ = false;          // a table is
  std::optional<uint64_t> initial_end_;  // the change that ended it
  std::optional<Error> initial_failed_;
};

}  // namespace waljet

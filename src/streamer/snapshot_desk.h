// Where the publisher's thread meets snapshots: carries what the director wants to the reader, to
// NATS and to the log, and what they answer back. Decides nothing.
//
// The pump takes rows from here. A row is asked of the reader only when the pump has room for it,
// so what is read and not yet published is bounded by the reader's queue.
//
// One thread, but for the reader's own.
#pragma once

#include <functional>
#include <optional>
#include <random>
#include <string>

#include "streamer/handoff.h"
#include "streamer/jetstream.h"
#include "streamer/log.h"
#include "streamer/pump.h"
#include "streamer/row_source.h"
#include "streamer/snapshot_director.h"
#include "streamer/snapshot_reader.h"
#include "streamer/surveyor.h"

namespace waljet {

// The token of the job's publish, as record_token is that of the record's.
constexpr Token job_token = fence_token - 1;

class SnapshotDesk : public RowSource {
 public:
  SnapshotDesk(std::string source_id, SnapshotReaderSettings reader, Handoff& handoff);

  // Of the session that begins: rows are formatted as its changes are.
  void set_options(OptionList options) { reader_.set_options(std::move(options)); }
  // What the source has asked for. True: there may be rows that were not there before.
  bool take_inputs(bool in_session, Instant now);
  bool initial_unfinished() const { return director_.initial_unfinished(); }
  // For the survey: what a broker has lost of the job.
  KnownJob known_job() const { return director_.known_job(); }
  // What a survey found, at the beginning of a session or between two.
  void on_survey(const Survey& survey, Instant now);
  // Does what the director wants. An error: what is wrong with the link.
  std::optional<Error> work(Link& link, Surveyor& surveyor, Instant now);
  // When the director wants to be asked again.
  Instant wake_at() const { return wake_at_; }
  void on_ack(const Ack& ack, Instant now);
  void on_link_lost(Instant now);
  // Tells the source and the log.
  void report(Instant now);

  // ---- the pump ----
  void on_session_begin(Lsn slot_confirmed) override;
  void on_session_end() override;
  bool wants_events() const override { return director_.wants_events(); }
  void on_event(const Frame& frame) override { director_.on_event(frame); }
  void on_control(const Frame& frame) override;
  std::optional<RowsInPlace> take_rows() override;
  void on_rows_stored(uint64_t number, const StoredRow* newest) override {
    director_.on_rows_stored(number, newest);
  }
  void on_rows_lost() override { director_.on_rows_lost(); }

 private:
  static constexpr Duration progress_interval{10'000};

  void take_reader_events();
  std::optional<Error> read_job(Link& link, Surveyor& surveyor, Instant now);
  std::optional<Error> write_job(Link& link, Surveyor& surveyor, const DirectorAction& action);
  void log_job(Instant now);

  const std::string source_id_;
  Handoff& handoff_;
  std::mt19937_64 random_{std::random_device{}()};
  SnapshotDirector director_;
  SnapshotReader reader_;
  SurveyedJob surveyed_;
  bool write_under_way_ = false;
  bool bucket_ensured_ = false;
  Instant wake_at_ = Instant::max();

  Handoff::SnapshotReport reported_;
  TroubleLog trouble_log_;
  std::string logged_id_;
  std::optional<JobState> logged_state_;
  Instant progress_at_{};
};

}  // namespace waljet

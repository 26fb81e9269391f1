// Takes a survey: asks JetStream for the stream, the record and the newest messages, and creates
// what is missing when told to. Waits for each answer. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "streamer/ack_window.h"
#include "streamer/errors.h"
#include "streamer/jetstream.h"
#include "streamer/stored_message.h"
#include "streamer/stream_config.h"
#include "streamer/survey.h"

namespace waljet {

// Why there is no survey.
struct SurveyFailure {
  Error error;
  bool jetstream_absent = false;  // nobody answers for JetStream
};

class Surveyor {
 public:
  struct Settings {
    std::string source_id;
    std::string stream;
    std::string stream_subjects;                // of a stream that is created
    std::vector<std::string> subject_patterns;  // that a stream must cover
    AckWindow::Limits limits;
    StreamPlan stream_plan;
    bool strict = true;  // the newest messages are read, and the stream must fit the chain
  };

  explicit Surveyor(Settings settings) : settings_(std::move(settings)) {}

  // Reads back to sequence `read_from`; 0: as far as an event may be missing, which the record
  // knows; twice what was ever in flight is enough as well. `may_create`: the record's bucket.
  std::optional<SurveyFailure> take(Link& link, uint64_t read_from, bool may_create,
                                    const KnownJob& known, Survey& survey);
  std::optional<SurveyFailure> create_stream(Link& link);
  // What is known of a snapshot, alone: its rows are not looked for. In both, what the bucket has
  // lost of the job is taken from `known`.
  std::optional<SurveyFailure> read_job(Link& link, const KnownJob& known, SurveyedJob& found);
  // Where both the job and the record are; not there yet before the first session.
  std::optional<SurveyFailure> ensure_bucket(Link& link);

 private:
  static constexpr uint64_t block = 256;  // messages asked for in one go

  std::optional<SurveyFailure> ask(Link& link, const std::string& subject, const std::string& body,
                                   std::string& json);
  std::optional<SurveyFailure> read_key(Link& link, const std::string& subject, bool& bucket_exists,
                                        StoredHead& head);
  std::optional<SurveyFailure> read_stream_state(Link& link, Survey& survey);
  std::optional<SurveyFailure> read_record(Link& link, bool& bucket_exists, Survey& survey);
  std::optional<SurveyFailure> create_bucket(Link& link, const Survey& survey);
  // What stands where a message of this source stood.
  enum class Found : uint8_t { same, another, removed };

  std::optional<SurveyFailure> recognize_stream(Link& link, Survey& survey);
  std::optional<SurveyFailure> look_for_rows(Link& link, Survey& survey);
  std::optional<SurveyFailure> look_up(Link& link, const StreamState& stream, uint64_t sequence,
                                       const Position& place, Found& found);
  std::optional<SurveyFailure> read_newest(Link& link, uint64_t read_from, Survey& survey);
  bool reaches_back(const Survey& survey, uint64_t low, uint64_t bytes) const;
  void compare_with_record(const StoredHead& head, Survey& survey) const;
  bool note(const StoredHead& head, Survey& survey) const;

  Settings settings_;
};

}  // namespace waljet

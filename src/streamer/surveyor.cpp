#include "streamer/surveyor.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "streamer/row_place.h"
#include "streamer/stored_place.h"

namespace waljet {
namespace {

SurveyFailure failure(Error error) {
  return {std::move(error), false};
}

SurveyFailure api_failure(const std::string& stream, const ApiError& error) {
  return {api_error(stream, error), means_jetstream_absent(error)};
}

}  // namespace

std::optional<SurveyFailure> Surveyor::take(Link& link, uint64_t read_from, bool may_create,
                                            const KnownJob& known, Survey& survey) {
  // In this order, so that the record is never ahead of the stream.
  bool bucket_exists = true;
  if (auto failed = read_record(link, bucket_exists, survey)) return failed;
  if (auto failed = read_job(link, known, survey.snapshot)) return failed;
  if (auto failed = read_stream_state(link, survey)) return failed;
  if (auto failed = recognize_stream(link, survey)) return failed;
  if (auto failed = look_for_rows(link, survey)) return failed;
  if (!bucket_exists && may_create) {
    if (auto failed = create_bucket(link, survey)) return failed;
  }
  if (!settings_.strict || !survey.stream) return std::nullopt;
  return read_newest(link, read_from, survey);
}

std::optional<SurveyFailure> Surveyor::ask(Link& link, const std::string& subject,
                                           const std::string& body, std::string& json) {
  auto reply = link.request(subject, body);
  if (!reply) return failure(std::move(reply.error()));
  if (reply->no_responders) {
    return SurveyFailure{{ErrorClass::retry,
                          "nobody answers for JetStream in NATS (503, no responders): switch it "
                          "on, by `nats-server -js` or `jetstream {}` in its configuration",
                          {},
                          {}},
                         true};
  }
  json = std::move(reply->json);
  return std::nullopt;
}

// ---- the stream ----

std::optional<SurveyFailure> Surveyor::read_stream_state(Link& link, Survey& survey) {
  std::string json;
  if (auto failed = ask(link, "$JS.API.STREAM.INFO." + settings_.stream, "", json)) return failed;
  StreamAnswer answer = parse_stream_answer(json);
  if (answer.error && answer.error->code == api_error_stream_not_found) return std::nullopt;
  if (answer.error) return api_failure(settings_.stream, *answer.error);
  if (auto error =
          check_stream(settings_.stream, answer, settings_.subject_patterns, settings_.strict)) {
    return failure(std::move(*error));
  }
  survey.stream = std::move(answer.state);
  return std::nullopt;
}

// nats-server 2.9 gives a stream that was updated another time of creation when it starts again. It
// is the one that the record knows if the record's newest message stands there.
std::optional<SurveyFailure> Surveyor::recognize_stream(Link& link, Survey& survey) {
  const auto& record = survey.record;
  if (!record || record->newest_sequence == 0 || record->stream != settings_.stream) {
    return std::nullopt;
  }
  if (!survey.stream || survey.stream->created == record->stream_created) return std::nullopt;
  Found found = Found::another;
  if (auto failed =
          look_up(link, *survey.stream, record->newest_sequence, record->newest_event, found)) {
    return failed;
  }
  if (found == Found::same) survey.stream->created = record->stream_created;
  return std::nullopt;
}

std::optional<SurveyFailure> Surveyor::create_stream(Link& link) {
  if (!settings_.stream_plan.create) {
    return failure({ErrorClass::refused,
                    fmt::format("there is no stream {}, and sink.stream.create is false: create it "
                                "for the subjects {}",
                                settings_.stream, settings_.stream_subjects),
                    {},
                    {}});
  }
  std::string json;
  const std::string request =
      stream_create_request(settings_.stream, settings_.stream_subjects, settings_.stream_plan);
  if (auto failed = ask(link, "$JS.API.STREAM.CREATE." + settings_.stream, request, json)) {
    return failed;
  }
  const StreamAnswer answer = parse_stream_answer(json);
  if (answer.error) return api_failure(settings_.stream, *answer.error);
  return std::nullopt;
}

// ---- the bucket ----

// The newest value of a key of the bucket; its sequence is 0 where there is none. A server of 2.9
// dies of MSG.GET for a stream that is just being created, so an empty one is not asked.
std::optional<SurveyFailure> Surveyor::read_key(Link& link, const std::string& subject,
                                                bool& bucket_exists, StoredHead& head) {
  std::string json;
  if (auto failed = ask(link, "$JS.API.STREAM.INFO." + record_stream(), "", json)) return failed;
  const StreamAnswer bucket = parse_stream_answer(json);
  bucket_exists = !bucket.error || bucket.error->code != api_error_stream_not_found;
  if (!bucket_exists) return std::nullopt;
  if (bucket.error) return api_failure(record_stream(), *bucket.error);
  if (bucket.state.messages == 0) return std::nullopt;
  const std::string request = fmt::format(R"({{"last_by_subj":"{}"}})", subject);
  if (auto failed = ask(link, "$JS.API.STREAM.MSG.GET." + record_stream(), request, json)) {
    return failed;
  }
  head = parse_stored_message(json, true);
  if (head.error_code == 0 || head.error_code == api_error_no_message) return std::nullopt;
  return api_failure(record_stream(), {head.error_code, head.error_text});
}

std::optional<SurveyFailure> Surveyor::read_job(Link& link, const KnownJob& known,
                                                SurveyedJob& found) {
  bool bucket_exists = false;
  StoredHead head;
  if (auto failed = read_key(link, job_subject(settings_.source_id), bucket_exists, head)) {
    return failed;
  }
  found.revision = head.sequence;
  if (!head.body.empty()) found.job = parse_job(head.body);
  const bool can_be_read = head.body.empty() || found.job;
  if (can_be_read && has_lost(known, found.job, head.sequence)) {
    found.job = known.job;
    found.is_stored = false;
  }
  if (can_be_read) return std::nullopt;
  return failure({ErrorClass::refused,
                  fmt::format("the snapshot's job {}.snapshot in bucket {} cannot be read: it was "
                              "written by a newer waljet, or by something else; upgrade waljet",
                              settings_.source_id, record_bucket),
                  {},
                  {}});
}

// ---- rows of a snapshot ----

// The newest mark at which the stream is as it was. A message that was removed since was there.
std::optional<SurveyFailure> Surveyor::look_for_rows(Link& link, Survey& survey) {
  if (!survey.snapshot.job || survey.snapshot.job->marks.empty()) return std::nullopt;
  const SnapshotJob& job = *survey.snapshot.job;
  survey.snapshot.rows.same_stream = survey.stream && survey.stream->created == job.stream_created;
  if (!survey.snapshot.rows.same_stream) return std::nullopt;
  survey.snapshot.rows.kept = 0;
  for (auto mark = job.marks.rbegin(); mark != job.marks.rend(); ++mark) {
    Found found = Found::another;
    if (auto failed = look_up(link, *survey.stream, mark->sequence, mark->place, found)) {
      return failed;
    }
    if (found == Found::another) continue;
    survey.snapshot.rows.kept = mark->sequence;
    return std::nullopt;
  }
  return std::nullopt;
}

std::optional<SurveyFailure> Surveyor::look_up(Link& link, const StreamState& stream,
                                               uint64_t sequence, const Position& place,
                                               Found& found) {
  found = sequence > stream.last_sequence ? Found::another : Found::removed;
  const bool may_be_there = sequence >= stream.first_sequence && stream.messages > 0;
  if (found == Found::another || !may_be_there) return std::nullopt;
  std::string json;
  const std::string request = fmt::format(R"({{"seq":{}}})", sequence);
  if (auto failed = ask(link, "$JS.API.STREAM.MSG.GET." + settings_.stream, request, json)) {
    return failed;
  }
  const StoredHead head = parse_stored_message(json, false);
  if (head.error_code == api_error_no_message) return std::nullopt;
  if (head.error_code != 0) {
    return api_failure(settings_.stream, {head.error_code, head.error_text});
  }
  found = stands_there(head, settings_.source_id, place) ? Found::same : Found::another;
  return std::nullopt;
}

// ---- the record ----

std::optional<SurveyFailure> Surveyor::read_record(Link& link, bool& bucket_exists,
                                                   Survey& survey) {
  StoredHead head;
  if (auto failed = read_key(link, record_subject(settings_.source_id), bucket_exists, head)) {
    return failed;
  }
  survey.record_revision = head.sequence;
  if (head.body.empty()) return std::nullopt;  // deleted by its key
  survey.record = parse_record(head.body);
  if (survey.record) return std::nullopt;
  return failure(
      {ErrorClass::refused,
       fmt::format("the record {} in bucket {} cannot be read: it was written by a newer "
                   "waljet, or by something else; upgrade waljet",
                   settings_.source_id, record_bucket),
       {},
       {}});
}

std::optional<SurveyFailure> Surveyor::ensure_bucket(Link& link) {
  Survey survey;
  bool exists = false;
  StoredHead head;
  if (auto failed = read_key(link, job_subject(settings_.source_id), exists, head)) return failed;
  if (exists) return std::nullopt;
  if (auto failed = read_stream_state(link, survey)) return failed;
  return create_bucket(link, survey);
}

// In as many copies as the stream has, or will have.
std::optional<SurveyFailure> Surveyor::create_bucket(Link& link, const Survey& survey) {
  std::string json;
  const int replicas = survey.stream ? survey.stream->replicas : settings_.stream_plan.replicas;
  if (auto failed = ask(link, "$JS.API.STREAM.CREATE." + record_stream(),
                        bucket_create_request(replicas), json)) {
    return failed;
  }
  const StreamAnswer answer = parse_stream_answer(json);
  // Somebody else may have created it meanwhile.
  if (!answer.error || answer.error->code == api_error_name_in_use) return std::nullopt;
  return api_failure(record_stream(), *answer.error);
}

// ---- the newest messages ----

std::optional<SurveyFailure> Surveyor::read_newest(Link& link, uint64_t read_from, Survey& survey) {
  const StreamState& stream = *survey.stream;
  uint64_t lowest = std::max<uint64_t>({stream.first_sequence, read_from, 1});
  if (stream.messages == 0) lowest = stream.last_sequence + 1;
  uint64_t low = stream.last_sequence + 1;
  uint64_t bytes = 0;
  Error trouble;
  while (low > lowest && (read_from != 0 || !reaches_back(survey, low, bytes))) {
    const uint64_t high = low - 1;
    low = high - lowest < block ? lowest : high - block + 1;
    int unexpected = 0;
    auto error = link.read_messages(settings_.stream, low, high, [&](std::string_view json) {
      const StoredHead head = parse_stored_message(json, false);
      if (head.error_code == 0) {
        compare_with_record(head, survey);
        if (note(head, survey)) bytes += head.body_bytes;
        return;
      }
      if (head.error_code == api_error_no_message) return;
      unexpected = head.error_code;
      trouble = api_error(settings_.stream, {head.error_code, head.error_text});
    });
    if (error) return failure(std::move(*error));
    if (unexpected != 0) return failure(std::move(trouble));
  }
  survey.read_from = low;
  std::sort(survey.events.begin(), survey.events.end(),
            [](const StoredEvent& a, const StoredEvent& b) { return a.sequence < b.sequence; });
  return std::nullopt;
}

// Whether what was read, from sequence `low` on with so many bytes of this source's events, is
// enough to know what is stored. Foreign messages do not count: a hole may lie before them.
bool Surveyor::reaches_back(const Survey& survey, uint64_t low, uint64_t bytes) const {
  const StreamState& stream = *survey.stream;
  uint64_t messages_max = settings_.limits.messages_max;
  uint64_t bytes_max = settings_.limits.bytes_max;
  if (const auto& record = survey.record) {
    messages_max = std::max(messages_max, record->max_pending);
    bytes_max = std::max(bytes_max, record->max_pending_bytes);
    const bool trusted =
        record->stream_created == stream.created && stream.last_sequence >= record->stream_sequence;
    if (trusted && !survey.is_written_anew && record->read_from != 0) {
      const bool has_newest = record->newest_sequence != 0;
      return low <= record->read_from && (!has_newest || low <= record->newest_sequence);
    }
  }
  if (survey.events.size() >= 2 * messages_max || bytes >= 2 * bytes_max) return true;
  // A stream in which others wrote before this source is known.
  return !survey.record && survey.events.empty() &&
         stream.last_sequence + 1 - low >= 2 * messages_max;
}

void Surveyor::compare_with_record(const StoredHead& head, Survey& survey) const {
  if (!survey.record || survey.record->newest_sequence != head.sequence) return;
  if (!survey.stream || survey.record->stream_created != survey.stream->created) return;
  survey.is_written_anew = !stands_there(head, settings_.source_id, survey.record->newest_event);
}

// True for an event of this source.
bool Surveyor::note(const StoredHead& head, Survey& survey) const {
  const auto place = place_of(head);
  if (!place && head.event_id == settings_.source_id + std::string(fence_id_word)) return false;
  if (!place) {
    ++survey.foreign_messages;
    survey.foreign_subject = head.subject;
    return false;
  }
  if (place->source == settings_.source_id) {
    survey.events.push_back({head.sequence, place->first, place->last});
    return true;
  }
  if (head.sequence > survey.other_sequence) {
    survey.other_sequence = head.sequence;
    survey.other_source = place->source;
  }
  return false;
}

}  // namespace waljet

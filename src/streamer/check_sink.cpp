#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "event/subject.h"
#include "streamer/check_judge.h"
#include "streamer/size_text.h"
#include "streamer/time_text.h"

namespace waljet {
namespace {

// nats-server syncs a file that often by default.
constexpr Duration sync_interval{120'000};
constexpr int64_t nearly_full_percent = 80;

std::string bytes_text(int64_t bytes) {
  return size_text(static_cast<uint64_t>(std::max<int64_t>(bytes, 0)));
}

class SinkJudge {
 public:
  SinkJudge(const CheckPlan& plan, const SinkFacts& sink, FindingList& findings)
      : plan_(plan), sink_(sink), findings_(findings), name_(plan.names.stream) {}

  void judge();

 private:
  bool strict() const { return plan_.settings.fencing == Fencing::strict; }
  const StreamFacts& stream() const { return *sink_.stream; }

  void permissions();
  void account();
  void absent_stream();
  void usable();
  void coverage();
  void chain();
  void durability();
  void limits();
  void discards_new(const std::string& listed);
  void oddities();
  void record();
  void delivery();
  void confirm_delay();

  const CheckPlan& plan_;
  const SinkFacts& sink_;
  FindingList& findings_;
  const std::string& name_;
};

void SinkJudge::judge() {
  if (sink_.jetstream_off) {
    return findings_.add("jetstream_off", {{"why", *sink_.jetstream_off}});
  }
  permissions();
  account();
  if (!sink_.stream_problem.empty()) {
    return findings_.add("stream_unavailable", {{"stream", name_}, {"why", sink_.stream_problem}});
  }
  if (sink_.stream) {
    usable();
    coverage();
    chain();
    limits();
    oddities();
  } else if (sink_.api_denied.empty()) {
    absent_stream();
  }
  durability();
  record();
  delivery();
  confirm_delay();
}

void SinkJudge::permissions() {
  if (!sink_.api_denied.empty()) {
    findings_.add("api_denied", {{"why", sink_.api_denied},
                                 {"subjects",
                                  "$JS.API.STREAM.INFO.*, $JS.API.STREAM.CREATE.*, "
                                  "$JS.API.STREAM.MSG.GET.*"}});
  }
  if (!sink_.publish_denied.empty()) {
    findings_.add("publish_denied",
                  {{"why", sink_.publish_denied},
                   {"subjects", fmt::format("{}", fmt::join(plan_.names.subject_patterns, ", "))}});
  }
  if (!sink_.record_denied.empty()) {
    findings_.add("record_denied", {{"why", sink_.record_denied}});
  }
}

void SinkJudge::account() {
  if (!sink_.account) return;
  const AccountFacts& account = *sink_.account;
  const auto storage = [&](const char* kind, int64_t limit, int64_t used) {
    if (limit <= 0 || used < limit / 100 * nearly_full_percent) return;
    findings_.add(
        "account_storage",
        {{"left", bytes_text(limit - used)}, {"limit", bytes_text(limit)}, {"kind", kind}});
  };
  storage("storage on file", account.file_max, account.file_used);
  storage("storage in memory", account.memory_max, account.memory_used);
  const int64_t needed = (sink_.stream ? 0 : 1) + (sink_.bucket ? 0 : 1);
  if (account.streams_max <= 0 || account.streams_used + needed <= account.streams_max) return;
  findings_.add("account_streams", {{"used", std::to_string(account.streams_used)},
                                    {"limit", std::to_string(account.streams_max)},
                                    {"needed", std::to_string(needed)}});
}

void SinkJudge::absent_stream() {
  const std::string& subjects = plan_.names.stream_subjects;
  if (!plan_.settings.stream_plan.create) {
    return findings_.add("stream_missing", {{"stream", name_}, {"subjects", subjects}});
  }
  if (sink_.overlapping.empty()) {
    return findings_.add("stream_absent", {{"stream", name_}, {"subjects", subjects}});
  }
  findings_.add(
      "stream_overlap",
      {{"stream", name_}, {"subjects", subjects}, {"others", some_of(sink_.overlapping)}});
}

void SinkJudge::usable() {
  const StreamAnswer& answer = stream().answer;
  if (answer.is_mirror) findings_.add("stream_mirror", {{"stream", name_}});
  if (answer.is_sealed) findings_.add("stream_sealed", {{"stream", name_}});
  if (!answer.acknowledges) findings_.add("stream_no_ack", {{"stream", name_}});
}

void SinkJudge::coverage() {
  const std::vector<std::string>& taken = stream().answer.subjects;
  std::vector<std::string> uncovered;
  for (const std::string& pattern : plan_.names.subject_patterns) {
    const auto covers = [&](const std::string& outer) { return subject_covers(outer, pattern); };
    if (!std::any_of(taken.begin(), taken.end(), covers)) uncovered.push_back(pattern);
  }
  if (uncovered.empty() || stream().answer.is_mirror) return;
  findings_.add("stream_subjects", {{"stream", name_},
                                    {"taken", taken.empty() ? "no subjects" : some_of(taken)},
                                    {"subjects", some_of(uncovered)}});
}

// As check_stream() does, which is what `run` asks.
void SinkJudge::chain() {
  const std::string& retention = stream().retention;
  const bool removes = retention == "workqueue" || retention == "interest";
  if (removes && strict()) {
    findings_.add("stream_retention", {{"stream", name_}, {"retention", retention}});
  } else if (removes) {
    findings_.add("stream_removes_read", {{"stream", name_}, {"retention", retention}});
  }
  if (!strict()) return;
  if (stream().transforms) findings_.add("stream_transform", {{"stream", name_}});
  if (stream().has_sources) findings_.add("stream_sources", {{"stream", name_}});
  if (stream().writes_markers) findings_.add("stream_delete_markers", {{"stream", name_}});
}

// Of the stream that is there, or of the one that will be made.
void SinkJudge::durability() {
  const StreamPlan& made = plan_.settings.stream_plan;
  const StreamState* state = sink_.stream ? &stream().answer.state : nullptr;
  const bool in_memory = state != nullptr ? state->in_memory : made.in_memory;
  const int replicas = state != nullptr ? state->replicas : made.replicas;
  if (in_memory) findings_.add("stream_memory", {{"stream", name_}});
  if (!in_memory && replicas == 1) findings_.add("stream_one_replica", {{"stream", name_}});
  const bool explicit_delay = plan_.settings.confirm_delay != confirm_delay_auto;
  if (!explicit_delay || in_memory || replicas > 1) return;
  const Duration delay = parse_duration(plan_.settings.confirm_delay).value_or(Duration{0});
  if (delay >= sync_interval) return;
  findings_.add("confirm_delay_short", {{"delay", duration_text(delay)}});
}

void SinkJudge::limits() {
  std::vector<std::string> list;
  if (stream().messages_max > 0) list.push_back(fmt::format("{} messages", stream().messages_max));
  if (stream().bytes_max > 0) list.push_back(bytes_text(stream().bytes_max));
  const std::string listed = fmt::format("{}", fmt::join(list, ", "));
  if (stream().discards_new && !list.empty()) discards_new(listed);
  if (stream().discards_new) list.clear();
  if (stream().max_age > Duration{0}) {
    list.push_back(fmt::format("an age of {}", duration_text(stream().max_age)));
  }
  if (!list.empty()) {
    findings_.add("stream_limits",
                  {{"stream", name_}, {"limits", fmt::format("{}", fmt::join(list, ", "))}});
  }
  if (stream().per_subject_max <= 0) return;
  findings_.add("stream_per_subject",
                {{"stream", name_}, {"limit", std::to_string(stream().per_subject_max)}});
}

void SinkJudge::discards_new(const std::string& listed) {
  findings_.add("stream_discard_new", {{"stream", name_}, {"limits", listed}});
  const auto full = [&](int64_t limit, uint64_t used, const std::string& what) {
    if (limit <= 0) return;
    const auto percent =
        static_cast<int64_t>(100.0 * static_cast<double>(used) / static_cast<double>(limit));
    if (percent < nearly_full_percent) return;
    findings_.add("stream_nearly_full",
                  {{"stream", name_}, {"percent", std::to_string(percent)}, {"limit", what}});
  };
  full(stream().messages_max, stream().answer.state.messages,
       fmt::format("{} messages", stream().messages_max));
  full(stream().bytes_max, stream().bytes, bytes_text(stream().bytes_max));
}

void SinkJudge::oddities() {
  if (stream().republishes) findings_.add("stream_republish", {{"stream", name_}});
  if (stream().allows_rollup) findings_.add("stream_rollup", {{"stream", name_}});
}

void SinkJudge::record() {
  if (!sink_.bucket) return;
  const StreamFacts& bucket = *sink_.bucket;
  if (bucket.max_age > Duration{0}) {
    findings_.add("record_expires", {{"limit", "their age, " + duration_text(bucket.max_age)}});
  } else if (bucket.messages_max > 0 && !bucket.discards_new) {
    findings_.add("record_expires", {{"limit", "their number"}});
  }
  if (bucket.answer.state.in_memory) findings_.add("record_in_memory");
  if (!sink_.stream || bucket.answer.state.replicas >= stream().answer.state.replicas) return;
  findings_.add("record_replicas", {{"theirs", std::to_string(bucket.answer.state.replicas)},
                                    {"ours", std::to_string(stream().answer.state.replicas)},
                                    {"stream", name_}});
}

void SinkJudge::delivery() {
  if (!sink_.survey_problem.empty()) {
    findings_.add("record_unreadable", {{"why", sink_.survey_problem}});
  }
  if (!strict() || !sink_.survey || sink_.survey->foreign_messages == 0) return;
  findings_.add("foreign_messages", {{"stream", name_},
                                     {"count", std::to_string(sink_.survey->foreign_messages)},
                                     {"subject", sink_.survey->foreign_subject}});
}

void SinkJudge::confirm_delay() {
  if (strict()) return;
  constexpr Duration default_window{120'000};
  const Duration window = sink_.stream ? stream().answer.state.duplicate_window : default_window;
  findings_.add("fencing_off", {{"window", duration_text(window)}});
  if (plan_.settings.confirm_delay == confirm_delay_auto) return;
  const Duration delay = parse_duration(plan_.settings.confirm_delay).value_or(Duration{0});
  if (delay <= window / 2) return;
  findings_.add("confirm_delay_window",
                {{"delay", duration_text(delay)}, {"window", duration_text(window)}});
}

}  // namespace

void judge_sink(const CheckPlan& plan, const SinkFacts& sink, FindingList& findings) {
  SinkJudge(plan, sink, findings).judge();
}

int64_t message_bytes_max(const SinkFacts& sink) {
  const int64_t of_stream = sink.stream ? sink.stream->answer.state.message_bytes_max : -1;
  return of_stream >= 0 ? std::min(of_stream, sink.max_payload) : sink.max_payload;
}

}  // namespace waljet

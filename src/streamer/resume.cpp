#include "streamer/resume.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "streamer/position_text.h"

namespace waljet {
namespace {

// The smallest one that covers what the slot has confirmed.
std::optional<Mark> mark_for(const Record& record, Lsn confirmed) {
  for (const Mark& mark : record.marks) {
    if (mark.lsn >= confirmed) return mark;
  }
  return std::nullopt;
}

class Decider {
 public:
  Decider(const ResumeNames& names, const SourceFacts& facts, const Survey& survey,
          const ResumePolicy& policy)
      : names_(names), facts_(facts), survey_(survey), policy_(policy) {}

  Decision decide();

 private:
  std::optional<std::string> divergence();
  std::optional<std::string> divergence_of_timelines() const;
  std::optional<std::string> divergence_of_log();
  std::optional<std::string> gap();
  std::optional<std::string> gap_of_stream();
  bool pass(std::optional<std::string> reason, bool accepted, const char* word);
  void collect_stored();

  const std::optional<Record>& record() const { return survey_.record; }
  // Where there is a record: what was ever acknowledged.
  const Record& newest_record() const {
    return survey_.lost_record ? *survey_.lost_record : *survey_.record;
  }
  bool is_of_this_stream(const Record& record) const {
    return survey_.stream && record.stream == names_.stream &&
           record.stream_created == survey_.stream->created;
  }
  uint64_t last_sequence() const { return survey_.stream ? survey_.stream->last_sequence : 0; }
  bool in_present_history(const StoredEvent& event) const {
    return !record() || event.sequence > record()->history_sequence;
  }
  // Last event of the present history that is known to have been stored.
  std::optional<Position> last_event() const;

  const ResumeNames& names_;
  const SourceFacts& facts_;
  const Survey& survey_;
  const ResumePolicy& policy_;
  Decision decision_;
};

Decision Decider::decide() {
  auto diverged = divergence();
  decision_.new_history = diverged.has_value();
  if (!pass(std::move(diverged), policy_.accept_divergence, "--accept-divergence")) {
    return decision_;
  }
  if (!pass(gap(), policy_.accept_gap, "--accept-gap")) return decision_;
  collect_stored();
  return decision_;
}

bool Decider::pass(std::optional<std::string> reason, bool accepted, const char* word) {
  if (!reason) return true;
  if (!accepted) {
    decision_.blocked = fmt::format(
        "{}: nothing is published until that is mended, or until waljet is started "
        "with {} to go on nevertheless",
        *reason, word);
    return false;
  }
  decision_.accepted.push_back(fmt::format("{}: going on, as {} says", *reason, word));
  return true;
}

std::optional<Position> Decider::last_event() const {
  std::optional<Position> last;
  if (record()) last = record()->last_event;
  for (const StoredEvent& event : survey_.events) {
    if (in_present_history(event)) last = std::max(last.value_or(event.position), event.position);
  }
  return last;
}

std::optional<std::string> Decider::divergence() {
  const uint64_t newest = survey_.events.empty() ? 0 : survey_.events.back().sequence;
  const uint64_t given_up = record() ? record()->history_sequence : 0;
  if (policy_.strict && survey_.other_sequence > std::max(newest, given_up)) {
    return fmt::format(
        "the newest event in stream {} (sequence {}) is of source {}, and this source is {}: "
        "another cluster, slot or name. One stream holds one source, unless fencing is off",
        names_.stream, survey_.other_sequence, survey_.other_source, names_.source_id);
  }
  if (record() && record()->system_identifier != facts_.system_identifier) {
    return fmt::format("the record was written for system {}, and the server is system {}",
                       record()->system_identifier, facts_.system_identifier);
  }
  if (auto reason = divergence_of_timelines()) return reason;
  return divergence_of_log();
}

std::optional<std::string> Decider::divergence_of_timelines() const {
  if (!record() || record()->timeline == facts_.timeline) return std::nullopt;
  const auto left = std::find_if(
      facts_.ancestors.begin(), facts_.ancestors.end(),
      [&](const TimelineSwitch& ancestor) { return ancestor.timeline == record()->timeline; });
  if (left == facts_.ancestors.end()) {
    return fmt::format(
        "events were stored from timeline {}, which is not in the history of the "
        "server's timeline {}",
        record()->timeline, facts_.timeline);
  }
  const auto last = last_event();
  if (last && last->commit_lsn >= left->end) {
    return fmt::format(
        "stream {} holds an event committed at {} on timeline {}, which the server left at {} for "
        "timeline {}: that commit does not exist there (a standby was promoted that lagged behind)",
        names_.stream, lsn_text(last->commit_lsn), record()->timeline, lsn_text(left->end),
        facts_.timeline);
  }
  return std::nullopt;
}

// A server that was put back in time writes its log anew: that it has grown past the event again
// does not make the event its own.
std::optional<std::string> Decider::divergence_of_log() {
  const auto last = last_event();
  if (!last) return std::nullopt;
  const bool same_timeline = !record() || record()->timeline == facts_.timeline;
  const bool seen = same_timeline && record() && record()->diverged == last;
  if (last->commit_lsn < facts_.flushed && !seen) return std::nullopt;
  if (!seen) decision_.diverged = last;
  return fmt::format(
      "stream {} holds an event committed at {}, but the server's log (timeline {}) ended before "
      "that: the server was restored to an earlier state, or its latest commits are lost",
      names_.stream, lsn_text(last->commit_lsn), facts_.timeline);
}

std::optional<std::string> Decider::gap() {
  decision_.kept_sequence = last_sequence();
  if (survey_.is_written_anew) decision_.kept_sequence = record()->newest_sequence - 1;
  decision_.record_holds = record() && !decision_.new_history && is_of_this_stream(*record()) &&
                           decision_.kept_sequence >= record()->stream_sequence;
  const bool known = record() || !survey_.events.empty();
  if (known && !facts_.slot_exists) {
    return fmt::format(
        "slot {} does not exist, though events of it were stored{}: changes since then cannot be "
        "read from a new slot",
        names_.slot, record() ? " up to " + lsn_text(record()->position) : "");
  }
  if (!record() || decision_.new_history) return std::nullopt;
  if (facts_.slot_confirmed > newest_record().position) {
    return fmt::format(
        "slot {} stands at {}, but events were stored up to {} only: it was created again or "
        "moved by somebody else, or the record of later events is lost; changes between are "
        "missing",
        names_.slot, lsn_text(facts_.slot_confirmed), lsn_text(newest_record().position));
  }
  return gap_of_stream();
}

// Where the stream has lost events: whether the slot sends all of them again.
std::optional<std::string> Decider::gap_of_stream() {
  const Record& newest = newest_record();
  const bool same = is_of_this_stream(newest);
  const auto mark = mark_for(newest, facts_.slot_confirmed);
  decision_.mark_sequence = mark ? mark->sequence : newest.stream_sequence;
  if (survey_.lost_record) decision_.kept_sequence = last_sequence();
  if (same && decision_.kept_sequence >= newest.stream_sequence) return std::nullopt;

  decision_.rolled_back = true;
  const uint64_t left = same ? decision_.kept_sequence : 0;
  if (mark && mark->sequence <= left) return std::nullopt;
  std::string what = fmt::format("stream {} is gone", names_.stream);
  if (newest.stream != names_.stream) {
    what = fmt::format("events were stored in stream {}, not in {}", newest.stream, names_.stream);
  } else if (same && survey_.is_written_anew) {
    what = fmt::format(
        "stream {} holds another message at sequence {} than was acknowledged there: it has lost "
        "events and was written anew",
        names_.stream, left + 1);
  } else if (same) {
    what = fmt::format(
        "stream {} ends at sequence {}, though {} was acknowledged: it has lost "
        "events",
        names_.stream, left, newest.stream_sequence);
  } else if (survey_.stream) {
    what = fmt::format("stream {} was created again at {}", names_.stream, survey_.stream->created);
  }
  return fmt::format("{}; slot {} can send again what follows {}, and not what was before", what,
                     names_.slot, lsn_text(facts_.slot_confirmed));
}

void Decider::collect_stored() {
  if (!policy_.strict || decision_.new_history) return;
  std::optional<Position> all_up_to;
  const bool trusted = decision_.record_holds;
  if (trusted) all_up_to = record()->last_event;
  // Read back as far as the record says, nothing can be missing unseen. Otherwise so far that a
  // hole cannot lie before it.
  const bool whole =
      trusted && record()->read_from != 0 && survey_.read_from <= record()->read_from;
  std::vector<PositionRange> found;
  for (const StoredEvent& event : survey_.events) {
    if (in_present_history(event)) found.push_back({event.first, event.position});
  }
  decision_.stored = StoredEvents(all_up_to, std::move(found), !whole);
}

}  // namespace

StoredEvents::StoredEvents(std::optional<Position> all_up_to, std::vector<PositionRange> found,
                           bool floor)
    : all_up_to_(all_up_to), floor_(floor) {
  std::sort(found.begin(), found.end(),
            [](const PositionRange& a, const PositionRange& b) { return a.first < b.first; });
  for (const PositionRange& range : found) {
    if (found_.empty() || found_.back().last < range.first) {
      found_.push_back(range);
    } else {
      found_.back().last = std::max(found_.back().last, range.last);
    }
  }
}

StoredEvents::Verdict StoredEvents::judge(const Position& position) const {
  if (all_up_to_ && position <= *all_up_to_) return Verdict::stored;
  if (found_.empty() || position > found_.back().last) return Verdict::unknown;
  if (floor_ && position < found_.front().first) return Verdict::stored;
  const auto range = std::lower_bound(
      found_.begin(), found_.end(), position,
      [](const PositionRange& one, const Position& wanted) { return one.last < wanted; });
  return range->first <= position ? Verdict::stored : Verdict::missing;
}

std::optional<Position> StoredEvents::last() const {
  if (found_.empty()) return all_up_to_;
  return std::max(all_up_to_.value_or(found_.back().last), found_.back().last);
}

Decision decide_resume(const ResumeNames& names, const SourceFacts& facts, const Survey& survey,
                       const ResumePolicy& policy) {
  return Decider(names, facts, survey, policy).decide();
}

uint64_t group_bytes_to_use(const Survey& survey, const ResumePolicy& policy,
                            const GroupSizes& sizes) {
  if (!policy.strict || !survey.stream || !survey.record) return sizes.wanted;
  const Record& record = survey.lost_record ? *survey.lost_record : *survey.record;
  const bool may_arrive = record.stream_created == survey.stream->created && !record.settled;
  return may_arrive && record.group_bytes <= sizes.most ? record.group_bytes : sizes.wanted;
}

// Lines of `<timeline> TAB <LSN> TAB <reason>`, and comments.
std::vector<TimelineSwitch> parse_timeline_history(std::string_view content) {
  std::vector<TimelineSwitch> switches;
  while (!content.empty()) {
    const size_t end = std::min(content.find('\n'), content.size());
    const std::string_view line = content.substr(0, end);
    content.remove_prefix(std::min(end + 1, content.size()));
    TimelineSwitch one;
    const auto [rest, error] =
        std::from_chars(line.data(), line.data() + line.size(), one.timeline);
    if (error != std::errc{}) continue;
    std::string_view words = line.substr(static_cast<size_t>(rest - line.data()));
    while (!words.empty() && (words.front() == '\t' || words.front() == ' ')) {
      words.remove_prefix(1);
    }
    const auto lsn = parse_lsn(words.substr(0, words.find_first_of("\t ")));
    if (!lsn) continue;
    one.end = *lsn;
    switches.push_back(one);
  }
  return switches;
}

}  // namespace waljet

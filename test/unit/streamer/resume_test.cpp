#include "streamer/resume.h"

#include <catch2/catch.hpp>
#include <functional>
#include <string>

using namespace waljet;

namespace {

using Verdict = StoredEvents::Verdict;

const ResumeNames names{"app.FE89ECF0", "waljet_app", "app"};
constexpr const char* created = "2026-01-31T12:00:00Z";

// A source in order: three transactions of one event each were stored at sequences 1 to 3; the
// record covers the first two; the slot is confirmed up to the end of the first.
struct Case {
  SourceFacts facts;
  Survey survey;
  ResumePolicy policy;

  Case() {
    facts.system_identifier = 7;
    facts.timeline = 1;
    facts.flushed = 1000;
    facts.slot_exists = true;
    facts.slot_confirmed = 150;
    survey.stream.emplace();
    survey.stream->created = created;
    survey.stream->first_sequence = 1;
    survey.stream->last_sequence = 3;
    survey.stream->messages = 3;
    survey.read_from = 1;
    survey.events = {{1, {100, 1, 0}}, {2, {200, 1, 0}}, {3, {300, 1, 0}}};
    survey.record_revision = 5;
    Record& record = survey.record.emplace();
    record.system_identifier = 7;
    record.timeline = 1;
    record.position = 250;
    record.stream = "app";
    record.stream_created = created;
    record.stream_sequence = 2;
    record.last_event = Position{200, 1, 0};
    record.read_from = 3;
    record.max_pending = 4096;
    record.marks = {{150, 1}, {250, 2}};
  }

  Record& record() { return *survey.record; }
  Decision decide() const { return decide_resume(names, facts, survey, policy); }
};

Decision decide(const std::function<void(Case&)>& change) {
  Case one;
  change(one);
  return one.decide();
}

// As the survey shows it when no message is left; the last sequence stays.
void purge(Case& one) {
  one.survey.stream->first_sequence = one.survey.stream->last_sequence + 1;
  one.survey.stream->messages = 0;
  one.survey.read_from = one.survey.stream->last_sequence + 1;
  one.survey.events.clear();
}

void roll_back(Case& one, uint64_t last_sequence) {
  one.survey.stream->last_sequence = last_sequence;
  one.survey.stream->messages = last_sequence;
  std::erase_if(one.survey.events,
                [&](const StoredEvent& event) { return event.sequence > last_sequence; });
}

void forget_record(Case& one) {
  one.survey.record.reset();
  one.survey.record_revision = 0;
}

bool has(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

// An operator has to say `word`; having said it, waljet goes on and says why.
Decision needs_word(const char* word, const std::function<void(Case&)>& change) {
  Case one;
  change(one);
  const Decision blocked = one.decide();
  REQUIRE(blocked.blocked);
  CHECK(has(*blocked.blocked, word));
  const bool gap = std::string(word) == "--accept-gap";
  one.policy.accept_gap = !gap;
  one.policy.accept_divergence = gap;
  CHECK(one.decide().blocked);  // the other word does not help
  one.policy.accept_gap = true;
  one.policy.accept_divergence = true;
  const Decision accepted = one.decide();
  CHECK_FALSE(accepted.blocked);
  REQUIRE_FALSE(accepted.accepted.empty());
  CHECK(has(accepted.accepted[0], word));
  return accepted;
}

// Events that are stored one by one.
std::vector<PositionRange> singly(const std::vector<Position>& positions) {
  std::vector<PositionRange> ranges;
  for (const Position& position : positions) ranges.push_back({position, position});
  return ranges;
}

bool goes_on(const Decision& decision) {
  return !decision.blocked && decision.accepted.empty() && !decision.new_history &&
         !decision.diverged;
}

}  // namespace

// ---- what is stored ----

TEST_CASE("all up to a position are stored, and what is behind it is not known", "[resume]") {
  const StoredEvents stored(Position{200, 2, 0}, {});
  CHECK(stored.judge({100, 9, 0}) == Verdict::stored);
  CHECK(stored.judge({200, 2, 0}) == Verdict::stored);
  CHECK(stored.judge({200, 2, 1}) == Verdict::unknown);
  CHECK(stored.last() == Position{200, 2, 0});
  CHECK(StoredEvents().judge({1, 0, 0}) == Verdict::unknown);
  CHECK_FALSE(StoredEvents().last());
}

TEST_CASE("between those found an event is missing, before them it is stored", "[resume]") {
  const StoredEvents stored({}, singly({{300, 1, 0}, {100, 1, 0}, {200, 2, 0}}));
  CHECK(stored.judge({50, 1, 0}) == Verdict::stored);
  CHECK(stored.judge({100, 1, 0}) == Verdict::stored);
  CHECK(stored.judge({200, 1, 0}) == Verdict::missing);
  CHECK(stored.judge({200, 2, 0}) == Verdict::stored);
  CHECK(stored.judge({200, 2, 1}) == Verdict::missing);
  CHECK(stored.judge({300, 1, 0}) == Verdict::stored);
  CHECK(stored.judge({300, 2, 0}) == Verdict::unknown);
  CHECK(stored.last() == Position{300, 1, 0});
}

TEST_CASE("read back far enough, what is before those found is missing as well", "[resume]") {
  const StoredEvents stored(Position{100, 1, 0}, singly({{200, 2, 0}}), false);
  CHECK(stored.judge({100, 1, 0}) == Verdict::stored);
  CHECK(stored.judge({200, 1, 0}) == Verdict::missing);
  CHECK(stored.judge({200, 2, 0}) == Verdict::stored);
  CHECK(stored.judge({200, 3, 0}) == Verdict::unknown);
}

TEST_CASE("an event found again below what is known to be stored changes nothing", "[resume]") {
  const StoredEvents stored(Position{300, 1, 0}, singly({{100, 1, 0}}));
  CHECK(stored.judge({200, 1, 0}) == Verdict::stored);
  CHECK(stored.judge({300, 2, 0}) == Verdict::unknown);
  CHECK(stored.last() == Position{300, 1, 0});
}

TEST_CASE("what lies inside a stored group is stored", "[resume]") {
  const StoredEvents stored(
      {}, {{{300, 1, 0}, {300, 4, 0}}, {{100, 2, 0}, {100, 5, 1}}, {{200, 1, 0}, {200, 1, 0}}});
  CHECK(stored.judge({100, 1, 0}) == Verdict::stored);  // before all that was read back
  CHECK(stored.judge({100, 2, 0}) == Verdict::stored);
  CHECK(stored.judge({100, 3, 0}) == Verdict::stored);
  CHECK(stored.judge({100, 5, 1}) == Verdict::stored);
  CHECK(stored.judge({100, 5, 2}) == Verdict::missing);
  CHECK(stored.judge({200, 1, 0}) == Verdict::stored);
  CHECK(stored.judge({200, 2, 0}) == Verdict::missing);
  CHECK(stored.judge({300, 1, 0}) == Verdict::stored);
  CHECK(stored.judge({300, 3, 7}) == Verdict::stored);
  CHECK(stored.judge({300, 4, 0}) == Verdict::stored);
  CHECK(stored.judge({300, 4, 1}) == Verdict::unknown);
  CHECK(stored.last() == Position{300, 4, 0});
  const StoredEvents whole({}, {{{100, 2, 0}, {100, 5, 0}}}, false);
  CHECK(whole.judge({100, 1, 0}) == Verdict::missing);
}

TEST_CASE("groups that overlap are one range", "[resume]") {
  const StoredEvents stored(
      {}, {{{100, 4, 0}, {100, 5, 0}}, {{100, 1, 0}, {100, 9, 0}}, {{100, 8, 0}, {100, 12, 0}}});
  for (uint64_t ordinal = 1; ordinal <= 12; ++ordinal) {
    CHECK(stored.judge({100, ordinal, 0}) == Verdict::stored);
  }
  CHECK(stored.judge({100, 13, 0}) == Verdict::unknown);
  CHECK(stored.last() == Position{100, 12, 0});
}

// ---- what goes on by itself ----

TEST_CASE("nothing stored and no record is a fresh start, whether or not there is a slot",
          "[resume]") {
  for (const bool slot_exists : {false, true}) {
    const Decision decision = decide([&](Case& one) {
      forget_record(one);
      roll_back(one, 0);
      one.facts.slot_exists = slot_exists;
    });
    CHECK(goes_on(decision));
    CHECK_FALSE(decision.stored.last());
  }
  CHECK(goes_on(decide([](Case& one) {
    forget_record(one);
    one.survey.stream.reset();
    one.survey.events.clear();
    one.facts.slot_exists = false;
  })));
}

TEST_CASE("record and newest events together tell what is stored", "[resume]") {
  const Decision decision = Case().decide();
  CHECK(goes_on(decision));
  CHECK_FALSE(decision.rolled_back);
  CHECK(decision.stored.last() == Position{300, 1, 0});
  CHECK(decision.stored.judge({200, 1, 0}) == Verdict::stored);
  CHECK(decision.stored.judge({250, 1, 0}) == Verdict::missing);
  CHECK(decision.mark_sequence == 1);
}

TEST_CASE("without a record the newest events decide", "[resume]") {
  const Decision decision = decide([](Case& one) {
    forget_record(one);
    one.survey.events.erase(one.survey.events.begin());
  });
  CHECK(goes_on(decision));
  CHECK(decision.stored.judge({100, 1, 0}) == Verdict::stored);
  CHECK(decision.stored.judge({250, 1, 0}) == Verdict::missing);
  CHECK(decision.stored.last() == Position{300, 1, 0});
}

TEST_CASE("after a purge the record stands for what is gone", "[resume]") {
  const Decision decision = decide(purge);
  CHECK(goes_on(decision));
  CHECK_FALSE(decision.rolled_back);
  CHECK(decision.stored.last() == Position{200, 1, 0});
  CHECK(decision.stored.judge({300, 1, 0}) == Verdict::unknown);
}

TEST_CASE("a newest event that was deleted is not a roll-back", "[resume]") {
  const Decision decision = decide([](Case& one) {
    one.survey.events.pop_back();
    one.survey.stream->messages = 2;
  });
  CHECK(goes_on(decision));
  CHECK_FALSE(decision.rolled_back);
  CHECK(decision.stored.last() == Position{200, 1, 0});
}

TEST_CASE("what is older than was read back to is stored", "[resume]") {
  const Decision decision = decide([](Case& one) {
    one.record().read_from = 0;
    one.record().last_event.reset();
    one.survey.events.erase(one.survey.events.begin());
    one.survey.read_from = 2;
  });
  CHECK(goes_on(decision));
  CHECK(decision.stored.judge({100, 1, 0}) == Verdict::stored);
}

TEST_CASE("read back to where the record says, an event before those found is missing",
          "[resume]") {
  const Decision decision = decide([](Case& one) {
    one.survey.events = {{3, {300, 1, 0}}};
    one.survey.read_from = 3;
  });
  CHECK(goes_on(decision));
  CHECK(decision.stored.judge({250, 1, 0}) == Verdict::missing);
}

TEST_CASE("a stream that has lost only what the slot sends again is repaired", "[resume]") {
  const Decision decision = decide([](Case& one) { roll_back(one, 1); });
  CHECK(goes_on(decision));
  CHECK(decision.rolled_back);
  CHECK(decision.stored.judge({100, 1, 0}) == Verdict::stored);
  CHECK(decision.stored.judge({200, 1, 0}) == Verdict::unknown);  // whatever the record says
  CHECK(decision.stored.last() == Position{100, 1, 0});
}

TEST_CASE("a stream created again is filled by a slot that still has everything", "[resume]") {
  const Decision decision = decide([](Case& one) {
    one.facts.slot_confirmed = 90;
    one.record().marks = {{90, 0}, {250, 2}};
    one.survey.stream->created = "2026-02-02T00:00:00Z";
    roll_back(one, 0);
  });
  CHECK(goes_on(decision));
  CHECK(decision.rolled_back);
  CHECK(decision.stored.judge({100, 1, 0}) == Verdict::unknown);
}

TEST_CASE("with fencing off nothing is skipped by what is stored", "[resume]") {
  const Decision decision = decide([](Case& one) {
    one.policy.strict = false;
    one.survey.events.clear();  // they are not read
  });
  CHECK(goes_on(decision));
  CHECK_FALSE(decision.stored.last());
  CHECK(decision.stored.judge({100, 1, 0}) == Verdict::unknown);
}

// ---- gaps ----

TEST_CASE("a slot that is gone is a gap if anything of it is known", "[resume]") {
  const auto drop_slot = [](Case& one) {
    one.facts.slot_exists = false;
    one.facts.slot_confirmed = 0;
  };
  needs_word("--accept-gap", drop_slot);
  needs_word("--accept-gap", [&](Case& one) {
    drop_slot(one);
    forget_record(one);
  });
  needs_word("--accept-gap", [&](Case& one) {
    drop_slot(one);
    purge(one);
  });
}

TEST_CASE("a slot beyond the record was created again or moved", "[resume]") {
  const Decision blocked = decide([](Case& one) { one.facts.slot_confirmed = 251; });
  REQUIRE(blocked.blocked);
  CHECK(has(*blocked.blocked, "0/FB"));
  CHECK(has(*blocked.blocked, "0/FA"));
  needs_word("--accept-gap", [](Case& one) { one.facts.slot_confirmed = 251; });
  CHECK(goes_on(decide([](Case& one) { one.facts.slot_confirmed = 250; })));
}

TEST_CASE("a gap that was accepted goes on with what is stored", "[resume]") {
  const Decision decision =
      needs_word("--accept-gap", [](Case& one) { one.facts.slot_confirmed = 900; });
  CHECK_FALSE(decision.new_history);
  CHECK(decision.stored.last() == Position{300, 1, 0});
  const Decision purged = needs_word("--accept-gap", [](Case& one) {
    one.facts.slot_confirmed = 900;
    purge(one);
  });
  CHECK(purged.stored.judge({200, 1, 0}) == Verdict::stored);
}

TEST_CASE("a stream that has lost what the slot does not send again is a gap", "[resume]") {
  const Decision decision = needs_word("--accept-gap", [](Case& one) { roll_back(one, 0); });
  CHECK(decision.rolled_back);
  const Decision blocked = decide([](Case& one) {
    one.facts.slot_confirmed = 200;  // covered by the mark at sequence 2 alone
    roll_back(one, 1);
  });
  REQUIRE(blocked.blocked);
  CHECK(has(*blocked.blocked, "sequence 1, though 2 was acknowledged"));
}

TEST_CASE("a stream that is gone, another one, or created again is a gap", "[resume]") {
  needs_word("--accept-gap", [](Case& one) {
    one.survey.stream.reset();
    one.survey.events.clear();
  });
  needs_word("--accept-gap", [](Case& one) {
    one.survey.stream->created = "2026-02-02T00:00:00Z";
    roll_back(one, 0);
  });
  const Decision renamed = needs_word("--accept-gap", [](Case& one) {
    one.record().stream = "before";
    roll_back(one, 0);
  });
  CHECK(has(renamed.accepted[0], "stream before"));
}

TEST_CASE("a mark covers the slot by its own sequence, the smallest one that does", "[resume]") {
  const auto mark_for = [](Lsn confirmed) {
    return decide([&](Case& one) {
             one.record().marks = {{100, 10}, {150, 20}, {200, 30}};
             one.record().stream_sequence = 90;
             one.survey.stream->last_sequence = 95;
             one.facts.slot_confirmed = confirmed;
           })
        .mark_sequence;
  };
  CHECK(mark_for(0) == 10);
  CHECK(mark_for(100) == 10);
  CHECK(mark_for(101) == 20);
  CHECK(mark_for(200) == 30);
  CHECK(mark_for(201) == 90);
}

// ---- other histories ----

TEST_CASE("a newest event of another source is a divergence with strict fencing", "[resume]") {
  const auto other = [](Case& one) {
    one.survey.other_sequence = 4;
    one.survey.other_source = "app.00000001";
    one.survey.stream->last_sequence = 4;
  };
  const Decision blocked = decide(other);
  REQUIRE(blocked.blocked);
  CHECK(has(*blocked.blocked, "app.00000001"));
  CHECK(has(*blocked.blocked, names.source_id.c_str()));
  needs_word("--accept-divergence", other);
  CHECK(goes_on(decide([&](Case& one) {
    other(one);
    one.policy.strict = false;
  })));
  // Of before: this one went on since.
  CHECK(goes_on(decide([](Case& one) {
    one.survey.other_sequence = 2;
    one.survey.events.erase(one.survey.events.begin() + 1);
  })));
  // Given up already: the record says so.
  CHECK(goes_on(decide([&](Case& one) {
    other(one);
    one.record().history_sequence = 4;
  })));
}

TEST_CASE("a record of another cluster is a divergence", "[resume]") {
  needs_word("--accept-divergence", [](Case& one) { one.record().system_identifier = 8; });
}

TEST_CASE("a stored event beyond the server's log is a divergence, and remembered", "[resume]") {
  const auto put_back = [](Case& one) { one.facts.flushed = 300; };
  needs_word("--accept-divergence", put_back);
  CHECK(decide(put_back).diverged == Position{300, 1, 0});
  CHECK(goes_on(decide([](Case& one) { one.facts.flushed = 301; })));
  // The log has grown past it since.
  const auto remembered = [](Case& one) { one.record().diverged = Position{300, 1, 0}; };
  needs_word("--accept-divergence", remembered);
  CHECK_FALSE(decide(remembered).diverged);
  // Mended: the stream was put back as well.
  CHECK(goes_on(decide([&](Case& one) {
    remembered(one);
    one.facts.slot_confirmed = 150;
    roll_back(one, 2);
  })));
  // By the record alone, where the stream is empty.
  needs_word("--accept-divergence", [](Case& one) {
    purge(one);
    one.facts.flushed = 200;
  });
}

TEST_CASE("on a later timeline that left the old one behind the newest event it goes on",
          "[resume]") {
  const auto promoted = [](Case& one, Lsn end) {
    one.facts.timeline = 3;
    one.facts.ancestors = {{1, end}, {2, 700}};
  };
  CHECK(goes_on(decide([&](Case& one) { promoted(one, 301); })));
  // A standby that lagged behind: the commit at 300 does not exist there.
  for (const Lsn end : {Lsn{300}, Lsn{250}}) {
    INFO(end);
    const Decision blocked = decide([&](Case& one) { promoted(one, end); });
    REQUIRE(blocked.blocked);
    CHECK(has(*blocked.blocked, "timeline 1"));
    CHECK(has(*blocked.blocked, "timeline 3"));
    needs_word("--accept-divergence", [&](Case& one) { promoted(one, end); });
  }
  // Its log is shorter than the event as well: the timelines are what is said.
  const Decision shorter = decide([&](Case& one) {
    promoted(one, 250);
    one.facts.flushed = 260;
  });
  REQUIRE(shorter.blocked);
  CHECK(has(*shorter.blocked, "timeline 1"));
}

TEST_CASE("a timeline that is not in the server's history is a divergence", "[resume]") {
  needs_word("--accept-divergence", [](Case& one) {
    one.facts.timeline = 3;
    one.facts.ancestors = {{2, 700}};
  });
  needs_word("--accept-divergence", [](Case& one) {
    one.record().timeline = 2;  // and the server went back to 1
  });
}

TEST_CASE("a divergence that was accepted skips nothing, and no gap of the old history counts",
          "[resume]") {
  const Decision decision = needs_word("--accept-divergence", [](Case& one) {
    one.record().system_identifier = 8;
    one.facts.slot_confirmed = 900;
  });
  CHECK(decision.new_history);
  CHECK_FALSE(decision.stored.last());
  CHECK(decision.stored.judge({100, 1, 0}) == Verdict::unknown);
}

TEST_CASE("a record older than what the stream holds now is not believed", "[resume]") {
  const auto with_another_message = [](Case& one) {
    one.record().newest_sequence = 2;
    one.record().newest_event = {240, 1, 0};
    one.survey.is_written_anew = true;
  };
  const Decision decision = decide(with_another_message);
  CHECK(goes_on(decision));
  CHECK(decision.rolled_back);
  CHECK_FALSE(decision.record_holds);
  CHECK(decision.kept_sequence == 1);
  CHECK(decision.stored.judge({300, 2, 0}) == Verdict::unknown);
  // What the slot does not send again may have been lost.
  const Decision gap = decide([&](Case& one) {
    with_another_message(one);
    one.facts.slot_confirmed = 200;
  });
  REQUIRE(gap.blocked);
  CHECK(gap.blocked->find("another message at sequence 2") != std::string::npos);
}

TEST_CASE("what belongs to a history given up counts for nothing", "[resume]") {
  const Decision decision = decide([](Case& one) {
    one.record().history_sequence = 2;
    one.record().last_event.reset();
    one.record().read_from = 3;
    one.survey.events[1].position = {5000, 1, 0};  // beyond this server's log
  });
  CHECK(goes_on(decision));
  CHECK(decision.stored.last() == Position{300, 1, 0});
  CHECK(decision.stored.judge({250, 1, 0}) == Verdict::missing);
}

// ---- timeline history ----

// ---- groups ----

TEST_CASE("groups stay as they were while others may arrive", "[resume]") {
  const auto used = [](const std::function<void(Case&)>& change, const GroupSizes& sizes) {
    Case one;
    one.record().group_bytes = 500;
    change(one);
    return group_bytes_to_use(one.survey, one.policy, sizes);
  };
  const GroupSizes sizes{1000, 5000, 0};
  CHECK(used([](Case&) {}, sizes) == 500);
  CHECK(used([](Case& one) { one.record().group_bytes = 0; }, sizes) == 0);
  CHECK(used([](Case& one) { one.record().settled = true; }, sizes) == 1000);
  CHECK(used([](Case& one) { one.record().stream_created = "later"; }, sizes) == 1000);
  CHECK(used([](Case& one) { forget_record(one); }, sizes) == 1000);
  CHECK(used([](Case& one) { one.survey.stream.reset(); }, sizes) == 1000);
  CHECK(used([](Case& one) { one.policy.strict = false; }, sizes) == 1000);
  // The server takes no such groups any more.
  CHECK(used([](Case&) {}, {300, 400, 0}) == 300);
  // What this process knows counts, where the broker has lost it.
  CHECK(used(
            [](Case& one) {
              one.survey.lost_record = one.survey.record;
              one.survey.lost_record->group_bytes = 700;
            },
            sizes) == 700);
}

TEST_CASE("a timeline history file", "[resume]") {
  const auto switches = parse_timeline_history(
      "1\t0/14AF1E8\tno recovery target specified\n"
      "\n"
      "# a comment\n"
      "2\t16/B374D848\tbefore 2026-01-31 12:00:00+00\n");
  REQUIRE(switches.size() == 2);
  CHECK(switches[0].timeline == 1);
  CHECK(switches[0].end == 0x14AF1E8);
  CHECK(switches[1].timeline == 2);
  CHECK(switches[1].end == 0x16B374D848);
  CHECK(parse_timeline_history("").empty());
  CHECK(parse_timeline_history("7\t0/1").size() == 1);
  CHECK(parse_timeline_history("nonsense\n3 nonsense\n").empty());
}

// Prints docs/check.md from the table of findings that `waljet check` makes them from.
#include <iostream>
#include <string>
#include <string_view>

#include "streamer/check_finding.h"

namespace {

constexpr std::string_view introduction =
    R"(# What `waljet check` finds

Generated from src/streamer/check_finding.h by `make docs`: do not edit.

`waljet check` takes the flags, variables and file of `waljet run`, asks PostgreSQL and NATS once, and tells everything
that would hurt, each with its mend:

```
error    wal_level is replica and must be logical [wal_level]
         ALTER SYSTEM SET wal_level = logical, and restart PostgreSQL
warning  stream app is in memory: a restart of NATS empties it, and then --accept-gap is needed [stream_memory]
         choose a stream on file
1 error, 1 warning, 0 notes
```

With `--json` the findings are an array of objects `{"id", "level", "message", "fix"}`, `[]` where nothing would hurt.

| exit code | meaning |
|---|---|
| 0 | nothing, or notes alone |
| 1 | PostgreSQL or NATS does not answer within 10 s, or does not let us in; stderr says which. What the other one shows is told all the same |
| 2 | usage or configuration |
| 3 | an error or a warning |

An **error**: `waljet run` does not work, or loses something. A **warning**: it works until something happens. A **note** is
good to know, and may be as it is meant. In the tables below, words in braces differ from case to case.

## How it looks

Nothing is changed and no event is stored. Some things show only when they are tried:

* **The plugin**: a temporary slot is made with it and replication started from that with the settings to be checked, so that
  the plugin itself judges its options, rules and publications. The slot ends with the connection. Where an open transaction
  holds up the slot, the wait is cut short after a second and noted. Without a free slot or sender it is not tried.
* **Rights in NATS**: requests that the server refuses once it has let them in: a stream's creation that names two streams,
  and empty messages to a subject of the events and to the record's key that ask for a stream of another name. No
  stream stores them; whoever subscribes to these subjects past JetStream sees them.
* **Large rows**: only tables that hold large values out of line, that the role may read and the filter lets pass: up to
  2,000 pages of each for 3 s in all, by sizes as stored. As JSON a value is larger; a table that is not read is not
  judged.

Of NATS a client does not see when the server writes to its disk (`sync_interval`); a stream with one replica is taken to be
synced every 2 min, the default.
)";

struct Area {
  waljet::FindingArea area;
  std::string_view title;
};
constexpr Area areas[] = {
    {waljet::FindingArea::server, "The PostgreSQL server"},
    {waljet::FindingArea::role, "The role"},
    {waljet::FindingArea::plugin, "Plugin and extension"},
    {waljet::FindingArea::slot, "The slot"},
    {waljet::FindingArea::tables, "Tables and filter"},
    {waljet::FindingArea::nats, "NATS and its account"},
    {waljet::FindingArea::stream, "The stream"},
    {waljet::FindingArea::delivery, "Delivery"},
};

// A bar ends a cell, an asterisk would be taken for emphasis.
std::string cell(std::string_view sentence) {
  std::string text;
  for (const char c : sentence) {
    if (c == '*' || c == '|') text += '\\';
    text += c;
  }
  return text;
}

}  // namespace

int main() {
  std::cout << introduction;
  for (const Area& area : areas) {
    std::cout << "\n## " << area.title << "\n\n| id | level | what | mend |\n|---|---|---|---|\n";
    for (const waljet::FindingSpec& spec : waljet::finding_table) {
      if (spec.area != area.area) continue;
      std::cout << "| `" << spec.id << "` | " << level_name(spec.level) << " | "
                << cell(spec.message) << " | " << cell(spec.fix) << " |\n";
    }
  }
}

#include "streamer/job_text.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "streamer/event_line.h"
#include "streamer/human_text.h"
#include "streamer/json_writer.h"
#include "streamer/snapshot_request.h"

namespace waljet {
namespace {

constexpr size_t bar_width = 20;
constexpr unsigned whole = 100;  // percent

uint64_t expected_rows(const SnapshotJob& job) {
  uint64_t rows = 0;
  for (const JobTable& table : job.tables) {
    rows += table.done ? table.rows : std::max(table.rows_expected, table.rows);
  }
  return rows;
}

// Of a table, or of a job as a whole.
std::optional<unsigned> share(uint64_t rows, uint64_t expected, bool done) {
  if (done) return whole;
  if (expected == 0) return std::nullopt;
  const double part = static_cast<double>(rows) / static_cast<double>(expected);
  return std::min(static_cast<unsigned>(part * whole), whole - 1);
}

std::optional<unsigned> share_of(const JobTable& table) {
  return share(table.rows, table.rows_expected, table.done);
}

std::optional<unsigned> share_of(const SnapshotJob& job) {
  const bool estimated =
      std::all_of(job.tables.begin(), job.tables.end(),
                  [](const JobTable& table) { return table.done || table.rows_expected > 0; });
  const bool complete = job.state == JobState::complete;
  if (!complete && (job.tables.empty() || !estimated)) return std::nullopt;
  return share(job.rows, expected_rows(job), complete);
}

std::optional<double> seconds_left(uint64_t rows, uint64_t expected, std::optional<double> speed) {
  if (!speed || *speed <= 0 || rows >= expected) return std::nullopt;
  return static_cast<double>(expected - rows) / *speed;
}

// ---- for people ----

std::string counted(size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count_text(count), noun, count == 1 ? "" : "s");
}

std::string bar(std::optional<unsigned> percent) {
  const size_t filled = percent.value_or(0) * bar_width / whole;
  return fmt::format("[{:-<{}}]", std::string(filled, '#'), bar_width);
}

std::string percent_text(std::optional<unsigned> percent) {
  return percent ? fmt::format("{} %", *percent) : std::string();
}

std::string speed_text(std::optional<double> speed) {
  if (!speed) return {};
  return fmt::format("{} rows/s", count_text(static_cast<uint64_t>(std::lround(*speed))));
}

std::string left_text(std::optional<double> seconds) {
  if (!seconds) return {};
  constexpr double longest_s = 100.0 * 365 * 86'400;
  const double ms = std::min(*seconds, longest_s) * 1000;
  return fmt::format("{} left", rounded_span_text(Duration(static_cast<int64_t>(ms))));
}

// The cells of a table's line, its bar apart, which always is of one width.
struct TableLine {
  std::string name;
  std::string bar;
  std::string rows;
  std::string percent;
  std::string remark;
};

std::string remark_of(const SnapshotJob& job, size_t index, const JobSpeed& speed) {
  const JobTable& table = job.tables[index];
  if (table.done) return "done";
  if (is_over(job.state)) return "not finished";
  if (job.state == JobState::paused) return "paused";
  if (!table.begun) return "waiting";
  const std::string rate = speed_text(speed.of_table(index));
  const std::string left =
      left_text(seconds_left(table.rows, table.rows_expected, speed.of_table(index)));
  return left.empty() ? rate : fmt::format("{}, {}", rate, left);
}

TableLine line_of(const SnapshotJob& job, size_t index, const JobSpeed& speed) {
  const JobTable& table = job.tables[index];
  std::string rows = count_text(table.rows);
  if (!table.done && table.rows_expected > 0) {
    rows += fmt::format(" / {}", count_text(table.rows_expected));
  }
  return {without_control_characters(table.name), bar(share_of(table)), std::move(rows),
          percent_text(share_of(table)), remark_of(job, index, speed)};
}

// Indices of the tables to show: where not all fit, what goes on before what waits before the rest.
std::vector<size_t> shown_tables(const SnapshotJob& job, size_t count_max) {
  std::vector<size_t> shown(job.tables.size());
  std::iota(shown.begin(), shown.end(), size_t{0});
  if (shown.size() <= count_max) return shown;
  const auto rank = [&](size_t index) {
    const JobTable& table = job.tables[index];
    if (table.done) return 2;
    return table.begun ? 0 : 1;
  };
  std::stable_sort(shown.begin(), shown.end(),
                   [&](size_t a, size_t b) { return rank(a) < rank(b); });
  shown.resize(count_max);
  std::sort(shown.begin(), shown.end());
  return shown;
}

std::vector<std::string> aligned(const std::vector<TableLine>& cells) {
  size_t name_width = 0;
  size_t rows_width = 0;
  for (const TableLine& line : cells) {
    name_width = std::max(name_width, line.name.size());
    rows_width = std::max(rows_width, line.rows.size());
  }
  std::vector<std::string> lines;
  for (const TableLine& line : cells) {
    lines.push_back(fmt::format("  {:<{}}  {}  {:>{}}  {:>5}  {}", line.name, name_width, line.bar,
                                line.rows, rows_width, line.percent, line.remark));
    while (lines.back().ends_with(' ')) lines.back().pop_back();
  }
  return lines;
}

// A terminal would break a longer line in two; bytes of one character stay together.
void cut(std::string& line, size_t width) {
  if (width == 0 || line.size() <= width) return;
  const auto continues = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80; };
  while (width > 0 && continues(line[width])) --width;
  line.resize(width);
}

// ---- for programs ----

void put_percent(JsonWriter& writer, std::optional<unsigned> percent) {
  writer.Key("percent");
  if (percent) {
    writer.Uint(*percent);
  } else {
    writer.Null();
  }
}

void put_table(JsonWriter& writer, const JobTable& table, std::optional<double> speed) {
  std::string_view state = "waiting";
  if (table.begun) state = "reading";
  if (table.done) state = "done";
  writer.StartObject();
  put_member(writer, "table", table.name);
  put_member(writer, "state", state);
  put_member(writer, "rows", table.rows);
  put_member(writer, "rows_expected", table.rows_expected);
  put_percent(writer, share_of(table));
  put_member(writer, "rows_per_second", speed);
  put_member(writer, "seconds_left",
             table.done ? std::nullopt : seconds_left(table.rows, table.rows_expected, speed));
  writer.EndObject();
}

}  // namespace

// ---- speed ----

void JobSpeed::note(const SnapshotJob& job, Instant now) {
  const bool same =
      id_ == job.id && !samples_.empty() && samples_.back().table_rows.size() == job.tables.size();
  if (!same) samples_.clear();
  id_ = job.id;
  Sample sample{now, job.rows, {}};
  for (const JobTable& table : job.tables) sample.table_rows.push_back(table.rows);
  samples_.push_back(std::move(sample));
  // The oldest one kept is the first that is as old as the window, or older.
  while (samples_.size() > 2 && samples_[1].at + window <= now) samples_.pop_front();
}

std::optional<double> JobSpeed::between(uint64_t first, uint64_t last) const {
  const std::chrono::duration<double> span = samples_.back().at - samples_.front().at;
  if (span.count() <= 0) return std::nullopt;
  return last > first ? static_cast<double>(last - first) / span.count() : 0.0;
}

std::optional<double> JobSpeed::of_table(size_t index) const {
  if (samples_.empty() || index >= samples_.back().table_rows.size()) return std::nullopt;
  return between(samples_.front().table_rows[index], samples_.back().table_rows[index]);
}

std::optional<double> JobSpeed::of_all() const {
  if (samples_.empty()) return std::nullopt;
  return between(samples_.front().rows, samples_.back().rows);
}

// ---- text ----

std::string job_extent(const SnapshotJob& job) {
  std::string rows = counted(job.rows, "row");
  if (job.tables.empty()) return rows;
  const std::string tables = counted(job.tables.size(), "table");
  const auto percent = share_of(job);
  if (!percent || job.state == JobState::complete) return fmt::format("{}, {}", tables, rows);
  return fmt::format("{}, {} of about {}, {} %", tables, count_text(job.rows),
                     counted(expected_rows(job), "row"), *percent);
}

std::string job_summary(const SnapshotJob& job) {
  std::string text =
      fmt::format("{} ({}), {}", state_name(job.state), kind_name(job.kind), job_extent(job));
  if (!job.error.empty()) text += ": " + without_control_characters(job.error);
  return text;
}

std::vector<std::string> job_lines(const SnapshotJob& job, const JobSpeed& speed, size_t lines_max,
                                   size_t width) {
  std::string head = "snapshot " + job_summary(job);
  if (job.state == JobState::running) {
    const std::string rate = speed_text(speed.of_all());
    const std::string left = left_text(seconds_left(job.rows, expected_rows(job), speed.of_all()));
    if (!rate.empty()) head += ", " + rate;
    if (!left.empty() && share_of(job)) head += ", " + left;
  }
  std::vector<std::string> lines{std::move(head)};
  const size_t room = lines_max > 2 ? lines_max - 2 : 1;
  const std::vector<size_t> shown = shown_tables(job, room);
  std::vector<TableLine> cells;
  cells.reserve(shown.size());
  for (const size_t index : shown) cells.push_back(line_of(job, index, speed));
  for (std::string& line : aligned(cells)) lines.push_back(std::move(line));
  const size_t hidden = job.tables.size() - shown.size();
  if (hidden > 0) lines.push_back(fmt::format("  and {}", counted(hidden, "more table")));
  for (std::string& line : lines) cut(line, width);
  return lines;
}

std::string job_progress_json(const SnapshotJob& job, const JobSpeed& speed) {
  rapidjson::StringBuffer buffer;
  JsonWriter writer(buffer);
  writer.SetMaxDecimalPlaces(1);
  writer.StartObject();
  put_member(writer, "id", job.id);
  put_member(writer, "kind", job.kind == JobKind::initial ? "initial" : "on_demand");
  put_member(writer, "state", state_name(job.state));
  put_member(writer, "error", job.error);
  put_member(writer, "rows", job.rows);
  put_member(writer, "rows_expected", expected_rows(job));
  put_percent(writer, share_of(job));
  const bool running = job.state == JobState::running;
  const std::optional<double> all = running ? speed.of_all() : std::nullopt;
  put_member(writer, "rows_per_second", all);
  put_member(writer, "seconds_left", seconds_left(job.rows, expected_rows(job), all));
  writer.Key("tables");
  writer.StartArray();
  for (size_t index = 0; index < job.tables.size(); ++index) {
    put_table(writer, job.tables[index], running ? speed.of_table(index) : std::nullopt);
  }
  writer.EndArray();
  writer.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

}  // namespace waljet

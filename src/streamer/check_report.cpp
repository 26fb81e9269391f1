#include "streamer/check_report.h"

#include <fmt/core.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>

namespace waljet {
namespace {

constexpr size_t level_width = 9;  // of the longest, and two spaces

const char* color_of(FindingLevel level) {
  switch (level) {
    case FindingLevel::error: return "\x1b[31m";
    case FindingLevel::warning: return "\x1b[33m";
    case FindingLevel::note: return "\x1b[36m";
  }
  return "";
}

// What others have written may hold several lines.
std::string on_one_line(std::string_view text) {
  std::string line;
  for (const char c : text) line += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
  return line;
}

std::string counted(const Findings& findings, FindingLevel level) {
  const auto count = std::count_if(findings.begin(), findings.end(), [&](const Finding& finding) {
    return finding.spec->level == level;
  });
  return fmt::format("{} {}{}", count, level_name(level), count == 1 ? "" : "s");
}

}  // namespace

void sort_findings(Findings& findings) {
  std::stable_sort(findings.begin(), findings.end(), [](const Finding& a, const Finding& b) {
    return a.spec->level < b.spec->level;
  });
}

std::string findings_text(const Findings& findings, bool colored) {
  if (findings.empty()) return "nothing that would hurt\n";
  std::string text;
  for (const Finding& finding : findings) {
    const FindingLevel level = finding.spec->level;
    const std::string word = fmt::format("{:<{}}", level_name(level), level_width);
    text += colored ? color_of(level) + word + "\x1b[0m" : word;
    text += fmt::format("{} [{}]\n{:{}}{}\n", on_one_line(finding.message), finding.spec->id, "",
                        level_width, on_one_line(finding.fix));
  }
  return text + fmt::format("{}, {}, {}\n", counted(findings, FindingLevel::error),
                            counted(findings, FindingLevel::warning),
                            counted(findings, FindingLevel::note));
}

std::string findings_json(const Findings& findings) {
  std::string text = "[";
  for (const Finding& finding : findings) {
    rapidjson::StringBuffer buffer;
    rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
    const auto member = [&](const char* name, std::string_view value) {
      writer.Key(name);
      writer.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
    };
    writer.StartObject();
    member("id", finding.spec->id);
    member("level", level_name(finding.spec->level));
    member("message", finding.message);
    member("fix", finding.fix);
    writer.EndObject();
    text += text.size() == 1 ? "\n" : ",\n";
    text.append(buffer.GetString(), buffer.GetSize());
  }
  return text + (findings.empty() ? "]\n" : "\n]\n");
}

bool has_trouble(const Findings& findings) {
  return std::any_of(findings.begin(), findings.end(), [](const Finding& finding) {
    return finding.spec->level != FindingLevel::note;
  });
}

}  // namespace waljet

// What may be set: one declaration for each setting, from which reading YAML, environment and
// flags, printing the result, and docs/configuration.md follow.
//
// A setting's name is its path in the YAML file, `sink.stream.name`. Its value is kept as text, in
// the form in which a flag takes it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "event/plugin_options.h"

namespace waljet {

enum class SettingType : uint8_t {
  text,
  flag,      // true or false; on and off, yes and no
  choice,    // one of `allowed`
  list,      // separated by commas, or a YAML list; of `allowed`, where that is not empty
  count,     // a whole number
  size,      // of bytes: 65536, 64KiB
  duration,  // 90s, or one of `allowed`
  tables,    // a list of tables, or a map from tables to rules: streamer/table_rules.h
  rules,     // a list of rules
};

enum class Secrecy : uint8_t {
  none,
  whole,       // a password
  nats_url,    // holds user and password
  connection,  // to PostgreSQL: a URI or keywords, which hold a password
};

// Which commands take the setting as a flag. All read it from file and environment.
constexpr uint8_t for_run = 1;
constexpr uint8_t for_tail = 2;
constexpr uint8_t for_slot = 4;
constexpr uint8_t for_snapshot = 16;
constexpr uint8_t for_status = 32;

struct Setting {
  std::string path;
  SettingType type = SettingType::text;
  std::string default_text;  // empty: `default_note` describes it
  std::string default_note;
  std::vector<std::string> allowed;
  uint64_t min = 0;  // of count, size, and duration in milliseconds
  uint64_t max = 0;
  Secrecy secrecy = Secrecy::none;
  std::string flag;        // `--slot`, or empty
  std::string value_name;  // in the help of the flag
  uint8_t commands = 0;
  std::string sentence;
  const OptionSpec* option = nullptr;  // of the plugin, which has its say in what is allowed
  std::string (*problem)(const std::string& text) = nullptr;  // more to check; empty: fine

  // Its value may stand in a file of its own: `<path>_file`, `WALJET_…_FILE`.
  bool is_secret() const { return secrecy != Secrecy::none; }
};

std::span<const Setting> setting_table();
const Setting* find_setting(std::string_view path);

// `WALJET_SINK_STREAM_NAME` of `sink.stream.name`.
std::string environment_of(std::string_view path);

// What is wrong with a value, as a sentence that tells what is allowed; nothing if it is fine. An
// empty value, where it is fine, means that the setting is not set. Never shows a secret.
std::optional<std::string> value_problem(const Setting& setting, const std::string& text);

// What a setting takes, for people: `strict, off`, `1 to 65536`.
std::string allowed_text(const Setting& setting);

// ---- values, of a text without a problem ----

bool flag_value(const std::string& text);
uint64_t count_value(const std::string& text);
std::vector<std::string> list_value(const std::string& text);

// A choice in the words of the declaration: the case does not count, and on and off are also true
// and false.
std::string choice_value(const Setting& setting, const std::string& text);

}  // namespace waljet

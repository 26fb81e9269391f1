// Subjects: whatever the values, NATS takes them, the promised patterns cover them and they can be
// read back.
#include "event/subject.h"

#include <array>
#include <vector>

#include "event/test_sink.h"
#include "fuzz.h"

namespace waljet {
namespace {

bool is_plain(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

// Checks a token that put_token() made and reads it back.
std::string decode(std::string_view token) {
  require(!token.empty(), "a token is not empty");
  if (token == "=00") return {};
  std::string value;
  for (size_t i = 0; i < token.size(); ++i) {
    if (token[i] != '=') {
      require(is_plain(token[i]), "other bytes are encoded");
      value += token[i];
      continue;
    }
    require(i + 2 < token.size(), "= is followed by two digits");
    const int high = hex_digit(token[i + 1]);
    const int low = hex_digit(token[i + 2]);
    require(high >= 0 && low >= 0, "= is followed by two upper hex digits");
    value += static_cast<char>(high << 4 | low);
    require(!is_plain(value.back()), "plain bytes are not encoded");
    i += 2;
  }
  return value;
}

std::vector<std::string> split(std::string_view subject) {
  std::vector<std::string> tokens(1);
  for (const char c : subject) {
    if (c == '.') {
      tokens.emplace_back();
    } else {
      tokens.back() += c;
    }
  }
  return tokens;
}

uint32_t hash_of(std::string_view bytes) {
  uint32_t hash = 2166136261u;
  for (const char c : bytes) {
    hash ^= static_cast<uint8_t>(c);
    hash *= 16777619u;
  }
  return hash;
}

std::string token_of(std::string_view value) {
  return written([&](Sink& sink) { put_token(sink, value); });
}

// What a token that may be cut must be, made from the whole token.
std::string shortened(const std::string& whole) {
  if (whole.size() <= 255) return whole;
  std::string cut = whole.substr(0, 245);
  const size_t escape = cut.find_last_of('=');
  if (escape != std::string::npos && escape + 3 > cut.size()) cut.resize(escape);
  char hash[9];
  std::snprintf(hash, sizeof hash, "%08x", hash_of(whole));
  return cut + "=h" + hash;
}

void check_token(const std::string& value) {
  const std::string token = token_of(value);
  if (value != std::string_view("\0", 1)) require(decode(token) == value, "a token reads back");
  const std::string short_token = written([&](Sink& sink) { put_short_token(sink, value); });
  require(short_token == shortened(token), "a long token is cut as said");
  require(short_token.size() <= short_token_bytes_max, "a short token is short");
}

// Values that an event can have: no NUL, names within the bounds of a catalog.
struct Values {
  std::string name;
  std::string db;
  std::string schema;
  std::string table;
  std::string key;
  std::string qualified;
  bool has_key;
  size_t action;

  explicit Values(FuzzedDataProvider& input)
      : name(text(input, 64)),
        db(text(input, identifier_bytes_max)),
        schema(text(input, identifier_bytes_max)),
        table(text(input, identifier_bytes_max)),
        key(text(input, 600)),
        qualified(schema + "." + table),
        has_key(input.ConsumeBool()),
        action(input.ConsumeIntegralInRange<size_t>(0, 3)) {
    if (name.empty()) name = "app";
  }

  SubjectFields fields() const {
    constexpr std::array<std::string_view, 4> actions{"insert", "update", "delete", "truncate"};
    constexpr std::array<std::string_view, 4> ops{"c", "u", "d", "t"};
    return {name, db, schema, table, actions[action], ops[action], has_key, key, qualified};
  }

 private:
  static std::string text(FuzzedDataProvider& input, size_t characters) {
    std::string bytes = input.ConsumeRandomLengthString(characters * 3);
    std::erase(bytes, '\0');
    // A character of four bytes takes two or more in any encoding of a server.
    std::string valid;
    const std::string utf8 = as_utf8(bytes);
    for (std::string_view left = utf8; characters > 0 && !left.empty(); --characters) {
      const size_t size = utf8_character_bytes(left);
      if (size < 4) valid.append(left.substr(0, size));
      left.remove_prefix(size);
    }
    return valid;
  }
};

// The part of a template between two dots, if it is one variable and nothing else.
std::string_view whole_variable(std::string_view part) {
  const bool whole = part.size() > 2 && part.front() == '{' && part.find('}') == part.size() - 1;
  return whole ? part.substr(1, part.size() - 2) : std::string_view{};
}

void check_variable(std::string_view variable, const std::string& token, const Values& values) {
  const SubjectFields fields = values.fields();
  const std::string key_token = values.has_key ? shortened(token_of(values.key)) : "=";
  if (variable == "name") require(decode(token) == fields.name, "{name} reads back");
  if (variable == "db") require(decode(token) == fields.db, "{db} reads back");
  if (variable == "schema") require(decode(token) == fields.schema, "{schema} reads back");
  if (variable == "table") require(decode(token) == fields.table, "{table} reads back");
  if (variable == "action") require(token == fields.action, "{action} is the action");
  if (variable == "op") require(token == fields.op, "{op} is the op");
  if (variable == "key") require(token == key_token, "{key} is the key's token");
  if (variable.starts_with("partition:")) {
    const unsigned long n = std::stoul(std::string(variable.substr(10)));
    require(n >= 1 && n <= 65536, "the number of partitions is in range");
    const uint32_t hash = hash_of(values.has_key ? key_token : values.qualified);
    require(token == std::to_string(hash % n), "{partition:N} is the hash modulo N");
  }
}

void check_subject(const std::string& subject) {
  require(subject.size() <= SubjectTemplate::subject_bytes_max, "a subject is not too long");
  for (const char c : subject) {
    require(static_cast<uint8_t>(c) > ' ' && c != 0x7F, "no space or control character");
    require(c != '*' && c != '>', "no wildcard");
  }
  for (const std::string& token : split(subject)) require(!token.empty(), "no empty token");
}

void check_special(const SubjectTemplate& parsed, const Values& values, const std::string& first) {
  const auto message =
      written([&](Sink& sink) { parsed.put_message_subject(sink, values.name, values.key); });
  const auto messages = written([&](Sink& sink) { parsed.put_message_pattern(sink, values.name); });
  const auto marker =
      written([&](Sink& sink) { parsed.put_transaction_subject(sink, values.name); });
  check_subject(message);
  check_subject(marker);
  require(subject_covers(messages, message), "the pattern covers messages");
  require(subject_covers(first + ".>", messages), "the stream covers messages");
  require(subject_covers(first + ".>", marker), "the stream covers markers");
}

void check_template(const std::string& text, const Values& values) {
  SubjectTemplate parsed;
  if (!parsed.parse(text, values.name).empty()) return;
  const SubjectFields fields = values.fields();
  const auto subject = written([&](Sink& sink) { parsed.put(sink, fields); });
  const auto pattern =
      written([&](Sink& sink) { parsed.put_pattern(sink, values.name, values.db); });
  const auto first = written([&](Sink& sink) { parsed.put_first_token(sink, values.name); });
  const std::vector<std::string> tokens = split(subject);
  const std::vector<std::string> parts = split(text);
  check_subject(subject);
  require(tokens.size() == parts.size(), "a variable is within one token");
  require(tokens[0] == first, "the first token is known beforehand");
  require(subject_covers(pattern, subject), "the pattern covers the subject");
  require(subject_covers(first + ".>", pattern), "the stream covers the pattern");
  bool reversible = true;
  for (size_t i = 0; i < parts.size(); ++i) {
    const std::string_view variable = whole_variable(parts[i]);
    if (!variable.empty()) check_variable(variable, tokens[i], values);
    if (variable.empty() && parts[i].find('{') != std::string::npos) reversible = false;
  }
  require(parsed.is_reversible() == reversible, "reversible: each variable a whole token");
  const bool keyed = text.find("{key}") != std::string::npos || text.find("{p") < text.size();
  require(parsed.depends_on_key() == keyed, "depends_on_key()");
  check_special(parsed, values, first);
}

}  // namespace
}  // namespace waljet

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  FuzzedDataProvider input(data, size);
  const std::string text = input.ConsumeRandomLengthString(waljet::SubjectTemplate::bytes_max + 9);
  const waljet::Values values(input);
  waljet::check_token(values.key);
  waljet::check_template(text, values);
  waljet::check_token(input.ConsumeRemainingBytesAsString());
  return 0;
}

#include "streamer/secret_text.h"

#include <algorithm>
#include <array>
#include <optional>

namespace waljet {
namespace {

constexpr std::array<std::string_view, 3> secret_keywords{"password", "sslpassword",
                                                          "oauth_client_secret"};

bool is_secret_keyword(std::string_view keyword) {
  return std::find(secret_keywords.begin(), secret_keywords.end(), keyword) !=
         secret_keywords.end();
}

bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

// `user:secret@`, up to the last @: a password that was not encoded may hold another.
std::string hidden_authority(std::string_view authority, bool user_alone_is_secret) {
  const size_t at = authority.rfind('@');
  if (at == std::string_view::npos) return std::string(authority);
  const std::string_view login = authority.substr(0, at);
  const size_t colon = login.find(':');
  std::string shown(login.substr(0, colon));
  if (colon != std::string_view::npos) {
    shown += ':';
    shown += hidden_text;
  } else if (user_alone_is_secret) {
    shown = hidden_text;
  }
  shown += authority.substr(at);
  return shown;
}

// `?a=b&password=c`
std::string hidden_query(std::string_view query) {
  std::string shown;
  while (!query.empty()) {
    const size_t end = std::min(query.find('&', 1), query.size());
    const std::string_view part = query.substr(0, end);
    query.remove_prefix(end);
    const size_t equals = std::min(part.find('='), part.size());
    shown += part.substr(0, equals);
    if (equals == part.size()) continue;
    shown += '=';
    const std::string_view keyword = part.substr(1, equals - 1);
    const bool encoded = keyword.find('%') != std::string_view::npos;
    const bool hidden = encoded || is_secret_keyword(keyword);
    shown += hidden ? hidden_text : part.substr(equals + 1);
  }
  return shown;
}

// A password may hold an unencoded slash or question mark. So parameters begin only behind the last
// @, and rather too much is hidden where one of them holds an @.
std::string hidden_uri(std::string_view uri, size_t authority_begin) {
  const size_t at = uri.rfind('@');
  const size_t login_end = at == std::string_view::npos ? authority_begin : at + 1;
  const size_t query = std::min(uri.find('?', login_end), uri.size());
  std::string shown(uri.substr(0, authority_begin));
  shown += hidden_authority(uri.substr(authority_begin, query - authority_begin), false);
  return shown + hidden_query(uri.substr(query));
}

// Takes `keyword = value` off `text`, which begins with it, as libpq reads it.
struct Pair {
  std::string_view keyword;
  std::string_view value;  // with its quotes
};
std::optional<Pair> take_pair(std::string_view& text) {
  size_t at = 0;
  while (at < text.size() && text[at] != '=' && !is_space(text[at])) ++at;
  const std::string_view keyword = text.substr(0, at);
  while (at < text.size() && is_space(text[at])) ++at;
  if (keyword.empty() || at == text.size() || text[at] != '=') return std::nullopt;
  for (++at; at < text.size() && is_space(text[at]);) ++at;
  const size_t begin = at;
  const bool quoted = at < text.size() && text[at] == '\'';
  if (quoted) ++at;
  while (at < text.size() && (quoted ? text[at] != '\'' : !is_space(text[at]))) {
    at += text[at] == '\\' ? 2 : 1;
  }
  if (quoted && at >= text.size()) return std::nullopt;  // never closed
  const size_t end = std::min(quoted ? at + 1 : at, text.size());
  const Pair pair{keyword, text.substr(begin, end - begin)};
  text.remove_prefix(end);
  return pair;
}

}  // namespace

std::string hidden_nats_url(std::string_view url) {
  std::string shown;
  for (bool first = true; first || !url.empty(); first = false) {
    const size_t comma = std::min(url.find(','), url.size());
    const std::string_view one = url.substr(0, comma);
    const size_t scheme = one.find("://");
    const size_t authority = scheme == std::string_view::npos ? 0 : scheme + 3;
    shown += one.substr(0, authority);
    shown += hidden_authority(one.substr(authority), true);
    if (comma == url.size()) break;
    shown += ',';
    url.remove_prefix(comma + 1);
  }
  return shown;
}

std::string hidden_connection(std::string_view conninfo) {
  for (const std::string_view scheme : {"postgresql://", "postgres://"}) {
    if (conninfo.starts_with(scheme)) return hidden_uri(conninfo, scheme.size());
  }
  std::string shown;
  std::string_view rest = conninfo;
  while (true) {
    while (!rest.empty() && is_space(rest[0])) rest.remove_prefix(1);
    if (rest.empty()) return shown;
    const auto pair = take_pair(rest);
    if (!pair) return std::string(hidden_text);
    if (!shown.empty()) shown += ' ';
    shown += pair->keyword;
    shown += '=';
    shown += is_secret_keyword(pair->keyword) ? hidden_text : pair->value;
  }
}

}  // namespace waljet

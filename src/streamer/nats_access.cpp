#include "streamer/nats_access.h"

#include <algorithm>

namespace waljet {

std::vector<std::string> servers_of(std::string_view urls) {
  std::vector<std::string> servers;
  while (!urls.empty()) {
    const size_t end = std::min(urls.find(','), urls.size());
    std::string_view one = urls.substr(0, end);
    urls.remove_prefix(std::min(end + 1, urls.size()));
    while (one.starts_with(' ')) one.remove_prefix(1);
    while (one.ends_with(' ')) one.remove_suffix(1);
    if (!one.empty()) servers.emplace_back(one);
  }
  return servers;
}

std::string url_without_secrets(std::string_view url) {
  std::string shown;
  while (!url.empty()) {
    const size_t comma = std::min(url.find(','), url.size());
    std::string_view one = url.substr(0, comma);
    const size_t scheme = one.find("://");
    const size_t authority = scheme == std::string_view::npos ? 0 : scheme + 3;
    const size_t at = one.rfind('@');
    shown += one.substr(0, authority);
    shown += one.substr(at == std::string_view::npos || at < authority ? authority : at + 1);
    url.remove_prefix(comma);
    if (url.empty()) break;
    shown += ',';
    url.remove_prefix(1);
  }
  return shown;
}

}  // namespace waljet

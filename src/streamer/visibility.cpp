#include "streamer/visibility.h"

#include <algorithm>
#include <charconv>

namespace waljet {
namespace {

// Takes a number off `text`, and `separator` behind it unless `text` is at its end.
std::optional<uint64_t> take_number(std::string_view& text, char separator) {
  uint64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [behind, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc()) return std::nullopt;
  if (behind != end && *behind != separator) return std::nullopt;
  text.remove_prefix(static_cast<size_t>(behind - text.data()) + (behind != end ? 1 : 0));
  return number;
}

}  // namespace

std::optional<Visibility> Visibility::parse(std::string_view text) {
  if (std::count(text.begin(), text.end(), ':') != 2) return std::nullopt;
  const bool lists_any = text.back() != ':';
  if (text.back() == ',') return std::nullopt;
  Visibility snapshot;
  const auto xmin = take_number(text, ':');
  const auto xmax = xmin ? take_number(text, ':') : std::nullopt;
  if (!xmax || *xmin == 0 || *xmax < *xmin) return std::nullopt;
  snapshot.xmin_ = *xmin;
  snapshot.xmax_ = *xmax;
  if (!lists_any) return snapshot;
  while (!text.empty()) {
    const auto xid = take_number(text, ',');
    if (!xid || *xid < *xmin || *xid >= *xmax) return std::nullopt;
    if (!snapshot.open_.empty() && *xid <= snapshot.open_.back()) return std::nullopt;
    snapshot.open_.push_back(*xid);
  }
  return snapshot;
}

bool Visibility::shows(uint32_t xid) const {
  const auto distance = static_cast<int32_t>(xid - static_cast<uint32_t>(xmax_));
  if (distance >= 0) return false;
  const uint64_t back = static_cast<uint64_t>(-static_cast<int64_t>(distance));
  if (back > xmax_) return true;  // below the first xid there is
  const uint64_t wide = xmax_ - back;
  return wide < xmin_ || !std::binary_search(open_.begin(), open_.end(), wide);
}

std::vector<uint32_t> Visibility::open() const {
  std::vector<uint32_t> xids;
  xids.reserve(open_.size());
  for (const uint64_t xid : open_) xids.push_back(static_cast<uint32_t>(xid));
  return xids;
}

}  // namespace waljet

// What a snapshot of PostgreSQL shows: which transactions ended before it was taken.
//
// As pg_current_snapshot() prints it, `xmin:xmax:xip,xip,...` with xids of 64 bits. Those below
// xmin are shown, those from xmax on are not, and of those between all but the listed ones are.
// A transaction that was rolled back counts as shown. What one snapshot shows, every later one
// does.
//
// The changes carry xids of 32 bits. A change is never older than 2^31 xids while its transaction
// matters, so the wide xid is the nearest one to xmax.
//
// Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace waljet {

class Visibility {
 public:
  // Nothing if `text` is not a snapshot.
  static std::optional<Visibility> parse(std::string_view text);

  bool shows(uint32_t xid) const;

  // Transactions below xmax that it does not show, as changes name them, ascending.
  std::vector<uint32_t> open() const;

 private:
  uint64_t xmin_ = 0;
  uint64_t xmax_ = 0;
  std::vector<uint64_t> open_;  // ascending
};

}  // namespace waljet

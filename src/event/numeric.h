// PostgreSQL's numeric as it is stored on disk, taken apart without the server's own functions.
//
// The layout is that of every release from 9.1 on, which pg_upgrade keeps: a header of two bytes,
// or of four for what is large, and behind it groups of four decimal digits. NaN and the infinities
// are not read: they are rare, and came with different releases.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "event/sink.h"

namespace waljet {

class StoredNumeric {
 public:
  // `bytes` are those behind the header of the variable-length value; they may lie at any address
  // and must outlive this. Nothing where they are no number.
  static std::optional<StoredNumeric> read(std::string_view bytes);

  // Writes the digits as the server prints them: -1234.5600.
  void put(Sink& sink) const;
  // The most that put() writes.
  size_t bytes_max() const;

  // The number times 10^scale, digits behind that scale cut off. Nothing where it may not fit.
  std::optional<int64_t> unscaled(int scale) const;

  // How many digits behind the point the number is shown with.
  int display_scale() const { return display_scale_; }

 private:
  uint32_t group(int index) const;

  const char* groups_ = nullptr;
  int count_ = 0;
  int weight_ = 0;  // of the first group: it counts 10000^weight
  int display_scale_ = 0;
  bool negative_ = false;
};

}  // namespace waljet

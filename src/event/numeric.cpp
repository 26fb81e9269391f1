#include "event/numeric.h"

#include <cstring>

#include "event/digits.h"

namespace waljet {
namespace {

constexpr int digits_per_group = 4;

// The first two bits tell the form.
constexpr unsigned form_mask = 0xC000;
constexpr unsigned short_form = 0x8000;
constexpr unsigned special_form = 0xC000;
constexpr unsigned negative_form = 0x4000;

// What a short header holds besides.
constexpr unsigned short_negative = 0x2000;
constexpr unsigned short_scale_mask = 0x1F80;
constexpr unsigned short_scale_shift = 7;
constexpr unsigned short_weight_sign = 0x0040;
constexpr unsigned short_weight_mask = 0x003F;

// What a long one does, in front of a weight of 16 bits.
constexpr unsigned long_scale_mask = 0x3FFF;

uint16_t load16(const char* from) {
  uint16_t value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

int short_weight(unsigned header) {
  const auto weight = static_cast<int>(header & short_weight_mask);
  return (header & short_weight_sign) != 0 ? weight - static_cast<int>(short_weight_mask) - 1
                                           : weight;
}

}  // namespace

std::optional<StoredNumeric> StoredNumeric::read(std::string_view bytes) {
  if (bytes.size() < sizeof(uint16_t)) return std::nullopt;
  const unsigned header = load16(bytes.data());
  const unsigned form = header & form_mask;
  if (form == special_form) return std::nullopt;
  StoredNumeric number;
  size_t header_bytes = sizeof(uint16_t);
  if (form == short_form) {
    number.negative_ = (header & short_negative) != 0;
    number.display_scale_ = static_cast<int>((header & short_scale_mask) >> short_scale_shift);
    number.weight_ = short_weight(header);
  } else {
    header_bytes += sizeof(int16_t);
    if (bytes.size() < header_bytes) return std::nullopt;
    number.negative_ = form == negative_form;
    number.display_scale_ = static_cast<int>(header & long_scale_mask);
    number.weight_ = static_cast<int16_t>(load16(bytes.data() + sizeof(uint16_t)));
  }
  number.groups_ = bytes.data() + header_bytes;
  number.count_ = static_cast<int>((bytes.size() - header_bytes) / sizeof(uint16_t));
  return number;
}

// Groups in front of the first one stored and behind the last are zeros.
uint32_t StoredNumeric::group(int index) const {
  constexpr uint32_t group_max = 9999;
  if (index < 0 || index >= count_) return 0;
  const uint32_t value = load16(groups_ + static_cast<size_t>(index) * sizeof(uint16_t));
  return value <= group_max ? value : group_max;  // what is corrupt stays within the tables
}

size_t StoredNumeric::bytes_max() const {
  const int whole_groups = weight_ < 0 ? 1 : weight_ + 1;
  // A sign, a point, and a last group that is written whole.
  return static_cast<size_t>(whole_groups * digits_per_group + display_scale_) + 2 +
         digits_per_group;
}

void StoredNumeric::put(Sink& sink) const {
  char* const begin = sink.reserve(bytes_max());
  char* to = begin;
  if (negative_) *to++ = '-';
  to = write_uint(to, weight_ < 0 ? 0 : group(0));
  for (int i = 1; i <= weight_; ++i) to = write_four_digits(to, group(i));
  if (display_scale_ > 0) {
    *to++ = '.';
    char* const end = to + display_scale_;
    for (int i = weight_ + 1; to < end; ++i) to = write_four_digits(to, group(i));
    to = end;
  }
  sink.advance(static_cast<size_t>(to - begin));
}

std::optional<int64_t> StoredNumeric::unscaled(int scale) const {
  constexpr int digits_max = 18;  // of any value of 63 bits
  const int whole_groups = weight_ < 0 ? 0 : weight_ + 1;
  if (scale < 0 || whole_groups * digits_per_group + scale > digits_max) return std::nullopt;
  int64_t value = 0;
  for (int i = 0; i < whole_groups; ++i) value = value * 10000 + group(i);
  int next = weight_ + 1;  // the first group behind the point
  for (; scale >= digits_per_group; scale -= digits_per_group)
    value = value * 10000 + group(next++);
  const uint64_t unit = powers_of_ten[static_cast<size_t>(digits_per_group - scale)];
  value = value * static_cast<int64_t>(powers_of_ten[static_cast<size_t>(scale)]) +
          static_cast<int64_t>(group(next) / unit);
  return negative_ ? -value : value;
}

}  // namespace waljet

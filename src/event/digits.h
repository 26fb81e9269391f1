// Decimal digits written by pointer, into room that the caller has reserved.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace waljet {

// The most that write_uint() and write_int() write.
constexpr size_t uint_digits_max = 20;
constexpr size_t int_bytes_max = 21;

// "00" to "99", one after the other.
constexpr std::array<char, 200> digit_pairs = [] {
  std::array<char, 200> pairs{};
  for (size_t i = 0; i < 100; ++i) {
    pairs[i * 2] = static_cast<char>('0' + i / 10);
    pairs[i * 2 + 1] = static_cast<char>('0' + i % 10);
  }
  return pairs;
}();

// Two digits of a value below 100. Returns what follows them, as all of these do.
inline char* write_two_digits(char* to, uint64_t value) {
  std::memcpy(to, digit_pairs.data() + value * 2, 2);
  return to + 2;
}

// Four digits of a value below 10000.
inline char* write_four_digits(char* to, uint64_t value) {
  return write_two_digits(write_two_digits(to, value / 100), value % 100);
}

// Six digits of a value below 1000000.
inline char* write_six_digits(char* to, uint64_t value) {
  return write_four_digits(write_two_digits(to, value / 10000), value % 10000);
}

constexpr std::array<uint64_t, 20> powers_of_ten = [] {
  std::array<uint64_t, 20> powers{1};
  for (size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}();

// How many digits a value has: 1 for 0.
inline size_t count_digits(uint64_t value) {
  // 1233 / 4096 is the logarithm of 2, near enough for 64 bits: right, or one too few.
  const uint64_t not_zero = value | 1;
  const size_t guess = static_cast<size_t>(std::bit_width(not_zero)) * 1233 >> 12;
  return guess + (not_zero >= powers_of_ten[guess] ? 1 : 0);
}

inline char* write_uint(char* to, uint64_t value) {
  char* const end = to + count_digits(value);
  char* at = end;
  while (value >= 100) {
    at -= 2;
    write_two_digits(at, value % 100);
    value /= 100;
  }
  if (value >= 10) {
    write_two_digits(at - 2, value);
  } else {
    at[-1] = static_cast<char>('0' + value);
  }
  return end;
}

inline char* write_int(char* to, int64_t value) {
  auto magnitude = static_cast<uint64_t>(value);
  if (value < 0) {
    *to++ = '-';
    magnitude = 0 - magnitude;
  }
  return write_uint(to, magnitude);
}

}  // namespace waljet

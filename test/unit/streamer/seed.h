// Seeds of the random tests: a new one in each run, or the one in WALJET_TEST_SEED.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <random>

namespace waljet {

inline uint32_t test_seed() {
  const char* text = std::getenv("WALJET_TEST_SEED");
  if (text != nullptr) return static_cast<uint32_t>(std::strtoul(text, nullptr, 10));
  return std::random_device{}();
}

// A whole number from `from` to `to`.
inline size_t pick(std::mt19937& random, size_t from, size_t to) {
  return std::uniform_int_distribution<size_t>(from, to)(random);
}

inline bool one_in(std::mt19937& random, size_t n) {
  return pick(random, 1, n) == 1;
}

}  // namespace waljet

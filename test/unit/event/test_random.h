// Random input for tests. Each run takes a new seed; WALJET_TEST_SEED repeats one. A test names it
// in an INFO, so that a failure tells how to see it again.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>
#include <string_view>

namespace waljet {

class Random {
 public:
  Random() : seed_(choose_seed()), engine_(seed_) {}

  std::string how_to_repeat() const { return "WALJET_TEST_SEED=" + std::to_string(seed_); }

  uint64_t bits() { return engine_(); }
  // From 0 to `n` - 1.
  size_t below(size_t n) { return static_cast<size_t>(engine_() % n); }
  int64_t between(int64_t low, int64_t high) {
    const uint64_t span = static_cast<uint64_t>(high) - static_cast<uint64_t>(low) + 1;
    return static_cast<int64_t>(static_cast<uint64_t>(low) +
                                (span == 0 ? engine_() : engine_() % span));
  }
  bool chance(size_t one_in) { return below(one_in) == 0; }
  // As many significant bits as chance has it, so that small values are not rare.
  uint64_t any_width() { return engine_() >> below(64); }

  std::string bytes(size_t length) {
    std::string text(length, '\0');
    for (char& c : text) c = static_cast<char>(engine_() & 0xFF);
    return text;
  }
  // `count` pieces, each one of `alphabet`.
  template <size_t N>
  std::string pieces(size_t count, const std::string_view (&alphabet)[N]) {
    std::string text;
    for (size_t i = 0; i < count; ++i) text += alphabet[below(N)];
    return text;
  }

 private:
  static uint64_t choose_seed() {
    const char* wanted = std::getenv("WALJET_TEST_SEED");
    return wanted != nullptr ? std::strtoull(wanted, nullptr, 10) : std::random_device{}();
  }

  uint64_t seed_;
  std::mt19937_64 engine_;
};

}  // namespace waljet

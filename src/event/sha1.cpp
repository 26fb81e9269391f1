#include "event/sha1.h"

#include <bit>

namespace waljet {
namespace {

// Choice, parity, majority, parity: what each quarter of the eighty rounds mixes in.
template <int quarter>
uint32_t mix(uint32_t b, uint32_t c, uint32_t d) {
  if constexpr (quarter == 0) return (d ^ (b & (c ^ d))) + 0x5A827999;
  if constexpr (quarter == 1) return (b ^ c ^ d) + 0x6ED9EBA1;
  if constexpr (quarter == 2) return (b & c) + (d & (b ^ c)) + 0x8F1BBCDC;
  return (b ^ c ^ d) + 0xCA62C1D6;
}

// The message, and what it is expanded to: word i + 16 is made when word i is used, so that both
// chains of work run side by side. The last sixteen are never used.
struct Schedule {
  uint32_t words[80 + 16];

  uint32_t use(int i) {
    words[i + 16] = std::rotl(words[i + 13] ^ words[i + 8] ^ words[i + 2] ^ words[i], 1);
    return words[i];
  }
};

template <int quarter>
void one_round(uint32_t a, uint32_t& b, uint32_t c, uint32_t d, uint32_t& e, uint32_t word) {
  e += std::rotl(a, 5) + mix<quarter>(b, c, d) + word;
  b = std::rotl(b, 30);
}

// Each round moves the five words of the state up by one; here the names move, and are back after
// five.
template <int quarter>
void twenty_rounds(std::array<uint32_t, 5>& state, Schedule& schedule) {
  auto [a, b, c, d, e] = state;
  for (int i = quarter * 20; i < quarter * 20 + 20; i += 5) {
    one_round<quarter>(a, b, c, d, e, schedule.use(i));
    one_round<quarter>(e, a, b, c, d, schedule.use(i + 1));
    one_round<quarter>(d, e, a, b, c, schedule.use(i + 2));
    one_round<quarter>(c, d, e, a, b, schedule.use(i + 3));
    one_round<quarter>(b, c, d, e, a, schedule.use(i + 4));
  }
  state = {a, b, c, d, e};
}

}  // namespace

void Sha1::compress(const uint8_t* block) {
  Schedule schedule;
  for (int i = 0; i < 16; ++i) schedule.words[i] = read_big_endian(block + 4 * i);
  std::array<uint32_t, 5> state = state_;
  twenty_rounds<0>(state, schedule);
  twenty_rounds<1>(state, schedule);
  twenty_rounds<2>(state, schedule);
  twenty_rounds<3>(state, schedule);
  for (size_t i = 0; i < state.size(); ++i) state_[i] += state[i];
}

}  // namespace waljet

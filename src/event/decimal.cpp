#include "event/decimal.h"

#include "event/text.h"

namespace waljet {
namespace {

__extension__ using uint128 = unsigned __int128;

constexpr size_t digits_per_step = 18;  // the most that fit 10^n into 63 bits

// A decimal text taken apart; the point is gone.
struct Digits {
  std::string_view whole;
  std::string_view fraction;
  bool negative = false;
};

Digits split(std::string_view text) {
  Digits digits;
  if (!text.empty() && text[0] == '-') {
    digits.negative = true;
    text.remove_prefix(1);
  }
  size_t point = 0;
  while (point < text.size() && text[point] != '.') ++point;
  digits.whole = {text.data(), point};
  if (point < text.size()) digits.fraction = {text.data() + point + 1, text.size() - point - 1};
  return digits;
}

// An unsigned integer of any length, little-endian words in memory that the caller lends.
struct BigUint {
  uint64_t* words;
  size_t count = 0;

  void multiply_add(uint64_t factor, uint64_t addend) {
    uint128 carry = addend;
    for (size_t i = 0; i < count; ++i) {
      carry += static_cast<uint128>(words[i]) * factor;
      words[i] = static_cast<uint64_t>(carry);
      carry >>= 64;
    }
    if (carry != 0) words[count++] = static_cast<uint64_t>(carry);
  }

  // Two's complement in place; a word in front keeps room for the sign.
  void negate() {
    bool carry = true;
    for (size_t i = 0; i < count; ++i) {
      words[i] = ~words[i] + (carry ? 1 : 0);
      carry = carry && words[i] == 0;
    }
  }

  uint8_t byte(size_t index) const {
    return static_cast<uint8_t>(words[index / 8] >> (index % 8 * 8));
  }
};

// Feeds decimal digits into a number, eighteen at a time.
class DigitFeeder {
 public:
  explicit DigitFeeder(BigUint& number) : number_(number) {}
  void feed(char digit) {
    step_ = step_ * 10 + static_cast<uint64_t>(digit - '0');
    factor_ *= 10;
    if (++pending_ == digits_per_step) flush();
  }
  void flush() {
    if (pending_ > 0) number_.multiply_add(factor_, step_);
    step_ = 0;
    factor_ = 1;
    pending_ = 0;
  }

 private:
  BigUint& number_;
  uint64_t step_ = 0;
  uint64_t factor_ = 1;
  size_t pending_ = 0;
};

// The unscaled value of `digits` at `scale`, by magnitude.
void read_unscaled(BigUint& number, const Digits& digits, int scale) {
  DigitFeeder feeder(number);
  const size_t dropped = scale < 0 ? static_cast<size_t>(-scale) : 0;
  const size_t whole = digits.whole.size() > dropped ? digits.whole.size() - dropped : 0;
  for (size_t i = 0; i < whole; ++i) feeder.feed(digits.whole[i]);
  for (int i = 0; i < scale; ++i) {
    const auto at = static_cast<size_t>(i);
    feeder.feed(at < digits.fraction.size() ? digits.fraction[at] : '0');
  }
  feeder.flush();
}

// Big-endian two's complement without bytes that only repeat the sign; `bytes` may overlap nothing.
std::string_view minimal_bytes(BigUint& number, bool negative, char* bytes) {
  number.words[number.count++] = 0;
  if (negative) number.negate();
  const uint8_t sign = static_cast<uint8_t>(number.byte(number.count * 8 - 1) & 0x80 ? 0xFF : 0);
  size_t top = number.count * 8 - 1;
  while (top > 0 && number.byte(top) == sign && ((number.byte(top - 1) ^ sign) & 0x80) == 0) --top;
  for (size_t i = 0; i <= top; ++i) bytes[i] = static_cast<char>(number.byte(top - i));
  return {bytes, top + 1};
}

void put_unscaled(Sink& sink, const Digits& digits, int scale, uint64_t* scratch) {
  BigUint number{scratch};
  read_unscaled(number, digits, scale);
  // The second half of the scratch takes the bytes.
  char* bytes = reinterpret_cast<char*>(scratch + number.count + 1);
  sink.put('"');
  put_base64(sink, minimal_bytes(number, digits.negative, bytes));
  sink.put('"');
}

void put_variable_scale_head(Sink& sink, int scale) {
  sink.put("{\"scale\":");
  put_int(sink, scale);
  sink.put(",\"value\":");
}

}  // namespace

size_t decimal_scratch_words(size_t text_bytes, int scale) {
  const size_t digits = text_bytes + (scale > 0 ? static_cast<size_t>(scale) : 0);
  // 18 digits take less than one word; one more for the sign; twice, for the bytes.
  return 2 * (digits / digits_per_step + 2);
}

void put_connect_decimal(Sink& sink, std::string_view text, int scale, uint64_t* scratch) {
  put_unscaled(sink, split(text), scale, scratch);
}

void put_connect_decimal(Sink& sink, int64_t unscaled) {
  // As few bytes as keep the sign.
  const int bits = 64 - __builtin_clrsbll(unscaled);
  const auto count = static_cast<size_t>(bits + 7) / 8;
  char bytes[sizeof unscaled];
  for (size_t i = 0; i < count; ++i) {
    bytes[i] = static_cast<char>(unscaled >> (8 * (count - 1 - i)) & 0xFF);
  }
  sink.put('"');
  put_base64(sink, {bytes, count});
  sink.put('"');
}

void put_fixed_point(Sink& sink, int64_t unscaled, int scale) {
  auto magnitude = static_cast<uint64_t>(unscaled);
  if (unscaled < 0) {
    sink.put('-');
    magnitude = 0 - magnitude;
  }
  uint64_t unit = 1;
  for (int i = 0; i < scale; ++i) unit *= 10;
  put_uint(sink, magnitude / unit);
  if (scale == 0) return;
  sink.put('.');
  put_padded(sink, magnitude % unit, scale);
}

void put_variable_scale_decimal(Sink& sink, int64_t unscaled, int scale) {
  for (; scale > 0 && unscaled % 10 == 0; unscaled /= 10) --scale;
  put_variable_scale_head(sink, scale);
  put_connect_decimal(sink, unscaled);
  sink.put('}');
}

void put_variable_scale_decimal(Sink& sink, std::string_view text, uint64_t* scratch) {
  Digits digits = split(text);
  while (!digits.fraction.empty() && digits.fraction[digits.fraction.size() - 1] == '0') {
    digits.fraction.remove_suffix(1);
  }
  const int scale = static_cast<int>(digits.fraction.size());
  put_variable_scale_head(sink, scale);
  put_unscaled(sink, digits, scale, scratch);
  sink.put('}');
}

}  // namespace waljet

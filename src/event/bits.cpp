#include "event/bits.h"

namespace waljet {
namespace {

constexpr size_t chunk_bytes = 768;  // of whole threes, so that chunks of base64 can be joined

// The number that a bit string spells, byte by byte from its low end, without zeros at the high
// one.
class LittleEndianBytes {
 public:
  LittleEndianBytes(const uint8_t* bits, size_t bit_count)
      : bits_(bits), stored_bytes_(bit_count / 8 + (bit_count % 8 != 0 ? 1 : 0)) {
    padding_ = static_cast<unsigned>(stored_bytes_ * 8 - bit_count);
    size_ = stored_bytes_;
    while (size_ > 0 && (*this)[size_ - 1] == 0) --size_;
  }

  size_t size() const { return size_; }

  uint8_t operator[](size_t index) const {
    const size_t at = stored_bytes_ - 1 - index;
    const unsigned above = at > 0 ? bits_[at - 1] : 0u;
    return static_cast<uint8_t>((above << 8 | bits_[at]) >> padding_);
  }

 private:
  const uint8_t* bits_;
  size_t stored_bytes_;
  unsigned padding_ = 0;  // bits of the last byte stored that are not the number's
  size_t size_ = 0;
};

}  // namespace

void put_bits(Sink& sink, const uint8_t* bits, size_t bit_count) {
  const LittleEndianBytes number(bits, bit_count);
  sink.reserve(base64_bytes(number.size()) + 2);
  sink.put('"');
  for (size_t done = 0; done < number.size();) {
    char chunk[chunk_bytes];
    size_t filled = 0;
    while (filled < chunk_bytes && done < number.size()) {
      chunk[filled++] = static_cast<char>(number[done++]);
    }
    put_base64(sink, {chunk, filled});
  }
  sink.put('"');
}

}  // namespace waljet

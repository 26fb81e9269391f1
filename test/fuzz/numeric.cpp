// Numerics as they are stored: whatever the bytes are, what is read is a number within its bounds.
#include "event/numeric.h"

#include <vector>

#include "event/decimal.h"
#include "event/test_sink.h"
#include "fuzz.h"

namespace waljet {
namespace {

// -? digits (. digits)?
bool is_plain_number(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  size_t digits = 0;
  size_t points = 0;
  for (const char c : text) {
    if (c == '.') {
      if (digits == 0 || ++points > 1) return false;
      digits = 0;
    } else if (c < '0' || c > '9') {
      return false;
    } else {
      ++digits;
    }
  }
  return digits > 0;
}

void check(std::string_view bytes) {
  const auto number = StoredNumeric::read(bytes);
  if (!number) return;
  const std::string text = written([&](Sink& sink) { number->put(sink); });
  require(is_plain_number(text), "a number has digits and perhaps a point");
  require(text.size() <= number->bytes_max(), "the bound holds");
  const size_t point = text.find('.');
  const size_t fraction = point == std::string::npos ? 0 : text.size() - point - 1;
  require(fraction == static_cast<size_t>(number->display_scale()), "all digits are shown");
  // What a server stores has no digits that it does not show.
  for (int scale = -1; scale <= number->display_scale() && scale < 20; ++scale) {
    const auto unscaled = number->unscaled(scale);
    if (!unscaled) continue;
    const size_t words = decimal_scratch_words(text.size(), scale);
    std::vector<uint64_t> scratch(words);
    const std::string expected =
        written([&](Sink& sink) { put_connect_decimal(sink, text, scale, scratch.data()); });
    const std::string json = written([&](Sink& sink) { put_connect_decimal(sink, *unscaled); });
    require(json == expected, "both ways to a decimal agree");
  }
}

}  // namespace
}  // namespace waljet

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  waljet::check({reinterpret_cast<const char*>(data), size});
  return 0;
}

#include "event/utf8.h"

#include <catch2/catch.hpp>
#include <string>

#include "event/test_random.h"
#include "event/test_sink.h"

namespace waljet {
namespace {

std::string repaired(std::string_view bytes) {
  return written([&](Sink& sink) { put_utf8(sink, bytes); });
}

uint8_t byte_at(std::string_view bytes, size_t at) {
  return static_cast<uint8_t>(bytes[at]);
}

bool within(std::string_view bytes, size_t at, unsigned low, unsigned high) {
  return at < bytes.size() && byte_at(bytes, at) >= low && byte_at(bytes, at) <= high;
}

// The table of well-formed byte sequences in the Unicode standard (3-7), row by row.
size_t naive_length(std::string_view bytes) {
  const auto tail = [&](size_t at) { return within(bytes, at, 0x80, 0xBF); };
  const auto starts = [&](unsigned low, unsigned high, unsigned second, unsigned second_high) {
    return within(bytes, 0, low, high) && within(bytes, 1, second, second_high);
  };
  if (within(bytes, 0, 0x00, 0x7F)) return 1;
  if (starts(0xC2, 0xDF, 0x80, 0xBF)) return 2;
  if (starts(0xE0, 0xE0, 0xA0, 0xBF) && tail(2)) return 3;
  if (starts(0xE1, 0xEC, 0x80, 0xBF) && tail(2)) return 3;
  if (starts(0xED, 0xED, 0x80, 0x9F) && tail(2)) return 3;
  if (starts(0xEE, 0xEF, 0x80, 0xBF) && tail(2)) return 3;
  if (starts(0xF0, 0xF0, 0x90, 0xBF) && tail(2) && tail(3)) return 4;
  if (starts(0xF1, 0xF3, 0x80, 0xBF) && tail(2) && tail(3)) return 4;
  if (starts(0xF4, 0xF4, 0x80, 0x8F) && tail(2) && tail(3)) return 4;
  return 0;
}

size_t naive_prefix(std::string_view bytes) {
  size_t at = 0;
  while (at < bytes.size()) {
    const size_t length = naive_length({bytes.data() + at, bytes.size() - at});
    if (length == 0) break;
    at += length;
  }
  return at;
}

std::string naive_repaired(std::string_view bytes) {
  std::string text;
  while (!bytes.empty()) {
    const size_t length = naive_length(bytes);
    if (length > 0) {
      text.append(bytes.data(), length);
    } else {
      const unsigned low = byte_at(bytes, 0) - 0x80u;  // U+EF80 is EE BE 80, U+EFC0 is EE BF 80
      text += '\xEE';
      text += low < 0x40 ? '\xBE' : '\xBF';
      text += static_cast<char>(0x80 + low % 0x40);
    }
    bytes.remove_prefix(length > 0 ? length : 1);
  }
  return text;
}

// Turns the stand-ins back into the bytes.
std::string reversed(std::string_view text) {
  std::string bytes;
  while (!text.empty()) {
    const Utf8Character character = first_utf8_character(text);
    REQUIRE(character.length > 0);
    if (character.code >= 0xEF80 && character.code <= 0xEFFF) {
      bytes += static_cast<char>(character.code - 0xEF80 + 0x80);
    } else {
      bytes.append(text.data(), character.length);
    }
    text.remove_prefix(character.length);
  }
  return bytes;
}

void check_bytes(const std::string& bytes) {
  if (valid_utf8_prefix(bytes) != naive_prefix(bytes))
    FAIL(Catch::StringMaker<std::string>::convert(bytes));
}

TEST_CASE("the first character", "[utf8]") {
  const auto is = [](std::string_view bytes, uint32_t code, uint32_t length) {
    const Utf8Character character = first_utf8_character(bytes);
    return character.code == code && character.length == length;
  };
  CHECK(is("a", 'a', 1));
  CHECK(is(std::string_view("\0", 1), 0, 1));
  CHECK(is("\x7F\x80", 0x7F, 1));
  CHECK(is("\xC2\x80", 0x80, 2));
  CHECK(is("\xDF\xBF", 0x7FF, 2));
  CHECK(is("\xE0\xA0\x80", 0x800, 3));
  CHECK(is("\xE2\x82\xAC...", 0x20AC, 3));
  CHECK(is("\xEF\xBF\xBF", 0xFFFF, 3));
  CHECK(is("\xF0\x90\x80\x80", 0x10000, 4));
  CHECK(is("\xF0\x9F\x98\x80", 0x1F600, 4));
  CHECK(is("\xF4\x8F\xBF\xBF", 0x10FFFF, 4));
}

TEST_CASE("what begins no character", "[utf8]") {
  for (const std::string_view bytes :
       {"", "\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xC3", "\xC3x", "\xE0\x9F\xBF", "\xE2\x82",
        "\xE2\x82x", "\xED\xA0\x80", "\xED\xBF\xBF", "\xF0\x8F\xBF\xBF", "\xF0\x9F\x98",
        "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xF8\x88\x80\x80\x80", "\xFE", "\xFF"}) {
    CHECK(first_utf8_character(bytes).length == 0);
    CHECK(valid_utf8_prefix(bytes) == 0);
  }
}

TEST_CASE("the valid prefix", "[utf8]") {
  CHECK(valid_utf8_prefix("") == 0);
  CHECK(valid_utf8_prefix("plain") == 5);
  CHECK(valid_utf8_prefix("Gr\xC3\xBC\xC3\x9F") == 6);
  CHECK(valid_utf8_prefix("ab\xFF"
                          "cd") == 2);
  CHECK(valid_utf8_prefix("ab\xC3") == 2);
  CHECK(valid_utf8_prefix("\xE2\x82\xAC\xE2\x82") == 3);
}

// A view ends where it says, whatever follows in memory.
TEST_CASE("text cut anywhere is valid up to the cut character", "[utf8]") {
  const std::string_view text = "a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80";
  const size_t valid[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10};
  for (size_t length = 0; length <= text.size(); ++length) {
    INFO(length);
    CHECK(valid_utf8_prefix({text.data(), length}) == valid[length]);
  }
}

TEST_CASE("every sequence of up to three bytes", "[utf8]") {
  for (unsigned a = 0; a < 256; ++a) {
    std::string bytes(1, static_cast<char>(a));
    check_bytes(bytes);
    for (unsigned b = 0; b < 256; ++b) {
      bytes = {static_cast<char>(a), static_cast<char>(b)};
      check_bytes(bytes);
      if (a < 0x80 || b < 0x70) continue;
      for (unsigned c = 0x70; c < 256; ++c) {
        check_bytes(bytes + static_cast<char>(c));
      }
    }
  }
}

TEST_CASE("every first and second byte of four", "[utf8]") {
  constexpr uint8_t edges[] = {0x00, 0x7F, 0x80, 0x81, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xFF};
  for (unsigned a = 0xE0; a < 256; ++a) {
    for (unsigned b = 0; b < 256; ++b) {
      for (const uint8_t c : edges) {
        for (const uint8_t d : edges) {
          check_bytes({static_cast<char>(a), static_cast<char>(b), static_cast<char>(c),
                       static_cast<char>(d)});
        }
      }
    }
  }
}

// Sixteen bytes are looked at together: one that is not ASCII in each place.
TEST_CASE("a byte of each kind at every place", "[utf8]") {
  for (size_t length = 1; length <= 50; ++length) {
    for (size_t place = 0; place < length; ++place) {
      for (const std::string_view piece :
           {"\x80", "\xFF", "\xC3", "\xC3\xA4", "\xE2\x82\xAC", "\xE2\x82", "\xF0\x9F\x98\x80"}) {
        std::string bytes(length, 'x');
        bytes.replace(place, 1, piece);
        check_bytes(bytes);
        size_t ascii = 0;
        while (ascii < bytes.size() && byte_at(bytes, ascii) < 0x80) ++ascii;
        if (ascii_prefix(bytes) != ascii) FAIL(length << " " << place);
      }
    }
  }
}

TEST_CASE("bytes of no character become private-use characters", "[utf8]") {
  CHECK(repaired("").empty());
  CHECK(repaired("Gr\xC3\xBC\xC3\x9F") == "Gr\xC3\xBC\xC3\x9F");
  CHECK(repaired("\x80") == "\xEE\xBE\x80");  // U+EF80
  CHECK(repaired("\xBF") == "\xEE\xBE\xBF");  // U+EFBF
  CHECK(repaired("\xC0") == "\xEE\xBF\x80");  // U+EFC0
  CHECK(repaired("a\xFF\xFEz") == "a\xEE\xBF\xBF\xEE\xBF\xBEz");
  CHECK(repaired("Stra\xDF"
                 "e") ==
        "Stra\xEE\xBF\x9F"
        "e");                                                 // Latin 1
  CHECK(repaired("\xE2\x82") == "\xEE\xBF\xA2\xEE\xBE\x82");  // the rest of a character cut off
  CHECK(repaired("\xE2\x82\xC3\xA4") == "\xEE\xBF\xA2\xEE\xBE\x82\xC3\xA4");
}

TEST_CASE("repair, random, is valid and can be turned back", "[utf8]") {
  Random random;
  INFO(random.how_to_repeat());
  for (int i = 0; i < 20000; ++i) {
    const std::string bytes =
        random.chance(2)
            ? random.bytes(random.below(40))
            : random.pieces(random.below(40), {"x", "0123456789ABCDEF", "\xC3\xA4", "\xE2\x82\xAC",
                                               "\xF0\x9F\x98\x80", "\xC3", "\xE2\x82", "\xF0\x9F",
                                               "\xED\xA0\x80", "\x80", "\xFF", "\xF4", "\xC0"});
    INFO(Catch::StringMaker<std::string>::convert(bytes));
    check_bytes(bytes);
    const std::string text = repaired(bytes);
    if (text != naive_repaired(bytes)) FAIL(text);
    if (text.size() > utf8_bytes_max(bytes.size())) FAIL(text);
    if (naive_prefix(text) != text.size()) FAIL(text);
    if (bytes.find('\xEE') == std::string::npos && reversed(text) != bytes) FAIL(text);
  }
}

}  // namespace
}  // namespace waljet

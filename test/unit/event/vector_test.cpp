#include "event/vector.h"

#include <catch2/catch.hpp>
#include <charconv>
#include <cmath>
#include <cstring>
#include <string>

#include "event/json.h"
#include "event/test_random.h"
#include "event/test_sink.h"

namespace waljet {
namespace {

std::string vector(std::string_view text) {
  return written([&](Sink& sink) { CHECK(put_vector(sink, text)); });
}

std::string sparse(std::string_view text) {
  return written([&](Sink& sink) { CHECK(put_sparse_vector(sink, text)); });
}

template <typename Put>
bool is_refused(Put put, std::string_view text) {
  bool accepted = true;
  const std::string left = written([&](Sink& sink) {
    sink.put("before");
    accepted = put(sink, text);
  });
  return !accepted && left == "before";
}

TEST_CASE("vectors", "[vector]") {
  CHECK(vector("[1,2,3]") == "[1.0,2.0,3.0]");
  CHECK(vector("[101,102,103]") == "[101.0,102.0,103.0]");
  CHECK(vector("[1,2.5,3]") == "[1.0,2.5,3.0]");
  CHECK(vector("[0]") == "[0.0]");
  CHECK(vector("[-0,-1.5,1e-05,1e+10,-3.4028235e+38,0.001]") ==
        "[-0.0,-1.5,1.0E-5,1.0E10,-3.4028235E38,0.001]");
}

TEST_CASE("sparse vectors", "[vector]") {
  CHECK(sparse("{1:201,9:209}/3000") == R"({"dimensions":3000,"vector":[[1,201.0],[9,209.0]]})");
  CHECK(sparse("{}/3") == R"({"dimensions":3,"vector":[]})");
  CHECK(sparse("{1000000000:-1e-07}/1000000000") ==
        R"({"dimensions":1000000000,"vector":[[1000000000,-1.0E-7]]})");
}

TEST_CASE("vectors: other text is refused and leaves nothing", "[vector]") {
  for (const std::string_view text :
       {"",      "[",          "]",        "[]",      "1",       "[1",     "1]",
        "[1,]",  "[,1]",       "[1,,2]",   "[1, 2]",  "[1]x",    "[1][2]", "[x]",
        "[NaN]", "[Infinity]", "[+1]",     "[-]",     "[.5]",    "[1.]",   "[1.e5]",
        "[1e]",  "[1e+]",      "[1e1234]", "[1.2.3]", "[1e5e5]", "[--1]",  "{1,2}"}) {
    INFO(text);
    CHECK(is_refused(put_vector, text));
  }
  CHECK(is_refused(put_vector, "[" + std::string(100, '1') + "]"));
}

TEST_CASE("sparse vectors: other text is refused and leaves nothing", "[vector]") {
  for (const std::string_view text :
       {"",         "{}",           "{}/",      "/3",        "{1:2}",     "{1:2/3",
        "1:2}/3",   "{1:2}/x",      "{1:2}/03", "{1:2}/-3",  "{1:2}/3x",  "{1:2}x/3",
        "{1:2,}/3", "{,1:2}/3",     "{1}/3",    "{1:}/3",    "{:1}/3",    "{01:1}/3",
        "{-1:1}/3", "{1:2, 2:3}/3", "{1: 2}/3", "{1:2}/3/4", "{1:NaN}/3", "{1:2}/12345678901",
        "[1,2]"}) {
    INFO(text);
    CHECK(is_refused(put_sparse_vector, text));
  }
}

template <typename Float>
std::string shortest(Float value) {
  char buffer[64];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value);
  return std::string(buffer, end.ptr);
}

TEST_CASE("vectors, random, number by number", "[vector]") {
  Random random;
  INFO(random.how_to_repeat());
  for (int i = 0; i < 3000; ++i) {
    std::string text;
    std::string json;
    std::string sparse_text;
    std::string sparse_json;
    for (size_t left = 1 + random.below(30); left > 0; --left) {
      const auto bits = static_cast<uint32_t>(random.bits());
      float value = 0;
      std::memcpy(&value, &bits, sizeof value);
      if (!std::isfinite(value)) continue;
      const std::string number = shortest(random.chance(2) ? std::round(value) : value);
      const std::string index = std::to_string(random.below(1000000001));
      const std::string written_number =
          written([&](Sink& sink) { put_json_double(sink, number); });
      const std::string comma = text.empty() ? "" : ",";
      text += comma + number;
      json += comma + written_number;
      sparse_text += comma + index + ":" + number;
      sparse_json += comma + "[" + index + "," + written_number + "]";
    }
    if (text.empty()) continue;
    text = "[" + text + "]";
    sparse_text = "{" + sparse_text + "}/3000";
    INFO(sparse_text);
    if (vector(text) != "[" + json + "]") FAIL(vector(text));
    if (sparse(sparse_text) != "{\"dimensions\":3000,\"vector\":[" + sparse_json + "]}")
      FAIL(sparse(sparse_text));
    if (vector(text).size() > vector_bytes_max(text.size())) FAIL(text);
    if (sparse(sparse_text).size() > vector_bytes_max(sparse_text.size())) FAIL(sparse_text);
  }
}

TEST_CASE("vectors that grow most stay within the bound", "[vector]") {
  for (const std::string_view number : {"0", "1e6", "-1e6", "1e5", "12e5"}) {
    std::string dense = "[" + std::string(number);
    std::string entries = "{1:" + std::string(number);
    for (int i = 0; i < 1000; ++i) {
      dense += "," + std::string(number);
      entries += ",1:" + std::string(number);
    }
    CHECK(vector(dense + "]").size() <= vector_bytes_max(dense.size() + 1));
    CHECK(sparse(entries + "}/1").size() <= vector_bytes_max(entries.size() + 3));
  }
}

}  // namespace
}  // namespace waljet

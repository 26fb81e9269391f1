#include "streamer/errors.h"

#include <catch2/catch.hpp>

using namespace waljet;

TEST_CASE("SQLSTATE decides what may be done", "[errors]") {
  CHECK(class_of_sqlstate("57P03") == ErrorClass::retry);
  CHECK(class_of_sqlstate("3D000") == ErrorClass::retry);
  CHECK(class_of_sqlstate("53300") == ErrorClass::retry);
  CHECK(class_of_sqlstate("55006") == ErrorClass::retry);
  CHECK(class_of_sqlstate("28P01") == ErrorClass::refused);
  CHECK(class_of_sqlstate("28000") == ErrorClass::refused);
  CHECK(class_of_sqlstate("42501") == ErrorClass::refused);
  CHECK(class_of_sqlstate("58P01") == ErrorClass::refused);
  CHECK(class_of_sqlstate("53400") == ErrorClass::refused);
  CHECK(class_of_sqlstate("22023") == ErrorClass::configuration);
  CHECK(class_of_sqlstate("XX000") == ErrorClass::retry);
  CHECK(class_of_sqlstate("") == ErrorClass::retry);
}

TEST_CASE("exit codes", "[errors]") {
  CHECK(exit_code(ErrorClass::interrupted) == 0);
  CHECK(exit_code(ErrorClass::refused) == 1);
  CHECK(exit_code(ErrorClass::retry) == 1);
  CHECK(exit_code(ErrorClass::configuration) == 2);
}

TEST_CASE("a failed connection tells its SQLSTATE in its text", "[errors]") {
  const Error error = parse_connection_error(
      "connection to server at \"127.0.0.1\", port 5432 failed: FATAL:  57P03: the database system "
      "is shutting down\nLOCATION:  ProcessStartupPacket, postmaster.c:2343\n");
  CHECK(error.sqlstate == "57P03");
  CHECK(error.text == "the database system is shutting down");
  CHECK(error.error_class == ErrorClass::retry);
}

TEST_CASE("the last server of several decides", "[errors]") {
  const Error error = parse_connection_error(
      "connection to server at \"a\" failed: FATAL:  57P03: starting up\nLOCATION:  x\n"
      "connection to server at \"b\" failed: FATAL:  28P01: password authentication failed\n");
  CHECK(error.sqlstate == "28P01");
  CHECK(error.error_class == ErrorClass::refused);
}

TEST_CASE("no SQLSTATE: the first line, retried", "[errors]") {
  const Error error = parse_connection_error(
      "connection to server at \"127.0.0.1\", port 1 failed: Connection refused\n\tIs the server "
      "running on that host and accepting TCP/IP connections?\n");
  CHECK(error.sqlstate.empty());
  CHECK(error.text == "connection to server at \"127.0.0.1\", port 1 failed: Connection refused");
  CHECK(error.error_class == ErrorClass::retry);
  CHECK(parse_connection_error("").text.empty());
  CHECK(parse_connection_error(":  abcde: x").sqlstate.empty());
  CHECK(parse_connection_error(":  57P0").sqlstate.empty());
}

TEST_CASE("sentences are joined as sentences", "[errors]") {
  std::string text = "message";
  add_sentence(text, "");
  CHECK(text == "message");
  add_sentence(text, "Detail.");
  add_sentence(text, "Hint.");
  CHECK(text == "message. Detail. Hint.");
}

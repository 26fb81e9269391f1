// What went wrong, and what the process makes of it.
//
// The class of an error says what may be done about it, not who handles it: before the first
// readiness `refused` and `configuration` end the process, afterwards everything is retried.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace waljet {

enum class ErrorClass : uint8_t {
  retry,          // may heal by itself: unreachable, starting up, busy
  refused,        // the other side said no: somebody has to change something there
  configuration,  // what waljet was told is wrong
  interrupted,    // a stop was requested while waiting
};

struct Error {
  ErrorClass error_class = ErrorClass::retry;
  std::string text;      // for people; says what to do next
  std::string sqlstate;  // five characters, or empty where PostgreSQL did not answer
  std::string hint;      // PostgreSQL's hint, as it came
};

// Adds a sentence to a text, whether or not that ends as a sentence does.
void add_sentence(std::string& text, std::string_view sentence);

// A value, or the reason why there is none.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : content_(std::move(value)) {}
  Result(Error error) : content_(std::move(error)) {}

  explicit operator bool() const { return std::holds_alternative<T>(content_); }
  T& operator*() { return std::get<T>(content_); }
  const T& operator*() const { return std::get<T>(content_); }
  T* operator->() { return &std::get<T>(content_); }
  const T* operator->() const { return &std::get<T>(content_); }
  Error& error() { return std::get<Error>(content_); }
  const Error& error() const { return std::get<Error>(content_); }

 private:
  std::variant<T, Error> content_;
};

constexpr int exit_done = 0;
constexpr int exit_refused = 1;
constexpr int exit_usage = 2;
constexpr int exit_findings = 3;

int exit_code(ErrorClass error_class);

// What an error of PostgreSQL means for us. The table is in errors.cpp.
ErrorClass class_of_sqlstate(std::string_view sqlstate);

// A failed connection has no result to ask, only libpq's text. With verbose errors that text holds
// the SQLSTATE: `... failed: FATAL:  57P03: the database system is starting up`. Takes the last
// one, the first line of its message, and leaves out where in the server's source it was raised.
Error parse_connection_error(std::string_view text);

}  // namespace waljet

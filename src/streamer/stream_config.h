// The JetStream API's JSON about streams: what we ask for, and what an answer means. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "streamer/clock.h"
#include "streamer/errors.h"
#include "streamer/survey.h"

namespace waljet {

// err_code values, as in nats-server's errors.json.
constexpr int api_error_jetstream_not_enabled = 10039;
constexpr int api_error_jetstream_not_enabled_for_account = 10076;
constexpr int api_error_stream_not_found = 10059;
constexpr int api_error_subjects_overlap = 10065;
constexpr int api_error_no_message = 10037;
constexpr int api_error_name_in_use = 10058;

struct ApiError {
  int code = 0;  // err_code, 0 where the answer could not be read
  std::string text;
};

// Of STREAM.INFO and STREAM.CREATE.
struct StreamAnswer {
  std::optional<ApiError> error;
  std::vector<std::string> subjects;
  StreamState state;
  bool is_mirror = false;
  bool is_sealed = false;
  bool acknowledges = true;
  // What the chain cannot work with: the names of such settings, as the server calls them.
  std::vector<std::string> unfit_for_chain;
};
StreamAnswer parse_stream_answer(std::string_view json);

// Of STREAM.NAMES.
struct NamesAnswer {
  std::optional<ApiError> error;
  std::vector<std::string> names;
};
NamesAnswer parse_names_answer(std::string_view json);

// What a stream is like that we create.
struct StreamPlan {
  bool create = true;  // false: it has to be there
  bool in_memory = false;
  int replicas = 1;
  Duration max_age{0};     // 0: no limit
  uint64_t bytes_max = 0;  // the same
};

// Body of STREAM.CREATE: limits retention, and but for the plan the server's defaults.
std::string stream_create_request(std::string_view stream, std::string_view subjects,
                                  const StreamPlan& plan);
// The same for the record's bucket, in as many copies as the stream has.
std::string bucket_create_request(int replicas);
// Body of STREAM.NAMES: streams that cover `subject`.
std::string stream_names_request(std::string_view subject);

// Why events of these subjects cannot go to this stream; nothing if they can. `strict`: chained.
std::optional<Error> check_stream(std::string_view stream, const StreamAnswer& answer,
                                  std::span<const std::string> subject_patterns, bool strict);

// What an error of the API means for us.
Error api_error(std::string_view stream, const ApiError& error);
bool means_jetstream_absent(const ApiError& error);

// What is wrong with a stream name, or an empty view.
std::string_view stream_name_problem(std::string_view name);

}  // namespace waljet

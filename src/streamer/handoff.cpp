#include "streamer/handoff.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace waljet {
namespace {

size_t bytes_of(const Item& item) {
  return sizeof(Item) + item.buffer_bytes;
}

}  // namespace

Handoff::Handoff() : wake_fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (wake_fd_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
}

Handoff::~Handoff() {
  close(wake_fd_);
}

bool Handoff::has_room() const {
  const std::lock_guard lock(mutex_);
  return queued_bytes_ < queued_bytes_max;
}

void Handoff::push(Item item) {
  const std::lock_guard lock(mutex_);
  // Keepalives of an idle database follow each other for hours: the last one says it all.
  const bool follows = !items_.empty() && items_.back().kind == ItemKind::received;
  if (item.kind == ItemKind::received && follows) {
    items_.back().lsn = std::max(items_.back().lsn, item.lsn);
    return;
  }
  queued_bytes_ += bytes_of(item);
  items_.push_back(std::move(item));
  publisher_wakes_.notify_one();
}

uint64_t Handoff::request_survey() {
  const std::lock_guard lock(mutex_);
  news_ = true;
  publisher_wakes_.notify_one();
  return ++survey_requested_;
}

void Handoff::set_live_session(uint64_t number) {
  const std::lock_guard lock(mutex_);
  if (live_session_ == number) return;
  live_session_ = number;
  news_ = true;
  publisher_wakes_.notify_one();
}

void Handoff::report_divergence(const Position& event) {
  const std::lock_guard lock(mutex_);
  divergence_ = event;
  news_ = true;
  publisher_wakes_.notify_one();
}

void Handoff::request_stop() {
  const std::lock_guard lock(mutex_);
  stop_requested_ = true;
  news_ = true;
  publisher_wakes_.notify_one();
}

void Handoff::end_input() {
  const std::lock_guard lock(mutex_);
  input_ended_ = true;
  news_ = true;
  publisher_wakes_.notify_one();
}

Handoff::Report Handoff::report() const {
  const std::lock_guard lock(mutex_);
  return report_;
}

void Handoff::clear_wake() {
  const std::lock_guard lock(mutex_);
  eventfd_t value = 0;
  eventfd_read(wake_fd_, &value);
  source_woken_ = false;
}

void Handoff::wait(Instant until, bool for_item) {
  std::unique_lock lock(mutex_);
  const auto arrived = [&] {
    return news_ || !acks_.empty() || lost_link_ || (for_item && !items_.empty());
  };
  if (until == Instant::max()) {
    publisher_wakes_.wait(lock, arrived);
  } else {
    publisher_wakes_.wait_until(lock, until, arrived);
  }
  news_ = false;
}

std::optional<Item> Handoff::take_item() {
  const std::lock_guard lock(mutex_);
  if (items_.empty()) return std::nullopt;
  const bool was_full = queued_bytes_ >= queued_bytes_max;
  Item item = std::move(items_.front());
  items_.pop_front();
  queued_bytes_ -= bytes_of(item);
  if (was_full && queued_bytes_ < queued_bytes_max) wake_source();
  return item;
}

void Handoff::take_acks(std::vector<Ack>& acks) {
  acks.clear();
  const std::lock_guard lock(mutex_);
  acks.swap(acks_);
}

std::optional<Handoff::LostLink> Handoff::take_lost_link() {
  const std::lock_guard lock(mutex_);
  return std::exchange(lost_link_, std::nullopt);
}

uint64_t Handoff::survey_requested() const {
  const std::lock_guard lock(mutex_);
  return survey_requested_;
}

uint64_t Handoff::live_session() const {
  const std::lock_guard lock(mutex_);
  return live_session_;
}

std::optional<Position> Handoff::take_divergence() {
  const std::lock_guard lock(mutex_);
  return std::exchange(divergence_, std::nullopt);
}

bool Handoff::stop_requested() const {
  const std::lock_guard lock(mutex_);
  return stop_requested_;
}

bool Handoff::input_ended() const {
  const std::lock_guard lock(mutex_);
  return input_ended_;
}

void Handoff::report_confirmed(uint64_t session, Lsn lsn) {
  const std::lock_guard lock(mutex_);
  report_.confirmed_session = session;
  report_.confirmed = lsn;
  wake_source();
}

void Handoff::report_survey(uint64_t request, std::shared_ptr<const Survey> survey) {
  const std::lock_guard lock(mutex_);
  report_.surveyed = request;
  report_.survey = std::move(survey);
  wake_source();
}

void Handoff::report_message_bytes_max(int64_t bytes) {
  const std::lock_guard lock(mutex_);
  report_.message_bytes_max = bytes;
}

void Handoff::report_session_end(SessionEnd end) {
  const std::lock_guard lock(mutex_);
  report_.session_end = std::move(end);
  wake_source();
}

void Handoff::report_ready() {
  const std::lock_guard lock(mutex_);
  report_.ready = true;
  wake_source();
}

void Handoff::report_stopped(std::optional<Error> fatal) {
  const std::lock_guard lock(mutex_);
  report_.stopped = true;
  report_.fatal = std::move(fatal);
  wake_source();
}

void Handoff::on_ack(Ack ack) {
  const std::lock_guard lock(mutex_);
  acks_.push_back(std::move(ack));
  if (acks_.size() == 1) publisher_wakes_.notify_one();
}

void Handoff::on_link_lost(uint64_t epoch, std::string why) {
  const std::lock_guard lock(mutex_);
  lost_link_ = LostLink{epoch, std::move(why)};
  publisher_wakes_.notify_one();
}

void Handoff::wake_source() {
  if (source_woken_) return;
  source_woken_ = true;
  eventfd_write(wake_fd_, 1);
}

}  // namespace waljet

#include "streamer/handoff.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <system_error>
#include <utility>

namespace waljet {
namespace {

size_t bytes_of(const Item& item) {
  return sizeof(Item) + item.buffer_bytes;
}

timespec time_until(Instant until) {
  using std::chrono::nanoseconds;
  const nanoseconds left = std::max<nanoseconds>(until - std::chrono::steady_clock::now(), {});
  const auto seconds = std::chrono::floor<std::chrono::seconds>(left);
  return {seconds.count(), (left - seconds).count()};
}

}  // namespace

Handoff::WakeUp::WakeUp() : fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (fd_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
}

Handoff::WakeUp::~WakeUp() {
  close(fd_);
}

void Handoff::WakeUp::set() {
  if (std::exchange(set_, true)) return;
  eventfd_write(fd_, 1);
}

void Handoff::WakeUp::clear() {
  if (!std::exchange(set_, false)) return;
  eventfd_t value = 0;
  eventfd_read(fd_, &value);
}

Handoff::Handoff() = default;
Handoff::~Handoff() = default;

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
  if (publisher_waits_ == PublisherWaits::for_item) publisher_wakes_.set();
}

uint64_t Handoff::request_survey() {
  const std::lock_guard lock(mutex_);
  wake_publisher();
  return ++survey_requested_;
}

void Handoff::set_live_session(uint64_t number) {
  const std::lock_guard lock(mutex_);
  if (live_session_ == number) return;
  live_session_ = number;
  wake_publisher();
}

void Handoff::request_turn(uint64_t session) {
  const std::lock_guard lock(mutex_);
  if (turn_requested_ == session) return;
  turn_requested_ = session;
  wake_publisher();
}

void Handoff::report_divergence(const Position& event) {
  const std::lock_guard lock(mutex_);
  divergence_ = event;
  wake_publisher();
}

void Handoff::request_snapshot(const SnapshotRequest& request) {
  const std::lock_guard lock(mutex_);
  snapshot_request_ = request;
  report_.snapshot = {};
  wake_publisher();
}

void Handoff::begin_snapshot(ExportedSnapshot snapshot) {
  const std::lock_guard lock(mutex_);
  exported_snapshot_ = std::move(snapshot);
  wake_publisher();
}

void Handoff::request_stop() {
  const std::lock_guard lock(mutex_);
  stop_requested_ = true;
  wake_publisher();
}

void Handoff::report_configuration_error(std::string why) {
  const std::lock_guard lock(mutex_);
  report_.configuration_error = std::move(why);
}

void Handoff::end_input() {
  const std::lock_guard lock(mutex_);
  input_ended_ = true;
  wake_publisher();
}

Handoff::Report Handoff::report() const {
  const std::lock_guard lock(mutex_);
  return report_;
}

void Handoff::clear_wake() {
  const std::lock_guard lock(mutex_);
  source_wakes_.clear();
}

void Handoff::wait(Instant until, bool for_item, int socket, short events) {
  {
    const std::lock_guard lock(mutex_);
    const bool arrived = std::exchange(news_, false) || (for_item && !items_.empty());
    if (arrived) return;
    publisher_waits_ = for_item ? PublisherWaits::for_item : PublisherWaits::not_for_item;
  }
  std::array<pollfd, 2> fds{{{publisher_wakes_.fd(), POLLIN, 0}, {socket, events, 0}}};
  const timespec time_left = time_until(until);
  ppoll(fds.data(), fds.size(), until == Instant::max() ? nullptr : &time_left, nullptr);
  const std::lock_guard lock(mutex_);
  publisher_waits_ = PublisherWaits::no;
  publisher_wakes_.clear();
  news_ = false;
}

std::optional<Item> Handoff::take_item() {
  const std::lock_guard lock(mutex_);
  if (items_.empty()) return std::nullopt;
  const bool was_high = queued_bytes_ > queued_bytes_low;
  Item item = std::move(items_.front());
  items_.pop_front();
  queued_bytes_ -= bytes_of(item);
  if (was_high && queued_bytes_ <= queued_bytes_low) source_wakes_.set();
  return item;
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

uint64_t Handoff::turn_requested() const {
  const std::lock_guard lock(mutex_);
  return turn_requested_;
}

std::optional<Position> Handoff::take_divergence() {
  const std::lock_guard lock(mutex_);
  return std::exchange(divergence_, std::nullopt);
}

std::optional<Handoff::SnapshotRequest> Handoff::take_snapshot_request() {
  const std::lock_guard lock(mutex_);
  return std::exchange(snapshot_request_, std::nullopt);
}

std::optional<Handoff::ExportedSnapshot> Handoff::take_exported_snapshot() {
  const std::lock_guard lock(mutex_);
  return std::exchange(exported_snapshot_, std::nullopt);
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
  source_wakes_.set();
}

void Handoff::report_survey(uint64_t request, std::shared_ptr<const Survey> survey) {
  const std::lock_guard lock(mutex_);
  report_.surveyed = request;
  report_.survey = std::move(survey);
  source_wakes_.set();
}

void Handoff::report_message_bytes_max(int64_t bytes) {
  const std::lock_guard lock(mutex_);
  report_.message_bytes_max = bytes;
}

void Handoff::report_session_end(SessionEnd end) {
  const std::lock_guard lock(mutex_);
  report_.session_end = std::move(end);
  source_wakes_.set();
}

void Handoff::report_snapshot(SnapshotReport report) {
  const std::lock_guard lock(mutex_);
  report_.snapshot = std::move(report);
  source_wakes_.set();
}

void Handoff::report_ready() {
  const std::lock_guard lock(mutex_);
  report_.ready = true;
  source_wakes_.set();
}

void Handoff::report_stopped(std::optional<Error> fatal) {
  const std::lock_guard lock(mutex_);
  report_.stopped = true;
  report_.fatal = std::move(fatal);
  source_wakes_.set();
}

void Handoff::on_link_lost(uint64_t epoch, std::string why) {
  const std::lock_guard lock(mutex_);
  lost_link_ = LostLink{epoch, std::move(why)};
  wake_publisher();
}

void Handoff::on_link_due() {
  const std::lock_guard lock(mutex_);
  wake_publisher();
}

void Handoff::wake() {
  const std::lock_guard lock(mutex_);
  wake_publisher();
}

void Handoff::wake_publisher() {
  news_ = true;
  if (publisher_waits_ != PublisherWaits::no) publisher_wakes_.set();
}

}  // namespace waljet

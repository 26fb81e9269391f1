#include "streamer/reader_queue.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace waljet {
namespace {

constexpr unsigned readable = 1;

int make_stop_fd() {
  const int fd = eventfd(readable, EFD_NONBLOCK | EFD_CLOEXEC);
  if (fd < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  return fd;
}

}  // namespace

ReaderQueue::ReaderQueue(size_t bytes_max, std::function<void()> wake)
    : bytes_max_(bytes_max), wake_(std::move(wake)), stop_fd_(make_stop_fd()) {}

ReaderQueue::~ReaderQueue() {
  close(stop_fd_);
}

void ReaderQueue::begin() {
  const std::lock_guard lock(mutex_);
  if (std::exchange(working_, true)) return;
  eventfd_t value = 0;
  eventfd_read(stop_fd_, &value);
}

bool ReaderQueue::push(ReaderEvent event) {
  {
    std::unique_lock lock(mutex_);
    if (event.kind == ReaderEvent::Kind::batch) {
      changed_.wait(lock, [&] { return !working_ || bytes_ < bytes_max_; });
    }
    if (!working_) return false;
    bytes_ += event.batch.buffer_bytes;
    events_.push_back(std::move(event));
  }
  wake_();
  return true;
}

void ReaderQueue::fail(Error error) {
  {
    const std::lock_guard lock(mutex_);
    if (!working_) return;
    ReaderEvent event;
    event.kind = ReaderEvent::Kind::failed;
    event.error = std::move(error);
    events_.push_back(std::move(event));
    end_work();
  }
  wake_();
}

void ReaderQueue::cancel() {
  const std::lock_guard lock(mutex_);
  events_.clear();
  bytes_ = 0;
  end_work();
}

std::optional<ReaderEvent> ReaderQueue::take() {
  const std::lock_guard lock(mutex_);
  if (events_.empty()) return std::nullopt;
  ReaderEvent event = std::move(events_.front());
  events_.pop_front();
  bytes_ -= event.batch.buffer_bytes;
  changed_.notify_all();
  return event;
}

void ReaderQueue::end_work() {
  if (!std::exchange(working_, false)) return;
  eventfd_write(stop_fd_, 1);
  changed_.notify_all();
}

}  // namespace waljet

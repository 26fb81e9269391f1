#include "event/group_writer.h"

#include <cstring>

namespace waljet {

bool GroupWriter::takes(const Sink& batch, const Frame& event) const {
  const bool same_transaction = event.position.commit_lsn == event_.position.commit_lsn;
  if (!open_ || !same_transaction || event.kind != event_.kind) return false;
  if (event.flags != event_.flags) return false;
  const std::string_view bytes = batch.view();
  const char* subject = bytes.data() + start_ + frame_header_bytes;
  return event.subject == std::string_view{subject, event_.subject.size()};
}

void GroupWriter::begin(Sink& batch, const Frame& event) {
  event_start_ = batch.size();
  if (open_) {
    batch.put('\n');
  } else {
    start_ = begin_frame(batch, event);
    body_ = batch.size();
    index_.truncate(0);
  }
  event_ = event;
  holds_event_ = true;
}

size_t GroupWriter::end(Sink& batch) {
  holds_event_ = false;
  const bool joins = open_;
  open_ = true;
  if (joins && batch.size() - body_ > bytes_max_) {
    move_behind(batch);
  } else if (joins) {
    count(batch.size() - event_start_ - 1);
    body_ -= keep_shared(batch, start_, event_);
  } else {
    count(batch.size() - body_);
  }
  const size_t start = start_;
  if (batch.size() - body_ >= bytes_max_) close(batch);
  return start;
}

void GroupWriter::count(size_t body_bytes) {
  put_group_entry(index_, {event_.position.ordinal, event_.position.part,
                           static_cast<uint32_t>(body_bytes), event_.key_hash});
}

// Its body moves up by what the end of one frame and the beginning of the next one take, less the
// newline.
void GroupWriter::move_behind(Sink& batch) {
  const size_t body_bytes = batch.size() - event_start_ - 1;
  const size_t entries = index_.size() / group_entry_bytes;
  const size_t between = (entries > 1 ? index_.size() : 0) + frame_header_bytes +
                         event_.subject.size() + event_.table.size() + event_.key.size() +
                         event_.headers.size();
  batch.reserve(between);
  char* from = batch.data() + event_start_ + 1;
  std::memmove(batch.data() + event_start_ + between, from, body_bytes);
  batch.truncate(event_start_);
  close(batch);
  begin(batch, event_);
  batch.advance(body_bytes);
  holds_event_ = false;
  open_ = true;
  count(body_bytes);
}

void GroupWriter::cancel(Sink& batch) {
  batch.truncate(event_start_);
  holds_event_ = false;
}

void GroupWriter::close(Sink& batch) {
  if (!open_) return;
  open_ = false;
  if (index_.size() > group_entry_bytes) {
    end_group(batch, start_, index_.view());
  } else {
    end_frame(batch, start_);
  }
}

void GroupWriter::move_to_front() {
  body_ -= start_;
  start_ = 0;
}

}  // namespace waljet

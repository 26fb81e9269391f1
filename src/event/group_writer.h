// Writes events into frames such that consecutive events of one transaction, of one kind and one
// subject, leave as one group: at most so many bytes of bodies and newlines. An event larger than
// that stands alone, and an event alone is an ordinary frame. Where a group ends depends on the
// events alone.
//
// An event is begun, its body is put into the batch, and it is ended. An event that would make its
// group too large is moved behind it, and begins the next one.
//
// Plain data: the bytes are in the sinks.
#pragma once

#include "event/frame.h"

namespace waljet {

class GroupWriter {
 public:
  GroupWriter() = default;
  // `index` is a sink of its own, for entries of the open group.
  GroupWriter(size_t bytes_max, const Sink& index) : bytes_max_(bytes_max), index_(index) {}

  // Whether there is a group that events may join. Its frame begins at start() and is the last one.
  bool is_open() const { return open_; }
  size_t start() const { return start_; }
  // Whether the event may join it, if it is small enough.
  bool takes(const Sink& batch, const Frame& event) const;

  // The event joins the open group, or begins one where there is none. The views in `event` must
  // be valid until end() or cancel().
  void begin(Sink& batch, const Frame& event);
  // Completes the event. Returns where its frame begins.
  size_t end(Sink& batch);
  // Takes the event out of the batch again.
  void cancel(Sink& batch);
  // Between begin() and end() or cancel().
  bool holds_event() const { return holds_event_; }

  // Completes the open group, if there is one.
  void close(Sink& batch);
  // What was in front of the open group has left the batch.
  void move_to_front();

 private:
  void move_behind(Sink& batch);
  void count(size_t body_bytes);

  size_t bytes_max_ = 0;
  Sink index_;
  bool open_ = false;
  bool holds_event_ = false;
  size_t start_ = 0;  // of the open group
  size_t body_ = 0;
  Frame event_;             // the one in hand, or the last one: then its views are gone
  size_t event_start_ = 0;  // its newline, where it has one
};

}  // namespace waljet

#include "streamer/unseen_changes.h"

namespace waljet {

void UnseenChanges::begin() {
  touched_.clear();
  first_.reset();
  newest_.reset();
  strangers_.clear();
}

void UnseenChanges::note(const Frame& frame) {
  if (overflown()) return;
  if (!first_) first_ = frame.xid;
  // What one snapshot shows is shown by all that follow: work that lies far behind costs nothing.
  if (newest_ && newest_->shows(frame.xid)) return;
  if (frame.xid != *first_) strangers_.erase(frame.xid);
  const bool incomplete = (frame.flags & incomplete_flag) != 0;
  for (size_t place = 0; place < event_count(frame); ++place) {
    add({key_hash_at(frame, place), frame.xid, incomplete});
  }
  if (frame.old_key_hash != 0) add({frame.old_key_hash, frame.xid});
}

void UnseenChanges::add(const Touch& touch) {
  if (!overflown()) touched_.push_back(touch);
}

void UnseenChanges::on_snapshot(const Visibility& snapshot) {
  std::erase_if(touched_, [&](const Touch& touch) { return snapshot.shows(touch.xid); });
  if (newest_) {
    std::erase_if(strangers_, [&](uint32_t xid) { return snapshot.shows(xid); });
  } else {
    for (const uint32_t xid : snapshot.open()) strangers_.insert(xid);
    for (const Touch& touch : touched_) {
      if (touch.xid != *first_) strangers_.erase(touch.xid);
    }
  }
  newest_ = snapshot;
}

KeyHashes UnseenChanges::keys() const {
  KeyHashes keys;
  for (const Touch& touch : touched_) keys.insert(touch.key_hash);
  return keys;
}

KeyHashes UnseenChanges::incomplete_keys() const {
  KeyHashes keys;
  for (const Touch& touch : touched_) {
    if (touch.incomplete) keys.insert(touch.key_hash);
  }
  return keys;
}

}  // namespace waljet

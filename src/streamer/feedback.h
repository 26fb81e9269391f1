// When to tell PostgreSQL how far we are, and when to suspect that it wants to shut down.
//
// A status update goes out every second whatever else happens, since a walsender that hears nothing
// for wal_sender_timeout drops the connection and sends everything again; and within 100 ms when
// the server asked for one or the confirmed position moved, at most 10 times a second: a server
// that shuts down asks tens of thousands of times a second.
//
// `pg_ctl stop -m fast` waits for the walsender until everything sent is confirmed. While nothing
// can be confirmed that is for ever, and the replication connection cannot tell. So a stall is
// worth a probe: a second connection, which a server that shuts down refuses with 57P03. A stall is
// either that the server goes on asking for replies (it does when it has sent everything and waits
// for us) while something it has sent is unconfirmed, though what is confirmed may still rise, as
// long as it was held back before; or that there is no room for what it sends, so that it cannot
// even ask. Positions do not tell the second: those inside a transaction lie below the confirmed
// one until its commit comes.
//
// Pure: the present is an argument. One object for each replication connection.
#pragma once

#include <optional>

#include "event/position.h"
#include "streamer/clock.h"

namespace waljet {

class Feedback {
 public:
  static constexpr Duration status_interval{1000};
  static constexpr Duration prompt_interval{100};
  static constexpr Duration stall_min{2000};
  static constexpr Duration probe_interval{1000};
  static constexpr Duration asking_interval_max{1000};  // longer pauses begin another asking

  explicit Feedback(Instant now) : last_sent_(now) {}

  void on_received(Lsn lsn);
  void on_reply_requested(Instant now);
  void on_confirmed(Lsn lsn);
  // False while there is no room for what the server sends.
  void set_reading(bool reading, Instant now);

  bool status_due(Instant now) const { return now >= status_at(); }
  void on_status_sent(Instant now);

  bool probe_due(Instant now) const { return probe_wanted(now) && now >= probe_at(); }
  void on_probe_started(Instant now) {
    last_probe_ = now;
    probing_ = true;
  }
  void on_probe_ended() { probing_ = false; }

  // When to look again if nothing happens before.
  Instant wake_at(Instant now) const;

  // At least what is confirmed: after a reconnect that may be more than was received again.
  Lsn written() const { return written_ > confirmed_ ? written_ : confirmed_; }
  Lsn confirmed() const { return confirmed_; }

 private:
  bool outstanding() const { return written_ > confirmed_; }
  bool is_asked(Instant now) const {
    return outstanding() && asked_last_ && now < *asked_last_ + asking_interval_max;
  }
  bool probe_wanted(Instant now) const { return !probing_ && (!reading_ || is_asked(now)); }
  Instant status_at() const;
  Instant probe_at() const;

  Lsn written_ = 0;
  Lsn confirmed_ = 0;
  Instant last_sent_;
  Instant unread_since_{};
  std::optional<Instant> asked_last_;
  Instant asked_since_{};
  Instant last_probe_{};
  bool prompt_ = true;  // the first status goes out soon: it says that we are alive
  bool reading_ = true;
  bool probing_ = false;
};

}  // namespace waljet

// Signals as file descriptors: SIGTERM and SIGINT, which stop, and SIGHUP.
#pragma once

namespace waljet {

// From now on the first of the signals makes the returned descriptor readable for ever, the second
// one ends the process at once. Call once; the descriptor lives as long as the process.
int catch_stop_signals();

bool stop_signalled(int stop_fd);

// From now on SIGHUP makes the returned descriptor readable, until it is taken. Call once.
int catch_reload_signal();
bool take_reload_signal(int reload_fd);

}  // namespace waljet

// SIGTERM and SIGINT as a file descriptor.
#pragma once

namespace waljet {

// From now on the first of the signals makes the returned descriptor readable for ever, the second
// one ends the process at once. Call once; the descriptor lives as long as the process.
int catch_stop_signals();

bool stop_signalled(int stop_fd);

}  // namespace waljet

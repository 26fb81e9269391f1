#include <cstdio>
#include <exception>

#include "streamer/cli.h"

int main(int argc, char** argv) {
  try {
    return waljet::run_cli(argc, argv);
  } catch (const std::exception& error) {
    // Only what nothing can be done about comes here: no memory, no file descriptors, no threads.
    std::fprintf(stderr, "waljet: %s\n", error.what());
    return 1;
  }
}

// The command line: what may be typed, and which environment variable says the same.
#pragma once

namespace waljet {

// Parses, runs the command, returns the exit code. Flags win over the environment, the environment
// over defaults.
int run_cli(int argc, char** argv);

}  // namespace waljet

// Named places at which a process can be made to die or to freeze, for the fault tests.
//
// Built with -DWALJET_FAULTS (CMake: WALJET_FAULTS=ON) a process reads the environment variable
// WALJET_FAILPOINT=NAME:N:ACTION once: when the place NAME is reached for the N-th time, counted
// from 1, it sends itself SIGKILL (ACTION `kill`) or SIGSTOP (`stop`; SIGCONT lets it go on).
// Anything else in the variable ends the process. Without that definition nothing is left of it.
//
// Places: published (a publish was handed to NATS), acknowledged (an acknowledgement was taken),
// recorded (the KV record was acknowledged), confirmed (a position was handed to the source for
// confirming), reconnecting (before a new NATS link is made), draining (the drain has begun).
#pragma once

#include <cstdint>

namespace waljet {

#ifdef WALJET_FAULTS
// From any thread.
void failpoint(const char* name);
// The number in the environment variable `name`, or `otherwise`: for limits that a test makes
// small.
uint64_t test_number(const char* name, uint64_t otherwise);
#else
inline void failpoint(const char* /*name*/) {}
constexpr uint64_t test_number(const char* /*name*/, uint64_t otherwise) {
  return otherwise;
}
#endif

}  // namespace waljet

// Sweeps on the Redis given as first argument, at the moment given in milliseconds as second, and dies by SIGKILL
// before the chunk whose number is the third: a process that is lost in the middle of a sweep.
#include <unistd.h>

#include <csignal>
#include <cstdlib>

#include "absl/strings/numbers.h"
#include "tests/churn_scores/replica.h"

int main(int argc, char** argv) {
  using namespace rapport::churn;
  int64_t now_ms = 0;
  int chunks = 0;
  if (argc != 4 || !absl::SimpleAtoi(argv[2], &now_ms) || !absl::SimpleAtoi(argv[3], &chunks)) return 2;
  Sweep::Options options;
  options.chunk = 10;
  options.runner = "victim";
  Replica replica(OpenChurnStore(argv[1]), absl::FromUnixMillis(now_ms), options);
  replica.RunDue([&] {
    if (chunks-- < 0) kill(getpid(), SIGKILL);
    return true;
  });
  return 0;
}

#ifndef RAPPORT_TESTS_BENCHMARK_OVERLOAD_LOAD_H_
#define RAPPORT_TESTS_BENCHMARK_OVERLOAD_LOAD_H_

#include <cstdint>
#include <functional>
#include <string>

// Load that goes on when it is refused, so cheap for its sender that it can be many times what a server takes.
namespace rapport::benchmark {

// A call whose request is bytes already.
struct RawCall {
  std::string method;  // "/rapport.ratings.v1.RatingsService/RecordRating"
  std::string request;
};

// Makes the call with this number. From any thread.
using MakeCall = std::function<RawCall(int64_t number)>;

struct OverloadOptions {
  std::string server;  // HOST:PORT
  std::string tenant = "default";
  int connections = 8;
  double seconds = 1;
  // Calls a second, whether or not earlier ones were answered; 0: each of `callers` calls again when it was answered.
  double rate = 0;
  int callers = 1;
  bool obey = false;  // a refused caller waits as long as it is advised
};

// Puts the load on a server that runs already, for so long, and prints what came of it but for the first third of the
// time as one line of JSON: calls a second (`offered`, `accepted`, `refused`, `failed`), the share of refusals that
// came with advice, and quantiles of the time of accepted calls in seconds; `accepted_in_all`, the first third
// included.
int RunOverload(const MakeCall& make_call, const OverloadOptions& options);

}  // namespace rapport::benchmark

#endif  // RAPPORT_TESTS_BENCHMARK_OVERLOAD_LOAD_H_

#ifndef RAPPORT_COMMON_SERVER_LISTENER_H_
#define RAPPORT_COMMON_SERVER_LISTENER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/metrics/registry.h"
#include "common/server/log.h"

namespace rapport::server {

// Accepts connections, a bounded number at a time. gRPC's own listener knows no bound, and ends for good when file
// descriptors run out; this one closes what is too much, and goes on when there are descriptors again.
//
// It also cuts connections before memory runs out: those that sent the most for what they were answered. gRPC holds
// half-sent messages, and streams that were reset faster than it lets them go, without a bound that holds.
class Listener {
 public:
  struct Options {
    std::string address;       // HOST:PORT; each address that the name has; port 0: any free one
    int max_connections = 1;   // they get at most three quarters of the descriptors that the process may have
    int64_t memory_limit = 0;  // bytes; 0: what there is
  };
  // UNAVAILABLE says what is wrong with the address. `log` and `registry` must outlive the result.
  static absl::StatusOr<std::unique_ptr<Listener>> Open(const Options& options, Logger& log,
                                                        metrics::Registry& registry);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  int port() const;

  // Gives each connection, a socket that does not block, to `take`, which owns it from then on. Called once at most.
  void Start(std::function<void(int)> take);
  // Nothing is given after it. What was given stays as it is.
  void Close();

 private:
  class Impl;
  explicit Listener(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace rapport::server

#endif  // RAPPORT_COMMON_SERVER_LISTENER_H_

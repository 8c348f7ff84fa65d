#ifndef RAPPORT_COMMON_SERVER_LISTENER_H_
#define RAPPORT_COMMON_SERVER_LISTENER_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/metrics/registry.h"
#include "common/server/log.h"

namespace rapport::server {

// Accepts connections, a bounded number at a time. gRPC's own listener knows no bound, and ends for good when file
// descriptors run out; this one closes what is too much, and goes on when there are descriptors again.
class Listener {
 public:
  // Listens on HOST:PORT, on each address that the name has; port 0: any free one. Connections get at most three
  // quarters of the descriptors that the process may have. UNAVAILABLE says what is wrong with the address. `log` and
  // `registry` must outlive the result.
  static absl::StatusOr<std::unique_ptr<Listener>> Open(absl::string_view address, int max_connections, Logger& log,
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

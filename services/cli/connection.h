#ifndef RAPPORT_SERVICES_CLI_CONNECTION_H_
#define RAPPORT_SERVICES_CLI_CONNECTION_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace grpc {
class ChannelInterface;
class ClientContext;
class Status;
}  // namespace grpc

namespace rapport::cli {

// A service that commands talk to.
struct ServiceAddress {
  // The environment variable that names its server; goes before RAPPORT_SERVER.
  const char* variable = nullptr;
  int port = 0;
};

inline constexpr ServiceAddress kRatingsAddress = {"RAPPORT_RATINGS_SERVER", 50051};
inline constexpr ServiceAddress kResponseTimesAddress = {"RAPPORT_RESPONSE_TIMES_SERVER", 50052};
inline constexpr ServiceAddress kChurnAddress = {"RAPPORT_CHURN_SERVER", 50053};

struct ConnectionOptions {
  // HOST:PORT.
  std::string server;
  std::string token;
  std::string token_file;
  bool tls = false;
  std::string tls_ca;
  std::string tls_cert;
  std::string tls_key;
  std::string tls_server_name;
  // Sent as they are, for a server in development mode.
  std::string agent;
  std::string tenant;
  absl::Duration timeout = absl::Seconds(30);
};

// The server of a service: `given` by --server, else of the environment, else at its port of this machine. The port may
// be left out.
std::string ServerOf(const ServiceAddress& service, absl::string_view given);

// Whether a token would travel in the clear to another machine.
bool ExposesToken(const ConnectionOptions& options);

// A channel to one server, and what each call on it carries.
class Connection {
 public:
  // Reads the token and TLS files; connects with the first call.
  static absl::StatusOr<Connection> Open(const ConnectionOptions& options);

  const std::shared_ptr<grpc::ChannelInterface>& channel() const { return channel_; }
  absl::Duration timeout() const { return options_.timeout; }

  // With the caller's credentials and the deadline of --timeout.
  std::unique_ptr<grpc::ClientContext> NewContext() const;
  // The same without a deadline, for streams that take as long as they take.
  std::unique_ptr<grpc::ClientContext> NewStreamContext() const;

  // The status with what the user can do about it.
  absl::Status Explain(const grpc::Status& status) const;

 private:
  Connection(ConnectionOptions options, std::shared_ptr<grpc::ChannelInterface> channel);

  ConnectionOptions options_;
  std::shared_ptr<grpc::ChannelInterface> channel_;
};

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_CONNECTION_H_

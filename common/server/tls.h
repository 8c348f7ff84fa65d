#ifndef RAPPORT_COMMON_SERVER_TLS_H_
#define RAPPORT_COMMON_SERVER_TLS_H_

#include <memory>

#include "absl/status/statusor.h"
#include "common/server/config.h"

namespace grpc {
class ServerCredentials;
}

namespace rapport::server {

// Credentials of the listening port: plain text without --tls-cert. The files are checked now and read again when they
// change, so that renewed certificates need no restart. INVALID_ARGUMENT names the flag, the file and the remedy.
absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> MakeServerCredentials(const ServerConfig& config);

}  // namespace rapport::server

#endif  // RAPPORT_COMMON_SERVER_TLS_H_

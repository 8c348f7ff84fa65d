#ifndef RAPPORT_COMMON_SERVER_PUSHBACK_H_
#define RAPPORT_COMMON_SERVER_PUSHBACK_H_

#include <grpcpp/client_context.h>

#include <cstdint>

#include "absl/strings/numbers.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace rapport::server {

// For clients: how long a call that has ended is to be waited with before it is made again, as its server advises
// (gRPC's proposal A6). Zero without advice.
inline absl::Duration PushbackOf(const grpc::ClientContext& context) {
  const auto& trailers = context.GetServerTrailingMetadata();
  const auto found = trailers.find("grpc-retry-pushback-ms");
  int64_t milliseconds = 0;
  if (found == trailers.end() ||
      !absl::SimpleAtoi(absl::string_view(found->second.data(), found->second.size()), &milliseconds) ||
      milliseconds < 0) {
    return absl::ZeroDuration();
  }
  return absl::Milliseconds(milliseconds);
}

}  // namespace rapport::server

#endif  // RAPPORT_COMMON_SERVER_PUSHBACK_H_

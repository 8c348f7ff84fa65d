#ifndef RAPPORT_TESTS_FUZZ_RPC_TARGET_H_
#define RAPPORT_TESTS_FUZZ_RPC_TARGET_H_

#include <memory>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/metrics/registry.h"
#include "common/server/rpc.h"
#include "common/store/store.h"
#include "google/protobuf/descriptor.h"

namespace grpc {
class Service;
}

// Calls of the methods of a service, one after the other, through gRPC inside this process, on a new store for each
// input. Whatever is asked: the answer parses, its numbers are numbers, an error says whose fault it is and is never
// ours, and nothing hangs. A step `damage: "17"` changes a stored value, after which errors may be ours.
namespace rapport::fuzz {

// The present, for every part of a service.
inline absl::Time Now() {
  return absl::FromUnixSeconds(1'782'907'200);  // 2026-07-01T12:00:00Z
}

// A service and what it works with.
class Served {
 public:
  virtual ~Served() = default;
  virtual grpc::Service& service() = 0;
  // What the process does beside answering; called after each call.
  virtual absl::Status DoBackgroundWork() { return absl::OkStatus(); }
};

// A target defines these two; rpc_target.cc does the rest.
const google::protobuf::ServiceDescriptor& ServiceUnderTest();
std::unique_ptr<Served> Serve(server::RpcRuntime& runtime, store::Store& store, metrics::Registry& registry);

}  // namespace rapport::fuzz

#endif  // RAPPORT_TESTS_FUZZ_RPC_TARGET_H_

// The RPCs about promises.
#include <memory>
#include <utility>

#include "common/request/fields.h"
#include "common/server/stream.h"
#include "services/response_times/service/promise_listing.h"
#include "services/response_times/service/promise_watch.h"
#include "services/response_times/service/promises_query.h"
#include "services/response_times/service/response_times_service.h"

namespace rapport::response_times {
namespace {

using access::v1::ROLE_AGENT;
using access::v1::ROLE_INGEST;
using access::v1::ROLE_READ;
using server::Call;
using server::RpcSpec;

constexpr RpcSpec kMakePromise{"MakePromise", {ROLE_INGEST, ROLE_AGENT}};
constexpr RpcSpec kKeepPromise{"KeepPromise", {ROLE_INGEST, ROLE_AGENT}};
constexpr RpcSpec kCancelPromise{"CancelPromise", {ROLE_INGEST, ROLE_AGENT}};
constexpr RpcSpec kListPromises{"ListPromises", {ROLE_READ, ROLE_AGENT}};
constexpr RpcSpec kQueryPromises{"QueryPromises", {ROLE_READ}};
constexpr RpcSpec kWatchPromises{"WatchPromises", {ROLE_READ, ROLE_AGENT}};

// The agent whose promises alone the caller sees; empty for all.
std::string OnlyAgent(const server::Principal& principal) {
  return principal.Has(ROLE_READ) ? "" : principal.agent_id;
}

// Puts the promise as it stands into the answer.
template <typename Response>
PromiseRecorder::Done Into(Response* response, server::RpcRuntime::Done done) {
  return [response, done = std::move(done)](absl::StatusOr<v1::Promise> promise) {
    if (!promise.ok()) return done(promise.status());
    *response->mutable_promise() = *std::move(promise);
    done(absl::OkStatus());
  };
}

}  // namespace

grpc::ServerUnaryReactor* ResponseTimesService::MakePromise(grpc::CallbackServerContext* context,
                                                            const v1::MakePromiseRequest* request,
                                                            v1::MakePromiseResponse* response) {
  return runtime_.Async(context, kMakePromise, [=, this](const Call& call, server::RpcRuntime::Done done) {
    absl::Status charged = runtime_.ChargeEvents(call, 1);
    if (!charged.ok()) return done(std::move(charged));
    parts_.promises.Make(call.principal.tenant, call.deadline, *request, Into(response, std::move(done)));
  });
}

grpc::ServerUnaryReactor* ResponseTimesService::KeepPromise(grpc::CallbackServerContext* context,
                                                            const v1::KeepPromiseRequest* request,
                                                            v1::KeepPromiseResponse* response) {
  return runtime_.Async(context, kKeepPromise, [=, this](const Call& call, server::RpcRuntime::Done done) {
    absl::Status charged = runtime_.ChargeEvents(call, 1);
    if (!charged.ok()) return done(std::move(charged));
    parts_.promises.Keep(call.principal.tenant, call.deadline, *request, Into(response, std::move(done)));
  });
}

grpc::ServerUnaryReactor* ResponseTimesService::CancelPromise(grpc::CallbackServerContext* context,
                                                              const v1::CancelPromiseRequest* request,
                                                              v1::CancelPromiseResponse* response) {
  return runtime_.Async(context, kCancelPromise, [=, this](const Call& call, server::RpcRuntime::Done done) {
    absl::Status charged = runtime_.ChargeEvents(call, 1);
    if (!charged.ok()) return done(std::move(charged));
    parts_.promises.Cancel(call.principal.tenant, call.deadline, *request, Into(response, std::move(done)));
  });
}

grpc::ServerUnaryReactor* ResponseTimesService::ListPromises(grpc::CallbackServerContext* context,
                                                             const v1::ListPromisesRequest* request,
                                                             v1::ListPromisesResponse* response) {
  return runtime_.Blocking(context, kListPromises, [=, this](const Call& call) {
    return response_times::ListPromises(parts_.reader, call.principal.tenant, OnlyAgent(call.principal), *request,
                                        *response);
  });
}

grpc::ServerUnaryReactor* ResponseTimesService::QueryPromises(grpc::CallbackServerContext* context,
                                                              const v1::QueryPromisesRequest* request,
                                                              v1::QueryPromisesResponse* response) {
  return runtime_.Blocking(context, kQueryPromises, [=, this](const Call& call) {
    return response_times::QueryPromises(parts_.reader, parts_.dictionary, call.principal.tenant,
                                         options_.min_group_size, *request, *response);
  });
}

grpc::ServerWriteReactor<v1::WatchPromisesResponse>* ResponseTimesService::WatchPromises(
    grpc::CallbackServerContext* context, const v1::WatchPromisesRequest* request) {
  using Producer = server::Producer<v1::WatchPromisesResponse>;
  return server::ServeStream<v1::WatchPromisesResponse>(
      runtime_, context, kWatchPromises, [this, request](const Call& call) -> absl::StatusOr<Producer> {
        absl::StatusOr<PromiseWatch> watch =
            PromiseWatch::Open(parts_.reader, call.principal.tenant, OnlyAgent(call.principal), *request);
        if (!watch.ok()) return watch.status();
        return [watch = std::make_shared<PromiseWatch>(*std::move(watch))](
                   v1::WatchPromisesResponse* response) -> absl::StatusOr<server::Step> {
          const absl::StatusOr<bool> told = watch->Next(*response);
          if (!told.ok()) return told.status();
          return *told ? server::Step::kMessage : server::Step::kWait;
        };
      });
}

}  // namespace rapport::response_times

#ifndef RAPPORT_TESTS_SERVER_HARNESS_H_
#define RAPPORT_TESTS_SERVER_HARNESS_H_

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "common/metrics/registry.h"
#include "common/server/rpc.h"
#include "common/server/server.h"
#include "common/server/stream.h"
#include "rapport/ratings/v1/ratings_service.grpc.pb.h"

// A server runtime around a service whose behaviour each test sets.
namespace rapport::server::testing {

namespace v1 = ratings::v1;

constexpr absl::string_view kServiceName = "rapport.ratings.v1.RatingsService";

// One RPC of each shape that the runtime serves.
class TestService final : public v1::RatingsService::CallbackService {
 public:
  using IngestDone = std::function<void(absl::StatusOr<v1::IngestRatingsResponse>)>;

  static constexpr int kWindow = 3;

  explicit TestService(RpcRuntime& rpc) : rpc_(rpc) {}

  std::function<void(const Call&, RpcRuntime::Done)> async = [](const Call&, const RpcRuntime::Done& done) {
    done(absl::OkStatus());
  };
  std::function<absl::Status(const Call&)> blocking = [](const Call&) { return absl::OkStatus(); };
  std::function<void(const Call&, v1::IngestRatingsRequest, IngestDone)> ingest =
      [](const Call&, const v1::IngestRatingsRequest& request, const IngestDone& done) { done(Acknowledge(request)); };
  std::function<absl::StatusOr<Producer<v1::WatchRatingsResponse>>(const Call&)> watch = [](const Call&) {
    return [](v1::WatchRatingsResponse*) { return Step::kEnd; };
  };

  static v1::IngestRatingsResponse Acknowledge(const v1::IngestRatingsRequest& request) {
    v1::IngestRatingsResponse response;
    response.set_sequence(request.sequence());
    return response;
  }

  grpc::ServerUnaryReactor* RecordRating(grpc::CallbackServerContext* context, const v1::RecordRatingRequest*,
                                         v1::RecordRatingResponse*) override {
    return rpc_.Async(context, {"RecordRating", {access::v1::ROLE_INGEST}}, async);
  }
  grpc::ServerUnaryReactor* RecordRatings(grpc::CallbackServerContext* context, const v1::RecordRatingsRequest*,
                                          v1::RecordRatingsResponse*) override {
    return rpc_.Blocking(context, {"RecordRatings", {access::v1::ROLE_INGEST}}, blocking);
  }
  grpc::ServerBidiReactor<v1::IngestRatingsRequest, v1::IngestRatingsResponse>* IngestRatings(
      grpc::CallbackServerContext* context) override {
    return ServeIngest<v1::IngestRatingsRequest, v1::IngestRatingsResponse>(
        rpc_, context, {"IngestRatings", {access::v1::ROLE_INGEST}}, kWindow, ingest);
  }
  grpc::ServerWriteReactor<v1::WatchRatingsResponse>* WatchRatings(grpc::CallbackServerContext* context,
                                                                   const v1::WatchRatingsRequest*) override {
    return ServeStream<v1::WatchRatingsResponse>(
        rpc_, context, {"WatchRatings", {access::v1::ROLE_READ, access::v1::ROLE_AGENT}}, watch);
  }

 private:
  RpcRuntime& rpc_;
};

// Answers calls, and remembers who called last.
class LastCaller {
 public:
  std::function<void(const Call&, RpcRuntime::Done)> Handler() {
    return [this](const Call& call, const RpcRuntime::Done& done) {
      {
        absl::MutexLock lock(&mutex_);
        principal_ = call.principal;
      }
      done(absl::OkStatus());
    };
  }
  Principal principal() const {
    absl::MutexLock lock(&mutex_);
    return principal_;
  }

 private:
  mutable absl::Mutex mutex_;
  Principal principal_ ABSL_GUARDED_BY(mutex_);
};

// The lines that a server logged.
class LogLines {
 public:
  Logger::Sink Sink() {
    return [this](absl::string_view line) {
      absl::MutexLock lock(&mutex_);
      lines_.emplace_back(line);
    };
  }
  std::vector<std::string> lines() const {
    absl::MutexLock lock(&mutex_);
    return lines_;
  }
  bool Has(absl::string_view text) const;

 private:
  mutable absl::Mutex mutex_;
  std::vector<std::string> lines_ ABSL_GUARDED_BY(mutex_);
};

// Settings for free ports on this machine and quick polls.
ServerConfig TestConfig();

// A running server with a TestService.
class TestServer {
 public:
  explicit TestServer(const ServerConfig& config = TestConfig());
  ~TestServer();

  std::shared_ptr<grpc::Channel> Channel(
      const std::shared_ptr<grpc::ChannelCredentials>& credentials = grpc::InsecureChannelCredentials()) const;
  std::unique_ptr<v1::RatingsService::Stub> Stub() const { return v1::RatingsService::NewStub(Channel()); }
  std::string Http(const std::string& path) const;
  // Starts to drain on a thread of its own; the destructor joins it.
  void StartShutdown();
  void AwaitShutdown() { shutdown_.join(); }

  LogLines log;
  metrics::Registry registry;
  std::unique_ptr<Server> server;
  std::unique_ptr<TestService> service;

 private:
  std::thread shutdown_;
};

// The answer to GET, status line and headers included; empty when the connection is refused.
std::string HttpGet(int port, const std::string& path);

// Waits, up to the patience of the test, for what happens on other threads.
bool Eventually(const std::function<bool()>& condition);

// A new folder for the files of one test.
std::string TempFolder();
void WriteFile(const std::string& path, absl::string_view content);

// A credentials file entry.
std::string TokenEntry(absl::string_view name, absl::string_view token, absl::string_view tenant,
                       absl::string_view role);

grpc::Status CallAsync(v1::RatingsService::Stub& stub, grpc::ClientContext& context);
grpc::Status CallBlocking(v1::RatingsService::Stub& stub, grpc::ClientContext& context);

MATCHER_P(HasCode, code, "") {
  return arg.error_code() == code;
}

}  // namespace rapport::server::testing

#endif  // RAPPORT_TESTS_SERVER_HARNESS_H_

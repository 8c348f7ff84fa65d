#ifndef RAPPORT_TESTS_RESPONSE_TIMES_SERVICE_HARNESS_H_
#define RAPPORT_TESTS_RESPONSE_TIMES_SERVICE_HARNESS_H_

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/metrics/registry.h"
#include "common/rollup/dictionary.h"
#include "common/server/server.h"
#include "common/store/store.h"
#include "common/write/write_path.h"
#include "rapport/response_times/v1/response_times_service.grpc.pb.h"
#include "services/response_times/service/response_times_metrics.h"
#include "services/response_times/service/response_times_service.h"
#include "tests/support/redis_server.h"
#include "tests/support/temp_dir.h"

// The whole service in this process, on a store of its own, called through gRPC, with a clock that tests set.
namespace rapport::response_times {

struct ServiceOptions {
  std::string engine = "rocksdb";  // or "redis"
  int min_group_size = 1;
};

// Bytes committed to a store.
struct Committed {
  std::atomic<int64_t> entities = 0;
  std::atomic<int64_t> counters = 0;  // and entries of streams
};

class Service {
 public:
  Service(absl::Time now, const ServiceOptions& options = {});
  ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  void SetNow(absl::Time now) { now_ms_ = absl::ToUnixMillis(now); }
  const Committed& committed() const { return committed_; }
  v1::ResponseTimesService::Stub& stub() { return *stub_; }
  int port() const { return server_->port(); }
  Reader& reader() { return *reader_; }

 private:
  const test_support::TempDir dir_;
  std::unique_ptr<test_support::RedisServer> redis_;
  std::atomic<int64_t> now_ms_;
  Committed committed_;
  metrics::Registry registry_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<write::WritePath> path_;
  std::unique_ptr<rollup::Dictionary> dictionary_;
  std::unique_ptr<ResponseTimesMetrics> metrics_;
  std::unique_ptr<ResourceStore> resources_;
  std::unique_ptr<service::Tenants> tenants_;
  std::unique_ptr<Recorder> recorder_;
  std::unique_ptr<PromiseRecorder> promises_;
  std::unique_ptr<Reader> reader_;
  std::unique_ptr<IssueRecorder> issues_;
  std::unique_ptr<server::Server> server_;
  std::unique_ptr<ResponseTimesService> service_;
  std::unique_ptr<v1::ResponseTimesService::Stub> stub_;
};

// A caller of the service, for one tenant.
class Client {
 public:
  using Stub = v1::ResponseTimesService::Stub;

  Client(Service& service, std::string tenant) : stub_(service.stub()), tenant_(std::move(tenant)) {}

  // Calls a unary method; a failure of the test unless it is answered with OK.
  template <typename Request, typename Response>
  Response Call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*), const Request& request) {
    Response response;
    grpc::ClientContext context;
    Prepare(context);
    const grpc::Status status = (stub_.*method)(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_code() << " " << status.error_message() << "\n" << request.DebugString();
    return response;
  }

  // Creates calendars and policies, and their versions, in order.
  void Create(const storage::v1::Resources& resources);

  // Records these in batches of up to `most`, by turns in one call each and through a stream.
  void Record(absl::Span<const v1::ConversationEvent> events, size_t most = 50);

  // All events that are exported.
  std::vector<v1::ConversationEvent> Export(const v1::ExportEventsRequest& request);

 private:
  void Prepare(grpc::ClientContext& context) const;
  void RecordBatch(absl::Span<const v1::ConversationEvent> events);
  void RecordStream(absl::Span<const v1::ConversationEvent> events);

  Stub& stub_;
  const std::string tenant_;
};

}  // namespace rapport::response_times

#endif  // RAPPORT_TESTS_RESPONSE_TIMES_SERVICE_HARNESS_H_

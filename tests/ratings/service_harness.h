#ifndef RAPPORT_TESTS_RATINGS_SERVICE_HARNESS_H_
#define RAPPORT_TESTS_RATINGS_SERVICE_HARNESS_H_

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "common/metrics/registry.h"
#include "common/rollup/dictionary.h"
#include "common/server/server.h"
#include "common/store/store.h"
#include "common/write/write_path.h"
#include "rapport/ratings/v1/ratings_service.grpc.pb.h"
#include "services/ratings/service/ratings_metrics.h"
#include "services/ratings/service/ratings_service.h"
#include "services/ratings/service/reader.h"
#include "services/ratings/service/recorder.h"
#include "tests/ratings/events.h"
#include "tests/support/redis_server.h"
#include "tests/support/temp_dir.h"

// The whole service in this process, on a store of its own, called through gRPC.
namespace rapport::ratings {

struct ServiceOptions {
  std::string engine = "rocksdb";  // or "redis"
  std::string credentials = {};    // content of the file; empty: development mode
  int min_group_size = 1;
  int64_t stream_retention = 10'000;
  int max_dimension_values = 1000;
};

// Who calls: a tenant in development mode, or a token.
struct Caller {
  std::string tenant = {};
  std::string token = {};
};

class Service {
 public:
  explicit Service(const ServiceOptions& options = {});
  ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  v1::RatingsService::Stub& stub() { return *stub_; }
  int port() const { return server_->port(); }

 private:
  const test_support::TempDir dir_;
  std::unique_ptr<test_support::RedisServer> redis_;
  metrics::Registry registry_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<write::WritePath> path_;
  std::unique_ptr<rollup::Dictionary> dictionary_;
  std::unique_ptr<RatingsMetrics> metrics_;
  std::unique_ptr<Recorder> recorder_;
  std::unique_ptr<Reader> reader_;
  std::unique_ptr<server::Server> server_;
  std::unique_ptr<RatingsService> ratings_;
  std::unique_ptr<v1::RatingsService::Stub> stub_;
};

// A caller of the service.
class Client {
 public:
  Client(Service& service, Caller caller) : stub_(service.stub()), caller_(std::move(caller)) {}

  // Calls a unary method; a failure of the test unless it is answered with OK.
  template <typename Request, typename Response>
  Response Call(grpc::Status (v1::RatingsService::Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                const Request& request) {
    Response response;
    const grpc::Status status = Try(method, request, response);
    EXPECT_TRUE(status.ok()) << status.error_code() << " " << status.error_message() << "\n" << request.DebugString();
    return response;
  }

  template <typename Request, typename Response>
  grpc::Status Try(grpc::Status (v1::RatingsService::Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                   const Request& request, Response& response) {
    grpc::ClientContext context;
    Prepare(context);
    return (stub_.*method)(&context, request, &response);
  }

  // Everything that the method streams; a failure of the test unless it ends with OK.
  std::vector<v1::ExportRatingsResponse> Export(const v1::ExportRatingsRequest& request);

  // Records these one by one, in batches and through a stream, by turns. Outcomes in order.
  std::vector<v1::Outcome> Record(absl::Span<const Event> events);
  std::vector<v1::Outcome> RecordUnary(const std::vector<v1::Rating>& ratings);
  std::vector<v1::Outcome> RecordBatch(const std::vector<v1::Rating>& ratings);
  std::vector<v1::Outcome> RecordStream(const std::vector<v1::Rating>& ratings);
  std::vector<v1::Outcome> RecordSurveys(const std::vector<v1::Survey>& surveys);

  void Prepare(grpc::ClientContext& context) const;
  v1::RatingsService::Stub& stub() { return stub_; }

 private:
  v1::RatingsService::Stub& stub_;
  const Caller caller_;
};

// Without what is not the same for two senders of the same events.
v1::Rating WithoutReceipt(v1::Rating rating);

// An entry of a credentials file; `more` are further fields as JSON.
std::string Credential(const std::string& token, const std::string& tenant, const std::string& roles,
                       const std::string& more = "");
std::string CredentialsFile(const std::vector<std::string>& entries);

}  // namespace rapport::ratings

#endif  // RAPPORT_TESTS_RATINGS_SERVICE_HARNESS_H_

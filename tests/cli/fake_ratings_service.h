#ifndef RAPPORT_TESTS_CLI_FAKE_RATINGS_SERVICE_H_
#define RAPPORT_TESTS_CLI_FAKE_RATINGS_SERVICE_H_

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "rapport/ratings/v1/ratings_service.grpc.pb.h"

namespace rapport::cli {

// A ratings service in memory: idempotent by id, knows no roll-ups, and can be told to fail. Answers to reads are
// canned.
class FakeRatingsService final : public ratings::v1::RatingsService::Service {
 public:
  // One stream of IngestRatings that ends with `status` after `acknowledged` acknowledgements; the batch after them is
  // taken in all the same, its acknowledgement lost.
  struct Cut {
    int acknowledged = 0;
    grpc::Status status = grpc::Status(grpc::StatusCode::UNAVAILABLE, "cut by the test");
  };

  // All to be set before the first call.
  std::deque<Cut> ingest_cuts;
  // Each of these ids is refused once with UNAVAILABLE.
  std::set<std::string> refused_once;
  // Fails every unary call while it is not OK.
  grpc::Status unary_status;
  ratings::v1::QueryRatingsResponse query_response;
  std::vector<ratings::v1::WatchRatingsResponse> watch_messages;
  // Chunks of an export; a chunk's token is its position. The stream breaks once before `export_break`.
  std::vector<ratings::v1::ExportRatingsResponse> export_chunks;
  int export_break = -1;

  std::map<std::string, ratings::v1::Rating> stored() const;
  std::map<std::string, ratings::v1::Survey> surveys() const;
  // Metadata of the last unary call.
  std::multimap<std::string, std::string> last_metadata() const;
  ratings::v1::QueryRatingsRequest last_query() const;
  ratings::v1::ListRatingsRequest first_list() const;
  ratings::v1::WatchRatingsRequest last_watch() const;
  std::string erased_customer() const;
  int streams() const;

  // Ends the watch streams that are open.
  void EndWatches();

  grpc::Status RecordRating(grpc::ServerContext* context, const ratings::v1::RecordRatingRequest* request,
                            ratings::v1::RecordRatingResponse* response) override;
  grpc::Status IngestRatings(
      grpc::ServerContext* context,
      grpc::ServerReaderWriter<ratings::v1::IngestRatingsResponse, ratings::v1::IngestRatingsRequest>* stream) override;
  grpc::Status RecordSurveys(grpc::ServerContext* context, const ratings::v1::RecordSurveysRequest* request,
                             ratings::v1::RecordSurveysResponse* response) override;
  grpc::Status GetRating(grpc::ServerContext* context, const ratings::v1::GetRatingRequest* request,
                         ratings::v1::GetRatingResponse* response) override;
  // Two ratings a page, in the order of ids.
  grpc::Status ListRatings(grpc::ServerContext* context, const ratings::v1::ListRatingsRequest* request,
                           ratings::v1::ListRatingsResponse* response) override;
  grpc::Status QueryRatings(grpc::ServerContext* context, const ratings::v1::QueryRatingsRequest* request,
                            ratings::v1::QueryRatingsResponse* response) override;
  grpc::Status BatchGetCustomerSatisfaction(grpc::ServerContext* context,
                                            const ratings::v1::BatchGetCustomerSatisfactionRequest* request,
                                            ratings::v1::BatchGetCustomerSatisfactionResponse* response) override;
  grpc::Status ListCustomersBySatisfaction(grpc::ServerContext* context,
                                           const ratings::v1::ListCustomersBySatisfactionRequest* request,
                                           ratings::v1::ListCustomersBySatisfactionResponse* response) override;
  grpc::Status WatchRatings(grpc::ServerContext* context, const ratings::v1::WatchRatingsRequest* request,
                            grpc::ServerWriter<ratings::v1::WatchRatingsResponse>* writer) override;
  grpc::Status ExportRatings(grpc::ServerContext* context, const ratings::v1::ExportRatingsRequest* request,
                             grpc::ServerWriter<ratings::v1::ExportRatingsResponse>* writer) override;
  grpc::Status EraseCustomer(grpc::ServerContext* context, const ratings::v1::EraseCustomerRequest* request,
                             ratings::v1::EraseCustomerResponse* response) override;

 private:
  grpc::Status Begin(const grpc::ServerContext& context);
  ratings::v1::ItemResult Take(const ratings::v1::Rating& rating) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable absl::Mutex mutex_;
  std::map<std::string, ratings::v1::Rating> stored_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, ratings::v1::Survey> surveys_ ABSL_GUARDED_BY(mutex_);
  std::multimap<std::string, std::string> last_metadata_ ABSL_GUARDED_BY(mutex_);
  ratings::v1::QueryRatingsRequest last_query_ ABSL_GUARDED_BY(mutex_);
  std::vector<ratings::v1::ListRatingsRequest> lists_ ABSL_GUARDED_BY(mutex_);
  ratings::v1::WatchRatingsRequest last_watch_ ABSL_GUARDED_BY(mutex_);
  std::string erased_customer_ ABSL_GUARDED_BY(mutex_);
  int streams_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Notification watches_end_;
};

// The fake on a free port of the loopback interface.
class FakeServer {
 public:
  FakeServer();
  ~FakeServer();
  FakeServer(const FakeServer&) = delete;
  FakeServer& operator=(const FakeServer&) = delete;

  FakeRatingsService& service() { return service_; }
  std::string address() const;

 private:
  FakeRatingsService service_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace rapport::cli

#endif  // RAPPORT_TESTS_CLI_FAKE_RATINGS_SERVICE_H_

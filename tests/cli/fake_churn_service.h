#ifndef RAPPORT_TESTS_CLI_FAKE_CHURN_SERVICE_H_
#define RAPPORT_TESTS_CLI_FAKE_CHURN_SERVICE_H_

#include <google/protobuf/message.h>

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "rapport/churn/v1/churn_service.grpc.pb.h"

namespace rapport::cli {

// A churn service in memory: takes activities once and answers everything else with what the test gave it.
class FakeChurnService final : public churn::v1::ChurnService::Service {
 public:
  // All to be set before the first call.
  //
  // Answers in the text format, by the name of the response, such as "GetModelResponse"; empty ones otherwise. Of
  // several, each call takes the next, and the last stays.
  std::map<std::string, std::deque<std::string>> answers;
  // Fails every unary call while it is not OK.
  grpc::Status unary_status;
  std::vector<churn::v1::StreamScoresResponse> score_chunks;
  std::vector<churn::v1::WatchRiskResponse> risk_news;
  std::vector<churn::v1::ExportTrainingDataResponse> training_chunks;

  // Activities by customer and activity id. Those of the customer `refused` are.
  std::map<std::pair<std::string, std::string>, churn::v1::Activity> activities() const;
  // The last request of this name, in the text format on one line.
  std::string last(const std::string& request) const;
  // How often there was one.
  int count(const std::string& request) const;

  // Ends the watch streams that are open.
  void EndWatches();

  grpc::Status RecordActivities(grpc::ServerContext* context, const churn::v1::RecordActivitiesRequest* request,
                                churn::v1::RecordActivitiesResponse* response) override;
  grpc::Status IngestActivities(grpc::ServerContext* context,
                                grpc::ServerReaderWriter<churn::v1::IngestActivitiesResponse,
                                                         churn::v1::IngestActivitiesRequest>* stream) override;
  grpc::Status StreamScores(grpc::ServerContext* context, const churn::v1::StreamScoresRequest* request,
                            grpc::ServerWriter<churn::v1::StreamScoresResponse>* writer) override;
  grpc::Status WatchRisk(grpc::ServerContext* context, const churn::v1::WatchRiskRequest* request,
                         grpc::ServerWriter<churn::v1::WatchRiskResponse>* writer) override;
  grpc::Status ExportTrainingData(grpc::ServerContext* context, const churn::v1::ExportTrainingDataRequest* request,
                                  grpc::ServerWriter<churn::v1::ExportTrainingDataResponse>* writer) override;

#define RAPPORT_FAKE(Method)                                                           \
  grpc::Status Method(grpc::ServerContext*, const churn::v1::Method##Request* request, \
                      churn::v1::Method##Response* response) override {                \
    return Answer(*request, response);                                                 \
  }
  RAPPORT_FAKE(GetCustomer)
  RAPPORT_FAKE(SearchCustomers)
  RAPPORT_FAKE(EraseCustomer)
  RAPPORT_FAKE(GetFeatureSchema)
  RAPPORT_FAKE(BatchGetFeatures)
  RAPPORT_FAKE(ScoreCustomer)
  RAPPORT_FAKE(BatchScoreCustomers)
  RAPPORT_FAKE(ScoreFeatures)
  RAPPORT_FAKE(ListCustomersByRisk)
  RAPPORT_FAKE(SweepScores)
  RAPPORT_FAKE(GetHealthRules)
  RAPPORT_FAKE(SetHealthRules)
  RAPPORT_FAKE(TrainModel)
  RAPPORT_FAKE(GetTraining)
  RAPPORT_FAKE(ListTrainings)
  RAPPORT_FAKE(CancelTraining)
  RAPPORT_FAKE(ListModels)
  RAPPORT_FAKE(GetModel)
  RAPPORT_FAKE(ExportModel)
  RAPPORT_FAKE(ActivateModel)
  RAPPORT_FAKE(RollBackModel)
  RAPPORT_FAKE(SetShadowModel)
  RAPPORT_FAKE(GetDrift)
  RAPPORT_FAKE(QueryChurn)
  RAPPORT_FAKE(QueryRetention)
  RAPPORT_FAKE(QueryConversion)
  RAPPORT_FAKE(ForecastPurchases)
#undef RAPPORT_FAKE

 private:
  void Remember(const google::protobuf::Message& request);
  grpc::Status Answer(const google::protobuf::Message& request, google::protobuf::Message* response);
  churn::v1::ActivityResult Take(const churn::v1::Activity& activity) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable absl::Mutex mutex_;
  std::map<std::pair<std::string, std::string>, churn::v1::Activity> activities_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, std::vector<std::string>> requests_ ABSL_GUARDED_BY(mutex_);
  absl::Notification watches_end_;
};

// The fake on a free port of the loopback interface.
class FakeChurnServer {
 public:
  FakeChurnServer();
  ~FakeChurnServer();
  FakeChurnServer(const FakeChurnServer&) = delete;
  FakeChurnServer& operator=(const FakeChurnServer&) = delete;

  FakeChurnService& service() { return service_; }
  std::string address() const;

 private:
  FakeChurnService service_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace rapport::cli

#endif  // RAPPORT_TESTS_CLI_FAKE_CHURN_SERVICE_H_

// Training and models through gRPC, on recorded activities.
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/server/server.h"
#include "services/churn/service/active_models.h"
#include "services/churn/service/churn_service.h"
#include "services/churn/service/feature_reader.h"
#include "services/churn/service/health_rules_store.h"
#include "services/churn/service/outcome_source.h"
#include "services/churn/service/peers.h"
#include "services/churn/service/scoring.h"
#include "services/churn/service/sweep.h"
#include "services/churn/service/trainings.h"
#include "tests/churn_activities/activities.h"
#include "tests/churn_activities/service_harness.h"
#include "tests/churn_training/files.h"

namespace rapport::churn {
namespace {

using Stub = v1::ChurnService::Stub;

template <typename T>
T Must(absl::StatusOr<T> value) {
  if (!value.ok()) {
    ADD_FAILURE() << value.status();
    std::abort();
  }
  return *std::move(value);
}

class TrainingServiceTest : public testing::Test {
 protected:
  TrainingServiceTest() {
    server::ServerConfig config;
    config.listen = "127.0.0.1:0";
    config.metrics_listen = "127.0.0.1:0";
    config.executor_threads = 2;
    config.log_level = "error";
    server_ = Must(server::Server::Create(config, "churn", harness_.registry(), [](absl::string_view) {}));
    service_ = std::make_unique<ChurnService>(
        server_->rpc(),
        ChurnParts{harness_.recorder(), harness_.reader(), harness_.directory(), features_, scoring_, sweep_, rules_,
                   models_, active_models_, trainings_},
        ChurnOptions());
    server_->AddService(service_.get(), v1::ChurnService::service_full_name());
    const absl::Status started = server_->Start();
    EXPECT_TRUE(started.ok()) << started;
    stub_ = v1::ChurnService::NewStub(
        grpc::CreateChannel(absl::StrCat("127.0.0.1:", server_->port()), grpc::InsecureChannelCredentials()));
  }
  ~TrainingServiceTest() override {
    stub_ = nullptr;
    server_ = nullptr;
  }

  template <typename Request, typename Response>
  grpc::Status Try(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                   const Request& request, Response& response) {
    grpc::ClientContext context;
    context.AddMetadata("x-rapport-tenant", kTenant);
    return ((*stub_).*method)(&context, request, &response);
  }
  template <typename Request, typename Response>
  Response Call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*), const Request& request) {
    Response response;
    const grpc::Status status = Try(method, request, response);
    EXPECT_TRUE(status.ok()) << status.error_code() << " " << status.error_message();
    return response;
  }
  template <typename Request, typename Response>
  grpc::StatusCode Code(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                        const Request& request) {
    Response response;
    return Try(method, request, response).error_code();
  }

  // Trains to the end, in this thread.
  v1::Training Train(const v1::TrainModelRequest& request) {
    const auto begun = Call(&Stub::TrainModel, request);
    EXPECT_EQ(begun.training().state(), v1::TRAINING_STATE_QUEUED);
    EXPECT_TRUE(Must(trainings_.RunNext()));
    v1::GetTrainingRequest get;
    get.set_training_id(begun.training().training_id());
    v1::Training ended = Call(&Stub::GetTraining, get).training();
    EXPECT_EQ(ended.state(), v1::TRAINING_STATE_SUCCEEDED) << ended.DebugString();
    return ended;
  }

  // Customers who come in January; those who stop logging in after March leave in May.
  void RecordCustomers(int count) {
    std::vector<v1::Activity> activities;
    for (int i = 0; i < count; ++i) {
      const std::string id = absl::StrCat("c", i);
      const bool leaves = i % 3 == 0;
      activities.push_back(Converted(id, Moment("2026-01-05"), Plan(i % 2 == 0 ? "basic" : "pro", 1000 + i)));
      for (int week = 0; week < (leaves ? 10 : 26); ++week) {
        activities.push_back(LoggedIn(id, Moment("2026-01-06") + absl::Hours(24 * (7 * week + i % 5))));
      }
      if (leaves) activities.push_back(Cancelled(id, Moment("2026-05-10")));
    }
    for (size_t start = 0; start < activities.size(); start += 1000) {
      harness_.Record(absl::MakeConstSpan(activities).subspan(start, 1000));
    }
  }

  Harness harness_{Moment("2026-07-10")};
  const std::unique_ptr<Peers> peers_ = Must(Peers::Create({}, harness_.reader(), harness_.metrics()));
  FeatureReader features_{harness_.reader(), *peers_};
  HealthRulesStore rules_{harness_.store(), harness_.clock()};
  ModelStore models_{harness_.store(), harness_.clock()};
  ActiveModels active_models_{models_};
  Scoring scoring_{features_, active_models_, rules_, harness_.metrics(), harness_.clock()};
  Sweep sweep_{{.runner = "one"}, harness_.reader(), harness_.directory(), features_,         scoring_,
               active_models_,    models_,           harness_.path(),      harness_.metrics()};
  TrainingStore training_store_{harness_.store(), harness_.clock()};
  Trainings trainings_{{.runner = "one"},
                       training_store_,
                       models_,
                       MakeOutcomeSource(harness_.reader(), harness_.directory(), features_),
                       harness_.tenants(),
                       harness_.metrics()};
  std::unique_ptr<server::Server> server_;
  std::unique_ptr<ChurnService> service_;
  std::unique_ptr<Stub> stub_;
};

TEST_F(TrainingServiceTest, RecordedOutcomesTeachWhoLeaves) {
  RecordCustomers(240);
  v1::TrainModelRequest request;
  *request.mutable_recorded_outcomes()->mutable_cut_off() = ToProto(Moment("2026-05-01"));
  request.mutable_recorded_outcomes()->set_horizon_days(60);
  request.mutable_options()->set_folds(2);
  request.set_activate(true);
  const v1::Training training = Train(request);
  EXPECT_TRUE(training.model().active());
  EXPECT_EQ(training.model().metadata().row_count(), 240);
  EXPECT_EQ(training.model().metadata().positive_count(), 80);
  EXPECT_GT(training.model().evaluation().roc_auc().value(), 0.95);
  active_models_.Refresh(kTenant);

  v1::ScoreCustomerRequest score;
  score.set_customer_id("c1");
  const v1::Score loyal = Call(&Stub::ScoreCustomer, score).score();
  EXPECT_EQ(loyal.model_version(), training.model().metadata().version());
  EXPECT_TRUE(loyal.has_probability());
}

TEST_F(TrainingServiceTest, TooFewRecordedOutcomesSayWhatToDo) {
  RecordCustomers(30);
  v1::TrainModelRequest request;
  request.set_training_id("few");
  *request.mutable_recorded_outcomes()->mutable_cut_off() = ToProto(Moment("2026-05-01"));
  request.mutable_recorded_outcomes()->set_horizon_days(60);
  Call(&Stub::TrainModel, request);
  EXPECT_TRUE(Must(trainings_.RunNext()));
  v1::GetTrainingRequest get;
  get.set_training_id("few");
  const v1::Training failed = Call(&Stub::GetTraining, get).training();
  EXPECT_EQ(failed.state(), v1::TRAINING_STATE_FAILED);
  EXPECT_EQ(failed.error().code(), static_cast<int>(grpc::StatusCode::FAILED_PRECONDITION));
  request.set_training_id("late");
  *request.mutable_recorded_outcomes()->mutable_cut_off() = ToProto(Moment("2026-07-01"));
  EXPECT_EQ(Code(&Stub::TrainModel, request), grpc::StatusCode::FAILED_PRECONDITION);
}

TEST_F(TrainingServiceTest, AModelOfAFileScoresItsOwnFeaturesAndNoCustomers) {
  RecordCustomers(3);
  v1::TrainModelRequest request = FileRequest("");
  request.set_activate(true);
  const std::string version = Train(request).model().metadata().version();
  v1::ScoreFeaturesRequest features;
  (*features.add_rows()->mutable_values())["logins"].set_number(2);
  const auto scored = Call(&Stub::ScoreFeatures, features);
  EXPECT_EQ(scored.results(0).score().model_version(), version);
  v1::ScoreCustomerRequest score;
  score.set_customer_id("c1");
  EXPECT_EQ(Code(&Stub::ScoreCustomer, score), grpc::StatusCode::FAILED_PRECONDITION);

  EXPECT_FALSE(Call(&Stub::RollBackModel, v1::RollBackModelRequest()).has_model());
  EXPECT_EQ(Call(&Stub::ScoreCustomer, score).score().kind(), v1::SCORE_KIND_HEALTH_SCORE);
  EXPECT_EQ(Code(&Stub::RollBackModel, v1::RollBackModelRequest()), grpc::StatusCode::FAILED_PRECONDITION);
}

TEST_F(TrainingServiceTest, TheRegistryIsSeenAndChanged) {
  const std::string version = Train(FileRequest("t1")).model().metadata().version();
  v1::ExportModelRequest whole;
  EXPECT_EQ(Code(&Stub::ExportModel, whole), grpc::StatusCode::FAILED_PRECONDITION);
  whole.set_version(version.substr(0, 8));
  EXPECT_FALSE(Call(&Stub::ExportModel, whole).model().booster().empty());

  v1::ActivateModelRequest activate;
  EXPECT_EQ(Code(&Stub::ActivateModel, activate), grpc::StatusCode::INVALID_ARGUMENT);
  activate.set_version("0123456789");
  EXPECT_EQ(Code(&Stub::ActivateModel, activate), grpc::StatusCode::NOT_FOUND);
  v1::SetShadowModelRequest shadow;
  shadow.set_version(version);
  EXPECT_TRUE(Call(&Stub::SetShadowModel, shadow).model().shadow());
  shadow.clear_version();
  EXPECT_FALSE(Call(&Stub::SetShadowModel, shadow).has_model());
  activate.set_version(version.substr(0, 12));
  EXPECT_TRUE(Call(&Stub::ActivateModel, activate).model().active());
  EXPECT_EQ(Call(&Stub::GetModel, v1::GetModelRequest()).model().metadata().version(), version);
  EXPECT_TRUE(Call(&Stub::ListModels, v1::ListModelsRequest()).models(0).active());
  EXPECT_TRUE(Call(&Stub::ListTrainings, v1::ListTrainingsRequest()).trainings(0).model().active());
  EXPECT_EQ(Call(&Stub::GetDrift, v1::GetDriftRequest()).model_version(), version);
}

TEST_F(TrainingServiceTest, TrainingsAreCancelled) {
  Call(&Stub::TrainModel, FileRequest("t1"));
  v1::CancelTrainingRequest cancel;
  cancel.set_training_id("t1");
  EXPECT_EQ(Call(&Stub::CancelTraining, cancel).training().state(), v1::TRAINING_STATE_CANCELLED);
  cancel.set_training_id("unknown");
  EXPECT_EQ(Code(&Stub::CancelTraining, cancel), grpc::StatusCode::NOT_FOUND);
}

}  // namespace
}  // namespace rapport::churn

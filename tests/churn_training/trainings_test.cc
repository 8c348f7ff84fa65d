#include "services/churn/service/trainings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "services/churn/model/trainer.h"
#include "tests/churn_training/files.h"
#include "tests/churn_training/world.h"

namespace rapport::churn {
namespace {

using testing::HasSubstr;

const absl::Time kCutOff = absl::FromUnixSeconds(1'750'032'000);

// Customers whose every third one leaves: those who no longer log in, if they leave for a reason.
absl::Status AddCustomers(int count, AddCustomer add) {
  for (int i = 0; i < count; ++i) {
    v1::CustomerFeatures features;
    features.set_customer_id(absl::StrCat("c", i));
    auto& values = *features.mutable_values();
    values["days_since_login"].set_number((i % 3 == 0 ? 40 : 1) + i % 7);
    values["plan"].set_category(i % 2 == 0 ? "basic" : "pro");
    if (absl::Status status = add(features, i % 3 == 0); !status.ok()) return status;
  }
  return absl::OkStatus();
}

v1::TrainModelRequest OutcomesRequest(const std::string& training_id) {
  v1::TrainModelRequest request;
  request.set_training_id(training_id);
  request.mutable_recorded_outcomes()->set_horizon_days(30);
  request.mutable_options()->set_folds(2);
  request.mutable_options()->set_skip_evaluation(true);
  return request;
}

class TrainingsTest : public testing::TestWithParam<std::string> {
 protected:
  // Recorded outcomes of so many customers; `meanwhile` happens before the last of the work is told.
  static OutcomeSource Outcomes(int customers, std::function<void()> meanwhile = nullptr) {
    return [=](absl::string_view, const v1::RecordedOutcomes& asked, AddCustomer add,
               GoOn go_on) -> absl::StatusOr<Interval> {
      if (absl::Status status = AddCustomers(customers, add); !status.ok()) return status;
      if (meanwhile != nullptr) meanwhile();
      if (!go_on(0.5)) return absl::CancelledError("stopped");
      return Interval{kCutOff, kCutOff + absl::Hours(24 * asked.horizon_days())};
    };
  }

  v1::Training Now(const std::string& training_id) { return world_.trainings().Get(kTenant, training_id)->training(); }

  World world_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Engines, TrainingsTest, testing::Values("rocksdb", "redis"),
                         [](const auto& tested) { return tested.param; });

TEST_P(TrainingsTest, AFileBecomesTheVeryModelOfTheLibrary) {
  const auto process = world_.Process("one");
  const v1::TrainModelRequest request = FileRequest("t1");
  const absl::StatusOr<v1::Training> queued = process->Train(kTenant, request);
  ASSERT_TRUE(queued.ok()) << queued.status();
  EXPECT_EQ(queued->state(), v1::TRAINING_STATE_QUEUED);
  EXPECT_TRUE(*process->RunNext());
  EXPECT_FALSE(*process->RunNext());

  const v1::Training done = Now("t1");
  EXPECT_EQ(done.state(), v1::TRAINING_STATE_SUCCEEDED) << done.DebugString();
  EXPECT_EQ(done.progress(), 1);
  EXPECT_EQ(done.model().metadata().source(), "customers.csv");
  EXPECT_FALSE(done.model().metadata().standard_features());
  const LabelledData data = *ReadLabelledFile(request.labelled_file(), request.options());
  const v1::Model ours = *TrainModel(data, request.options(), world_.Now(), [](double) { return true; });
  EXPECT_EQ(done.model().metadata().version(), ours.metadata().version());
  EXPECT_EQ(world_.models().Load(kTenant, ours.metadata().version())->booster(), ours.booster());
  EXPECT_EQ(ActiveVersion(*world_.models().Registry(kTenant)), "");
}

TEST_P(TrainingsTest, AFileInPartsIsReadWholeAndGoesWhenTheTrainingEnds) {
  const auto process = world_.Process("one");
  v1::TrainModelRequest request = FileRequest("t/1");
  const std::string long_text = "," + std::string(2000, 'x') + "\n";
  std::string& csv = *request.mutable_labelled_file()->mutable_csv();
  for (size_t end = csv.find('\n'); end != std::string::npos; end = csv.find('\n', end + long_text.size())) {
    csv.replace(end, 1, end < 60 ? ",note\n" : long_text);
    if (end < 60) end -= long_text.size() - 6;
  }
  request.mutable_labelled_file()->add_ignored_columns("note");
  ASSERT_TRUE(process->Train(kTenant, request).ok());
  EXPECT_FALSE(world_.Stored({"trainingfiles", "t/1/2", false}).empty());
  ASSERT_TRUE(*process->RunNext());
  EXPECT_EQ(Now("t/1").state(), v1::TRAINING_STATE_SUCCEEDED) << Now("t/1").DebugString();
  for (const char* chunk : {"t/1/0", "t/1/1", "t/1/2"}) {
    EXPECT_TRUE(world_.Stored({"trainingfiles", chunk, false}).empty());
  }
}

TEST_P(TrainingsTest, RecordedOutcomesBecomeAModelOfStandardFeaturesThatIsActive) {
  double progress = 0;
  const auto look = [&] { progress = Now("t1").progress(); };
  const OutcomeSource outcomes = [&](absl::string_view tenant, const v1::RecordedOutcomes& asked, AddCustomer add,
                                     GoOn go_on) {
    EXPECT_EQ(tenant, kTenant);
    EXPECT_TRUE(go_on(0.5));
    look();
    return Outcomes(300)(tenant, asked, add, go_on);
  };
  const auto process = world_.Process("one", outcomes);
  v1::TrainModelRequest request = OutcomesRequest("t1");
  request.set_activate(true);
  ASSERT_TRUE(process->Train(kTenant, request).ok());
  ASSERT_TRUE(*process->RunNext());
  EXPECT_GT(progress, 0);
  EXPECT_LT(progress, 1);
  const v1::Training done = Now("t1");
  ASSERT_EQ(done.state(), v1::TRAINING_STATE_SUCCEEDED) << done.DebugString();
  const v1::ModelMetadata& metadata = done.model().metadata();
  EXPECT_TRUE(metadata.standard_features());
  EXPECT_EQ(metadata.cut_off().seconds(), absl::ToUnixSeconds(kCutOff));
  EXPECT_EQ(metadata.horizon_days(), 30);
  EXPECT_EQ(metadata.row_count(), 300);
  EXPECT_EQ(done.model().schema().features_size(), 2);
  EXPECT_EQ(ActiveVersion(*world_.models().Registry(kTenant)), metadata.version());
}

TEST_P(TrainingsTest, CancelsWhatWaitsAtOnceAndWhatRunsSoon) {
  std::unique_ptr<Trainings> process;
  process = world_.Process("one", Outcomes(300, [&] {
                             const auto cancelled = process->Cancel(kTenant, "running");
                             EXPECT_EQ(cancelled->state(), v1::TRAINING_STATE_RUNNING);
                           }));
  ASSERT_TRUE(process->Train(kTenant, OutcomesRequest("running")).ok());
  ASSERT_TRUE(process->Train(kTenant, OutcomesRequest("waiting")).ok());
  EXPECT_EQ(process->Cancel(kTenant, "waiting")->state(), v1::TRAINING_STATE_CANCELLED);
  EXPECT_TRUE(*process->RunNext());
  EXPECT_EQ(Now("running").state(), v1::TRAINING_STATE_CANCELLED);
  EXPECT_TRUE(Now("running").has_ended_at());
  EXPECT_FALSE(*process->RunNext());
  EXPECT_EQ(process->Cancel(kTenant, "running")->state(), v1::TRAINING_STATE_CANCELLED);
  EXPECT_EQ(process->Cancel(kTenant, "unknown").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(world_.models().Registry(kTenant)->models_size(), 0);
}

TEST_P(TrainingsTest, CancelsAmidstTheTrees) {
  std::unique_ptr<Trainings> process;
  process = world_.Process(
      "one", [&](absl::string_view, const v1::RecordedOutcomes&, AddCustomer add, GoOn) -> absl::StatusOr<Interval> {
        if (absl::Status status = AddCustomers(300, add); !status.ok()) return status;
        EXPECT_TRUE(process->Cancel(kTenant, "t1").ok());
        return Interval{kCutOff, kCutOff + absl::Hours(24)};
      });
  ASSERT_TRUE(process->Train(kTenant, OutcomesRequest("t1")).ok());
  EXPECT_TRUE(*process->RunNext());
  EXPECT_EQ(Now("t1").state(), v1::TRAINING_STATE_CANCELLED);
}

TEST_P(TrainingsTest, AnotherProcessTakesOverWhenOneDies) {
  const auto process = world_.Process("alive");
  ASSERT_TRUE(process->Train(kTenant, FileRequest("t1")).ok());
  TrainingOptions dying;
  dying.runner = "dying";
  ASSERT_TRUE(TrainingRun::Take(dying, world_.trainings(), kTenant, "t1")->has_value());
  EXPECT_FALSE(*process->RunNext());
  EXPECT_EQ(Now("t1").state(), v1::TRAINING_STATE_RUNNING);
  world_.Advance(dying.lease);
  EXPECT_TRUE(*process->RunNext());
  EXPECT_EQ(Now("t1").state(), v1::TRAINING_STATE_SUCCEEDED);
}

TEST_P(TrainingsTest, AProcessThatWasAwayTooLongLeavesTheTrainingToTheOther) {
  const auto other = world_.Process("other", Outcomes(300));
  const auto process = world_.Process("away", Outcomes(150, [&] {
                                        world_.Advance(absl::Hours(1));
                                        EXPECT_TRUE(*other->RunNext());
                                      }));
  ASSERT_TRUE(process->Train(kTenant, OutcomesRequest("t1")).ok());
  EXPECT_TRUE(*process->RunNext());
  EXPECT_EQ(Now("t1").state(), v1::TRAINING_STATE_SUCCEEDED);
  EXPECT_EQ(Now("t1").model().metadata().row_count(), 300);
  EXPECT_EQ(world_.models().Registry(kTenant)->models_size(), 1);
}

TEST_P(TrainingsTest, WhatTakesItsProcessesDownIsNotTriedForEver) {
  const auto process = world_.Process("alive");
  ASSERT_TRUE(process->Train(kTenant, FileRequest("t1")).ok());
  TrainingOptions dying;
  for (int i = 0; i < 3; ++i) {
    dying.runner = absl::StrCat("dying", i);
    ASSERT_TRUE(TrainingRun::Take(dying, world_.trainings(), kTenant, "t1")->has_value());
    world_.Advance(dying.lease);
  }
  EXPECT_FALSE(*process->RunNext());
  EXPECT_EQ(Now("t1").state(), v1::TRAINING_STATE_FAILED);
  EXPECT_THAT(Now("t1").error().message(), HasSubstr("died 3 times"));
}

TEST_P(TrainingsTest, AStoppedProcessPutsItsTrainingBack) {
  absl::Notification begun;
  const OutcomeSource endless = [&](absl::string_view, const v1::RecordedOutcomes&, AddCustomer,
                                    GoOn go_on) -> absl::StatusOr<Interval> {
    begun.Notify();
    while (go_on(0)) {
    }
    return absl::CancelledError("stopped");
  };
  const auto stopped = world_.Process("stopped", endless);
  stopped->Start();
  ASSERT_TRUE(stopped->Train(kTenant, OutcomesRequest("t1")).ok());
  begun.WaitForNotification();
  stopped->Stop();
  EXPECT_EQ(Now("t1").state(), v1::TRAINING_STATE_QUEUED);
  const auto next = world_.Process("next", Outcomes(300));
  EXPECT_TRUE(*next->RunNext());
  EXPECT_EQ(Now("t1").state(), v1::TRAINING_STATE_SUCCEEDED);
}

TEST_P(TrainingsTest, TheSameRequestAgainIsTheSameTraining) {
  const auto process = world_.Process("one");
  const v1::TrainModelRequest request = FileRequest("t1");
  ASSERT_TRUE(process->Train(kTenant, request).ok());
  EXPECT_EQ(process->Train(kTenant, request)->state(), v1::TRAINING_STATE_QUEUED);
  ASSERT_TRUE(*process->RunNext());
  EXPECT_EQ(process->Train(kTenant, request)->state(), v1::TRAINING_STATE_SUCCEEDED);
  EXPECT_EQ(process->List(kTenant)->size(), 1U);

  v1::TrainModelRequest other = request;
  other.set_activate(true);
  v1::TrainModelRequest other_file = request;
  other_file.mutable_labelled_file()->mutable_csv()->append("c,1,basic,no,no\n");
  for (const v1::TrainModelRequest& each : {other, other_file}) {
    const absl::Status refused = process->Train(kTenant, each).status();
    EXPECT_EQ(refused.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(refused.message(), HasSubstr("training_id: \"t1\""));
  }
}

TEST_P(TrainingsTest, MakesAnIdWhenNoneIsGiven) {
  const auto process = world_.Process("one");
  const v1::Training first = *process->Train(kTenant, OutcomesRequest(""));
  const v1::Training second = *process->Train(kTenant, OutcomesRequest(""));
  EXPECT_FALSE(first.training_id().empty());
  EXPECT_NE(first.training_id(), second.training_id());
}

TEST_P(TrainingsTest, RefusesWhatIsWrongBeforeAnythingIsStored) {
  const auto process = world_.Process("one");
  const auto refused = [&](const std::function<void(v1::TrainModelRequest&)>& change) {
    v1::TrainModelRequest request = FileRequest("t1");
    change(request);
    return process->Train(kTenant, request).status();
  };
  EXPECT_THAT(refused([](auto& r) { r.clear_source(); }).message(), HasSubstr("source: missing"));
  EXPECT_THAT(refused([](auto& r) { r.mutable_labelled_file()->clear_csv(); }).message(), HasSubstr("csv: missing"));
  EXPECT_THAT(refused([](auto& r) { r.mutable_labelled_file()->clear_label_column(); }).message(),
              HasSubstr("label_column: missing"));
  EXPECT_THAT(refused([](auto& r) { r.mutable_labelled_file()->set_label_column("gone"); }).message(),
              HasSubstr("labelled_file: column 'gone'"));
  EXPECT_THAT(refused([](auto& r) { r.mutable_labelled_file()->mutable_csv()->append("1,2\n"); }).message(),
              HasSubstr("line 302"));
  EXPECT_THAT(refused([](auto& r) { r.mutable_options()->set_folds(1); }).message(), HasSubstr("options.folds: 1"));
  EXPECT_THAT(refused([](auto& r) { r.set_training_id(std::string(129, 't')); }).message(), HasSubstr("training_id"));
  const absl::Status few = refused([](auto& r) { r = FileRequest("t1", 30); });
  EXPECT_EQ(few.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(few.message(), HasSubstr("at least 20 of each"));
  EXPECT_TRUE(process->List(kTenant)->empty());
}

TEST_P(TrainingsTest, TooFewRecordedOutcomesFailTheTrainingWithTheRemedy) {
  for (const int customers : {0, 30}) {
    const std::string training_id = absl::StrCat("t", customers);
    const auto process = world_.Process("one", Outcomes(customers));
    ASSERT_TRUE(process->Train(kTenant, OutcomesRequest(training_id)).ok());
    EXPECT_TRUE(*process->RunNext());
    EXPECT_EQ(Now(training_id).state(), v1::TRAINING_STATE_FAILED);
    EXPECT_EQ(Now(training_id).error().code(), static_cast<int>(absl::StatusCode::kFailedPrecondition));
    EXPECT_THAT(Now(training_id).error().message(), HasSubstr("choose an earlier cut-off"));
  }
}

TEST_P(TrainingsTest, OnlySoManyWaitAndOnlySoManyAreKept) {
  const auto process = world_.Process("one");
  for (int i = 0; i < kMostWaitingTrainings; ++i) {
    ASSERT_TRUE(process->Train(kTenant, OutcomesRequest(absl::StrCat("w", i))).ok());
  }
  EXPECT_EQ(process->Train(kTenant, OutcomesRequest("more")).status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(process->Train("other", OutcomesRequest("more")).ok());
  ASSERT_TRUE(process->Cancel(kTenant, "w1").ok());
  for (int i = 0; i < kTrainingsKept; ++i) {
    const std::string training_id = absl::StrCat("t", i);
    ASSERT_TRUE(process->Train(kTenant, OutcomesRequest(training_id)).ok());
    ASSERT_TRUE(process->Cancel(kTenant, training_id).ok());
  }
  const std::vector<v1::Training> kept = *process->List(kTenant);
  ASSERT_EQ(kept.size(), static_cast<size_t>(kTrainingsKept));
  EXPECT_EQ(kept.front().training_id(), "t99");
  EXPECT_EQ(kept.back().training_id(), "w0");
  EXPECT_EQ(process->Get(kTenant, "w1").status().code(), absl::StatusCode::kNotFound);
}

TEST_P(TrainingsTest, EachTenantHasItsTurn) {
  const auto process = world_.Process("one", Outcomes(300));
  for (const char* training_id : {"t1", "t2"}) {
    ASSERT_TRUE(process->Train("a", OutcomesRequest(training_id)).ok());
    ASSERT_TRUE(process->Train("b", OutcomesRequest(training_id)).ok());
  }
  EXPECT_TRUE(*process->RunNext());
  EXPECT_TRUE(*process->RunNext());
  for (const char* tenant : {"a", "b"}) {
    EXPECT_EQ(process->Get(tenant, "t1")->state(), v1::TRAINING_STATE_SUCCEEDED) << tenant;
    EXPECT_EQ(process->Get(tenant, "t2")->state(), v1::TRAINING_STATE_QUEUED) << tenant;
  }
}

}  // namespace
}  // namespace rapport::churn

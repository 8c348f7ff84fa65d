// Training, sealing and scoring on customers that are made up.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iomanip>
#include <iterator>
#include <limits>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/churn/model/scorer.h"
#include "services/churn/model/sealed_model.h"
#include "services/churn/model/trainer.h"
#include "tests/churn_model/reference.h"
#include "tests/churn_model/synthetic.h"
#include "tests/support/temp_dir.h"

namespace rapport::churn {
namespace {

using testing::HasSubstr;

const absl::Time kNow = absl::FromUnixSeconds(1'750'000'000);

bool Always(double) {
  return true;
}

v1::TrainingOptions Quick() {
  v1::TrainingOptions options;
  options.set_folds(2);
  options.set_skip_evaluation(true);
  return options;
}

absl::StatusOr<v1::Model> Train(const v1::TrainingOptions& options) {
  return TrainModel(SyntheticCustomers(600, 1), options, kNow, Always);
}

std::unique_ptr<Scorer> MakeScorer() {
  return *Scorer::Create(*Train(Quick()));
}

TEST(TrainerTest, TheSameDataAndSeedGiveTheSameModel) {
  const v1::Model first = *Train(Quick());
  EXPECT_EQ(SealModel(first), SealModel(*Train(Quick())));
  v1::TrainingOptions other = Quick();
  other.set_seed(1);
  EXPECT_NE(first.metadata().version(), Train(other)->metadata().version());
}

TEST(TrainerTest, LearnsWhatIsThereToLearn) {
  const absl::StatusOr<v1::EvaluationCard> card = CrossValidate(SyntheticCustomers(2000, 1), {}, Always);
  ASSERT_TRUE(card.ok()) << card.status();
  EXPECT_EQ(card->folds(), 5U);
  EXPECT_GT(card->roc_auc().fold_mean(), 0.75);
  EXPECT_LT(card->log_loss().value(), card->log_loss().base_rate());
  EXPECT_LT(card->brier().value(), card->brier().base_rate());
  EXPECT_GT(card->top_decile_lift().value(), 1.5);
}

TEST(TrainerTest, ModelSaysWhatItIs) {
  v1::TrainingOptions options = Quick();
  options.set_skip_evaluation(false);
  const v1::Model model = *Train(options);
  EXPECT_EQ(model.metadata().version().size(), 64U);
  EXPECT_EQ(model.metadata().trained_at().seconds(), absl::ToUnixSeconds(kNow));
  EXPECT_EQ(model.metadata().row_count(), 600);
  EXPECT_EQ(model.evaluation().positive_count(), model.metadata().positive_count());
  EXPECT_EQ(model.metadata().options().folds(), 2U);
}

TEST(TrainerTest, TellsProgressAndStopsWhenAsked) {
  std::vector<double> told;
  const auto stop_late = [&](double done) {
    told.push_back(done);
    return done < 0.5;
  };
  const absl::Status status = TrainModel(SyntheticCustomers(600, 1), Quick(), kNow, stop_late).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(told.front(), 0);
  EXPECT_TRUE(std::is_sorted(told.begin(), told.end()));
  EXPECT_GT(told.size(), 100U);
  EXPECT_NEAR(told.back(), 0.5, 1e-9);
}

TEST(TrainerTest, TellsWhenAllIsDone) {
  double told = 0;
  const auto listen = [&](double done) {
    told = done;
    return true;
  };
  ASSERT_TRUE(TrainModel(SyntheticCustomers(600, 1), Quick(), kNow, listen).ok());
  EXPECT_DOUBLE_EQ(told, 1);
}

TEST(TrainerTest, RefusesTooFewOutcomesAndFoldsOutOfRange) {
  LabelledData data = SyntheticCustomers(600, 1);
  std::fill(data.labels.begin() + 3, data.labels.end(), 0);
  EXPECT_THAT(TrainModel(data, Quick(), kNow, Always).status().message(), HasSubstr("at least 4"));
  v1::TrainingOptions options = Quick();
  options.set_folds(21);
  EXPECT_THAT(Train(options).status().message(), HasSubstr("options.folds is 21"));
}

TEST(SealedModelTest, ComesBackWhole) {
  const v1::Model model = *Train(Quick());
  const absl::StatusOr<v1::Model> back = UnsealModel(SealModel(model));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->SerializeAsString(), model.SerializeAsString());
}

TEST(SealedModelTest, DamageIsAnErrorWhereverItIs) {
  const std::string sealed = SealModel(*Train(Quick()));
  for (size_t i = 0; i < sealed.size(); i += 1 + sealed.size() / 500) {
    std::string damaged = sealed;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x10);
    EXPECT_EQ(UnsealModel(damaged).status().code(), absl::StatusCode::kDataLoss) << "byte " << i;
    EXPECT_EQ(UnsealModel(sealed.substr(0, i)).status().code(), absl::StatusCode::kDataLoss) << "up to byte " << i;
  }
}

TEST(ScorerTest, RefusesModelWhosePartsDoNotFit) {
  const v1::Model model = *Train(Quick());
  v1::Model other = model;
  other.mutable_schema()->mutable_features()->RemoveLast();
  EXPECT_THAT(Scorer::Create(other).status().message(), HasSubstr("take 3 features, its schema has 2"));
  other = model;
  other.mutable_calibration()->set_a(std::numeric_limits<double>::quiet_NaN());
  EXPECT_EQ(Scorer::Create(other).status().code(), absl::StatusCode::kDataLoss);
  other = model;
  other.clear_booster();
  EXPECT_EQ(Scorer::Create(other).status().code(), absl::StatusCode::kDataLoss);
}

TEST(ScorerTest, RefusesRowsOfAnotherWidth) {
  const FeatureMatrix rows = {.columns = 2, .values = {1, 2}};
  EXPECT_THAT(MakeScorer()->Score(rows, Reasons::kNone).status().message(), HasSubstr("2 features"));
}

TEST(ScorerTest, NoRowsHaveNoScores) {
  const FeatureMatrix rows = {.columns = 3, .values = {}};
  const absl::StatusOr<Scores> scores = MakeScorer()->Score(rows, Reasons::kContributions);
  ASSERT_TRUE(scores.ok()) << scores.status();
  EXPECT_TRUE(scores->probabilities.empty());
}

TEST(ScorerTest, ContributionsSumToRawScore) {
  const std::unique_ptr<Scorer> scorer = MakeScorer();
  const FeatureMatrix rows = SyntheticCustomers(300, 2).features;
  const Scores scores = *scorer->Score(rows, Reasons::kContributions);
  for (size_t row = 0; row < rows.rows(); ++row) {
    double sum = 0;
    for (float each : scores.contributions.row(row)) sum += each;
    EXPECT_NEAR(sum, scores.raw_scores[row], 1e-4);
  }
}

TEST(ScorerTest, ExplainsWithFeaturesAndValues) {
  const std::unique_ptr<Scorer> scorer = MakeScorer();
  const FeatureMatrix rows = {.columns = 3, .values = {std::numeric_limits<float>::quiet_NaN(), 0, 1}};
  const Scores scores = *scorer->Score(rows, Reasons::kContributions);
  const std::vector<v1::Contribution> reasons = scorer->Explain(rows, scores, 0);
  ASSERT_EQ(reasons.size(), 3U);
  EXPECT_EQ(reasons[0].feature(), "open_invoice");
  EXPECT_GT(reasons[0].contribution(), 0);
  EXPECT_TRUE(reasons[0].value().boolean());
  for (const v1::Contribution& reason : reasons) {
    EXPECT_EQ(reason.has_value(), reason.feature() != "logins");
    EXPECT_EQ(reason.value().category(), reason.feature() == "plan" ? "basic" : "");
  }
}

TEST(ScorerTest, AgreesWithPythonsXgboost) {
  const v1::Model model = *Train(Quick());
  const test_support::TempDir folder;
  const std::string model_path = folder.path() + "/model.ubj";
  const std::string rows_path = folder.path() + "/rows.txt";
  std::ofstream(model_path, std::ios::binary) << model.booster();
  const FeatureMatrix rows = SyntheticCustomers(200, 5).features;
  std::ofstream file(rows_path);
  file << std::setprecision(9);
  for (size_t row = 0; row < rows.rows(); ++row) {
    for (float value : rows.row(row)) file << value << ' ';
    file << '\n';
  }
  file.close();
  const auto theirs = AskPython("predict " + model_path + " " + rows_path);
  ASSERT_EQ(theirs.size(), rows.rows());
  const Scores ours = *(*Scorer::Create(model))->Score(rows, Reasons::kContributions);
  for (size_t row = 0; row < rows.rows(); ++row) {
    ASSERT_EQ(theirs[row].size(), 5U);
    EXPECT_NEAR(ours.raw_scores[row], theirs[row][0], 1e-6);
    for (size_t i = 0; i < 4; ++i) EXPECT_NEAR(ours.contributions.row(row)[i], theirs[row][i + 1], 1e-6);
  }
}

// Plan and open invoice are never missing in training, logins are.
TEST(ScorerTest, WhatWasNeverMissingInTrainingIsTypicalWhenItIs) {
  const std::unique_ptr<Scorer> scorer = MakeScorer();
  const v1::FeatureSchema& schema = scorer->model().schema();
  ASSERT_FALSE(schema.features(0).has_typical());
  ASSERT_TRUE(schema.features(1).has_typical());
  ASSERT_FALSE(schema.features(2).typical().boolean());
  const float missing = std::numeric_limits<float>::quiet_NaN();
  const auto plan = scorer->encoder().Encode(
      {{"logins", {""}}, {"plan", {schema.features(1).typical().category()}}, {"open_invoice", {"no"}}});
  ASSERT_TRUE(plan.ok()) << plan.status();
  const FeatureMatrix rows = {.columns = 3, .values = {missing, missing, missing}};
  const Scores lacking = *scorer->Score(rows, Reasons::kContributions);
  const Scores filled = *scorer->Score(*plan, Reasons::kContributions);
  EXPECT_EQ(lacking.raw_scores, filled.raw_scores);
  EXPECT_EQ(lacking.contributions.values, filled.contributions.values);
  double sum = 0;
  for (float each : lacking.contributions.values) sum += each;
  EXPECT_NEAR(sum, lacking.raw_scores[0], 1e-4);
  for (const v1::Contribution& reason : scorer->Explain(rows, lacking, 0)) EXPECT_FALSE(reason.has_value());
}

// How many threads this process has.
ptrdiff_t ThreadCount() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/task"), {});
}

TEST(ScorerTest, LoadingAndScoringBeginNoThreads) {
  const v1::Model model = *Train(Quick());
  const ptrdiff_t before = ThreadCount();
  std::thread([&] {
    const std::unique_ptr<Scorer> scorer = *Scorer::Create(model);
    EXPECT_TRUE(scorer->Score(SyntheticCustomers(1000, 2).features, Reasons::kContributions).ok());
    EXPECT_LE(ThreadCount(), before + 1);
  }).join();
}

TEST(ScorerTest, ThreadsScoreAlike) {
  const std::unique_ptr<Scorer> scorer = MakeScorer();
  const FeatureMatrix rows = SyntheticCustomers(100, 2).features;
  const Scores alone = *scorer->Score(rows, Reasons::kContributions);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 20; ++round) {
        const Scores together = *scorer->Score(rows, round % 2 == 0 ? Reasons::kContributions : Reasons::kNone);
        EXPECT_EQ(together.raw_scores, alone.raw_scores);
        EXPECT_EQ(together.probabilities, alone.probabilities);
        EXPECT_EQ(together.contributions.values, round % 2 == 0 ? alone.contributions.values : std::vector<float>());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace rapport::churn

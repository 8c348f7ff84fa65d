#include "services/churn/core/evaluation.h"

#include <cmath>
#include <cstdint>
#include <fstream>
#include <iomanip>
#include <random>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/churn_model/reference.h"
#include "tests/support/temp_dir.h"

namespace rapport::churn {
namespace {

using Labels = std::vector<uint8_t>;
using Probabilities = std::vector<double>;

TEST(EvaluationTest, PerfectOrderHasWholeArea) {
  EXPECT_EQ(RocAuc(Probabilities{0.1, 0.2, 0.8, 0.9}, Labels{0, 0, 1, 1}), 1);
  EXPECT_EQ(PrAuc(Probabilities{0.1, 0.2, 0.8, 0.9}, Labels{0, 0, 1, 1}), 1);
  EXPECT_EQ(RocAuc(Probabilities{0.9, 0.8, 0.2, 0.1}, Labels{0, 0, 1, 1}), 0);
}

TEST(EvaluationTest, OneProbabilityForAllIsTheBaseRate) {
  const Probabilities same(4, 0.25);
  const Labels labels = {0, 1, 0, 0};
  EXPECT_EQ(RocAuc(same, labels), 0.5);
  EXPECT_EQ(PrAuc(same, labels), 0.25);
  EXPECT_EQ(CalibrationError(same, labels), 0);
  EXPECT_EQ(TopDecileLift(same, labels), 1);
  EXPECT_NEAR(BrierScore(same, labels), 0.1875, 1e-15);
}

TEST(EvaluationTest, AreasWithoutBothOutcomesAreUndefined) {
  EXPECT_TRUE(std::isnan(RocAuc(Probabilities{0.1, 0.2}, Labels{0, 0})));
  EXPECT_TRUE(std::isnan(RocAuc(Probabilities{0.1, 0.2}, Labels{1, 1})));
  EXPECT_TRUE(std::isnan(PrAuc(Probabilities{0.1, 0.2}, Labels{0, 0})));
  EXPECT_TRUE(std::isnan(TopDecileLift(Probabilities{0.1, 0.2}, Labels{0, 0})));
}

TEST(EvaluationTest, LogLossOfCertainErrorIsFinite) {
  EXPECT_NEAR(LogLoss(Probabilities{0, 1}, Labels{1, 0}), -std::log(1e-15), 0.1);
}

TEST(EvaluationTest, CalibrationErrorWeighsBinsByTheirRows) {
  // Three rows of the first bin are off by 0.05 each; the last bin, which holds 1, by 0.1 + 0.
  EXPECT_NEAR(CalibrationError(Probabilities{0.05, 0.05, 0.05, 0.9, 1}, Labels{0, 0, 0, 1, 1}), (0.15 + 0.1) / 5,
              1e-15);
}

TEST(EvaluationTest, TopDecileLiftComparesWithAllRows) {
  Probabilities probabilities;
  Labels labels;
  for (int i = 0; i < 20; ++i) {
    probabilities.push_back(i / 20.0);
    labels.push_back(i >= 19 || i < 3 ? 1 : 0);
  }
  EXPECT_DOUBLE_EQ(TopDecileLift(probabilities, labels), 0.5 / 0.2);
}

TEST(EvaluationTest, FoldsSpreadChurnersEvenly) {
  Labels labels(103, 0);
  for (size_t i = 0; i < 23; ++i) labels[i * 4] = 1;
  const std::vector<uint32_t> fold_of_row = StratifiedFolds(labels, 5, 0);
  std::vector<int> rows(5);
  std::vector<int> churners(5);
  for (size_t i = 0; i < labels.size(); ++i) {
    ++rows[fold_of_row[i]];
    churners[fold_of_row[i]] += labels[i];
  }
  for (int count : rows) EXPECT_THAT(count, testing::AllOf(testing::Ge(20), testing::Le(21)));
  for (int count : churners) EXPECT_THAT(count, testing::AllOf(testing::Ge(4), testing::Le(5)));
  EXPECT_EQ(fold_of_row, StratifiedFolds(labels, 5, 0));
  EXPECT_NE(fold_of_row, StratifiedFolds(labels, 5, 1));
}

TEST(EvaluationTest, CardShowsSpreadAndBaseRate) {
  const Labels labels = {1, 0, 0, 0, 1, 0, 0, 0};
  const std::vector<uint32_t> fold_of_row = {0, 0, 0, 0, 1, 1, 1, 1};
  const v1::EvaluationCard card =
      Evaluate(Probabilities{0.9, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.9}, labels, fold_of_row, 2);
  EXPECT_EQ(card.row_count(), 8);
  EXPECT_EQ(card.positive_count(), 2);
  EXPECT_DOUBLE_EQ(card.roc_auc().fold_mean(), (1 + 1.0 / 3) / 2);
  EXPECT_NEAR(card.roc_auc().fold_spread(), (1 - 1.0 / 3) / 2, 1e-12);
  EXPECT_EQ(card.roc_auc().base_rate(), 0.5);
  EXPECT_NEAR(card.brier().value(), (6 * 0.01 + 2 * 0.81) / 8, 1e-12);
  EXPECT_NEAR(card.brier().base_rate(), 0.1875, 1e-12);
}

TEST(EvaluationTest, AgreesWithScikitLearn) {
  std::mt19937 random(11);
  std::uniform_real_distribution<double> uniform(0.001, 0.999);
  Labels labels;
  Probabilities probabilities;
  const test_support::TempDir folder;
  const std::string path = folder.path() + "/rows.txt";
  std::ofstream file(path);
  file << std::setprecision(17);
  for (int i = 0; i < 1003; ++i) {
    // Every other one of two digits, so that some tie.
    const double p = i % 2 == 0 ? uniform(random) : 0.01 + 0.98 * std::round(uniform(random) * 100) / 100;
    probabilities.push_back(p);
    labels.push_back(uniform(random) < p * p ? 1 : 0);
    file << int{labels.back()} << ' ' << p << '\n';
  }
  file.close();
  const auto theirs = AskPython("figures " + path);
  ASSERT_EQ(theirs.size(), 5U);
  const std::vector<uint32_t> folds = StratifiedFolds(labels, 5, 7);
  EXPECT_EQ(std::vector<double>(folds.begin(), folds.end()), theirs[0]);
  EXPECT_NEAR(RocAuc(probabilities, labels), theirs[1][0], 1e-12);
  EXPECT_NEAR(PrAuc(probabilities, labels), theirs[2][0], 1e-12);
  EXPECT_NEAR(LogLoss(probabilities, labels), theirs[3][0], 1e-12);
  EXPECT_NEAR(BrierScore(probabilities, labels), theirs[4][0], 1e-12);
}

}  // namespace
}  // namespace rapport::churn

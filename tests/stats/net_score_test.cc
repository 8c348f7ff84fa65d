#include "common/stats/net_score.h"

#include "gtest/gtest.h"

namespace rapport::stats {
namespace {

TEST(NetScoreTest, GivesPromotersMinusDetractorsInPercent) {
  EXPECT_DOUBLE_EQ(EstimateNetScore({7, 2, 1}, 0.95)->value, 60);
  EXPECT_DOUBLE_EQ(EstimateNetScore({0, 0, 4}, 0.95)->value, -100);
  EXPECT_DOUBLE_EQ(EstimateNetScore({0, 9, 0}, 0.95)->value, 0);
}

// By hand for 30 promoters, 12 passives, 8 detractors: shares of 53 answers 30.75/53 and 8.75/53, so the adjusted
// score is 41.5094, its standard error sqrt((0.745283 - 0.172303) / 53) x 100 = 10.3976.
TEST(NetScoreTest, AddsThreeAnswersForTheInterval) {
  std::optional<Estimate> estimate = EstimateNetScore({30, 12, 8}, 0.95);
  EXPECT_DOUBLE_EQ(estimate->value, 44);
  EXPECT_NEAR(estimate->interval->low, 41.5094 - 1.959964 * 10.3976, 1e-3);
  EXPECT_NEAR(estimate->interval->high, 41.5094 + 1.959964 * 10.3976, 1e-3);
}

TEST(NetScoreTest, HoldsItsValueAndStaysInRange) {
  for (int64_t promoters = 0; promoters <= 12; ++promoters) {
    for (int64_t passives = 0; passives <= 12; ++passives) {
      for (int64_t detractors = 0; detractors <= 12; ++detractors) {
        if (promoters + passives + detractors == 0) continue;
        for (double confidence : {0.55, 0.95, 0.999}) {
          std::optional<Estimate> estimate = EstimateNetScore({promoters, passives, detractors}, confidence);
          EXPECT_LE(-100, estimate->interval->low);
          EXPECT_LE(estimate->interval->low, estimate->value);
          EXPECT_LE(estimate->value, estimate->interval->high);
          EXPECT_LE(estimate->interval->high, 100);
        }
      }
    }
  }
}

TEST(NetScoreTest, IsAbsentWithoutDataAndForImpossibleCounts) {
  EXPECT_FALSE(EstimateNetScore({0, 0, 0}, 0.95).has_value());
  EXPECT_FALSE(EstimateNetScore({3, -1, 2}, 0.95).has_value());
  EXPECT_FALSE(CompareNetScores({0, 0, 0}, {1, 1, 1}, 0.95).has_value());
  EXPECT_FALSE(CompareNetScores({1, 1, 1}, {0, 0, 0}, 0.95).has_value());
}

TEST(NetScoreTest, SeesNoDifferenceBetweenLikeAnswers) {
  std::optional<Difference> difference = CompareNetScores({30, 12, 8}, {30, 12, 8}, 0.95);
  EXPECT_DOUBLE_EQ(difference->value, 0);
  EXPECT_DOUBLE_EQ(*difference->p_value, 1);
  EXPECT_DOUBLE_EQ(difference->interval->low, -difference->interval->high);
}

TEST(NetScoreTest, SeesADifferenceBetweenOppositeAnswers) {
  std::optional<Difference> difference = CompareNetScores({5, 10, 85}, {85, 10, 5}, 0.95);
  EXPECT_DOUBLE_EQ(difference->value, 160);
  EXPECT_LT(*difference->p_value, 1e-9);
  EXPECT_GT(difference->interval->low, 100);
  EXPECT_LE(difference->interval->high, 200);
}

}  // namespace
}  // namespace rapport::stats

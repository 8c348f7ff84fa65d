#include "services/churn/core/drift.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace rapport::churn {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr double kConfidence = 0.95;
constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

TEST(StabilityTest, OfEqualSharesIsZero) {
  const auto stability = CompareHistograms({1'000, 2'000, 7'000}, {1'000, 2'000, 7'000}, kConfidence);
  EXPECT_EQ(stability->index, 0);
  EXPECT_EQ(stability->band, DriftBand::kStable);
  EXPECT_FALSE(stability->IsDrift());
}

TEST(StabilityTest, IsTheSumOverTheBins) {
  // (0.3 - 0.5) ln(0.3 / 0.5) + (0.7 - 0.5) ln(0.7 / 0.5), up to what is added to the bins.
  const auto stability = CompareHistograms({5'000'000, 5'000'000}, {3'000'000, 7'000'000}, kConfidence);
  EXPECT_NEAR(stability->index, -0.2 * std::log(0.6) + 0.2 * std::log(1.4), 1e-6);
  EXPECT_EQ(stability->band, DriftBand::kModerate);
  EXPECT_TRUE(stability->IsDrift());
}

TEST(StabilityTest, BandsAreTheUsualOnes) {
  EXPECT_EQ(CompareHistograms({500, 500}, {420, 580}, kConfidence)->band, DriftBand::kStable);
  EXPECT_EQ(CompareHistograms({500, 500}, {300, 700}, kConfidence)->band, DriftBand::kModerate);
  EXPECT_EQ(CompareHistograms({500, 500}, {200, 800}, kConfidence)->band, DriftBand::kLarge);
}

TEST(StabilityTest, StaysFiniteForBinsThatOneSideLacks) {
  const auto stability = CompareHistograms({500, 500, 0, 0}, {500, 0, 500, 0}, kConfidence);
  EXPECT_TRUE(std::isfinite(stability->index));
  EXPECT_EQ(stability->band, DriftBand::kLarge);
}

TEST(StabilityTest, EmptyBinsDoNotCount) {
  const auto with = CompareHistograms({30, 0, 70, 0}, {60, 0, 40, 0}, kConfidence);
  const auto without = CompareHistograms({30, 70}, {60, 40}, kConfidence);
  EXPECT_EQ(with->index, without->index);
  EXPECT_EQ(with->by_chance, without->by_chance);
}

TEST(StabilityTest, IsAbsentWithoutData) {
  EXPECT_FALSE(CompareHistograms({0, 0}, {1, 2}, kConfidence));
  EXPECT_FALSE(CompareHistograms({1, 2}, {0, 0}, kConfidence));
  EXPECT_FALSE(CompareHistograms({1, 2}, {1, 2, 3}, kConfidence));
}

TEST(StabilityTest, ByChanceItIsRarelyAboveItsLimit) {
  std::mt19937_64 random(6);
  std::discrete_distribution<size_t> bin({10, 20, 5, 15, 30, 20});
  const auto draw = [&](int count) {
    std::vector<int64_t> counts(6);
    for (int i = 0; i < count; ++i) ++counts[bin(random)];
    return counts;
  };
  int above = 0;
  for (int i = 0; i < 2'000; ++i) {
    const auto stability = CompareHistograms(draw(2'000), draw(300), kConfidence);
    above += stability->index > stability->by_chance ? 1 : 0;
  }
  EXPECT_GT(above, 60);
  EXPECT_LT(above, 140);
}

TEST(StabilityTest, CategoriesAreMatchedByName) {
  const auto by_name = CompareCategories({{"a", 50}, {"b", 50}}, {{"b", 30}, {"c", 70}}, kConfidence);
  EXPECT_EQ(by_name->index, CompareHistograms({50, 50, 0}, {0, 30, 70}, kConfidence)->index);
}

TEST(BinsTest, AreOfTheSameSize) {
  std::vector<double> values(1'000);
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<double>((i * 7'919) % 1'000);
  const std::vector<double> edges = EvenEdges(values, 10);
  EXPECT_THAT(edges, ElementsAre(100, 200, 300, 400, 500, 600, 700, 800, 900));
  EXPECT_THAT(CountBins(edges, values), ElementsAre(100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 0));
}

TEST(BinsTest, MergeWhereValuesRepeat) {
  EXPECT_THAT(EvenEdges({0, 0, 0, 0, 0, 0, 0, 1, 1, 2}, 10), ElementsAre(1, 2));
  EXPECT_THAT(EvenEdges({4, 4, 4}, 10), IsEmpty());
  EXPECT_THAT(EvenEdges({}, 10), IsEmpty());
  EXPECT_THAT(EvenEdges({kMissing, 3, std::numeric_limits<double>::infinity(), 5}, 2), ElementsAre(5));
}

TEST(BinsTest, MissingValuesHaveTheLast) {
  EXPECT_THAT(CountBins({1, 2}, {0.5, 1, 1.5, 2, 9, kMissing, std::numeric_limits<double>::infinity()}),
              ElementsAre(1, 2, 3, 1));
}

TEST(OutcomesTest, PredictionsThatHoldAreRarelySignificant) {
  std::mt19937_64 random(10);
  std::uniform_real_distribution<double> uniform(0, 1);
  int significant = 0;
  for (int i = 0; i < 1'000; ++i) {
    Outcomes outcomes;
    for (int customer = 0; customer < 400; ++customer) {
      const double probability = uniform(random) * 0.6;
      outcomes.Add(probability, uniform(random) < probability);
    }
    significant += CompareOutcomes(outcomes, kConfidence)->significant ? 1 : 0;
  }
  EXPECT_GT(significant, 30);
  EXPECT_LT(significant, 72);
}

TEST(OutcomesTest, MoreLostThanPredictedIsSignificant) {
  Outcomes outcomes;
  for (int i = 0; i < 400; ++i) outcomes.Add(0.1, i % 5 == 0);
  const auto drift = CompareOutcomes(outcomes, kConfidence);
  EXPECT_DOUBLE_EQ(drift->observed.value, 0.2);
  EXPECT_NEAR(drift->predicted, 0.1, 1e-12);
  EXPECT_NEAR(drift->difference.value, 0.1, 1e-12);
  // The error is sqrt(0.1 * 0.9 / 400) = 0.015.
  EXPECT_NEAR(drift->difference.interval->low, 0.1 - 1.959964 * 0.015, 1e-6);
  EXPECT_NEAR(drift->difference.interval->high, 0.1 + 1.959964 * 0.015, 1e-6);
  EXPECT_TRUE(drift->significant);
}

TEST(OutcomesTest, AddUp) {
  Outcomes one;
  one.Add(0.25, true);
  Outcomes two;
  two.Add(0.5, false);
  one.Add(two);
  EXPECT_EQ(one.customers, 2);
  EXPECT_EQ(one.lost, 1);
  EXPECT_EQ(one.predicted, 0.75);
  EXPECT_EQ(one.variance, 0.25 * 0.75 + 0.25);
}

TEST(OutcomesTest, SayNothingWithoutCustomersAndNoErrorOfCertainty) {
  EXPECT_FALSE(CompareOutcomes({}, kConfidence));
  Outcomes certain;
  certain.Add(1, true);
  const auto drift = CompareOutcomes(certain, kConfidence);
  EXPECT_EQ(drift->difference.value, 0);
  EXPECT_FALSE(drift->difference.p_value);
  EXPECT_FALSE(drift->significant);
}

}  // namespace
}  // namespace rapport::churn

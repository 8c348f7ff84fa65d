#include "common/stats/proportion.h"

#include <cmath>
#include <limits>

#include "common/stats/normal.h"
#include "gtest/gtest.h"

namespace rapport::stats {
namespace {

void ExpectInterval(const Interval& interval, double low, double high, double tolerance) {
  EXPECT_NEAR(interval.low, low, tolerance);
  EXPECT_NEAR(interval.high, high, tolerance);
}

TEST(NormalTest, HasTheTabledQuantiles) {
  EXPECT_NEAR(NormalQuantile(0.975), 1.959963984540054, 1e-14);
  EXPECT_EQ(NormalQuantile(0.5), 0);
  EXPECT_EQ(NormalQuantile(0), -std::numeric_limits<double>::infinity());
  EXPECT_EQ(NormalQuantile(1), std::numeric_limits<double>::infinity());
  EXPECT_NEAR(TwoSidedZ(0.99), 2.5758293035489004, 1e-14);
  EXPECT_NEAR(TwoSidedP(1.959963984540054), 0.05, 1e-14);
}

TEST(ProportionTest, StaysFiniteForConfidenceCloseToOne) {
  EXPECT_NEAR(TwoSidedZ(1 - 1e-15), 8.02, 0.02);
  std::optional<Estimate> estimate = EstimateProportion({3, 7}, 1 - 1e-15);
  EXPECT_GT(estimate->interval->low, 0);
  EXPECT_LT(estimate->interval->high, 1);
}

// Newcombe (1998), "Two-sided confidence intervals for the single proportion", Stat. Med. 17, 857-872, table I,
// method 3.
TEST(ProportionTest, AgreesWithPublishedWilsonIntervals) {
  ExpectInterval(*EstimateProportion({81, 263}, 0.95)->interval, 0.2553, 0.3662, 5e-5);
  ExpectInterval(*EstimateProportion({15, 148}, 0.95)->interval, 0.0624, 0.1605, 5e-5);
  ExpectInterval(*EstimateProportion({0, 20}, 0.95)->interval, 0, 0.1611, 5e-5);
  ExpectInterval(*EstimateProportion({1, 29}, 0.95)->interval, 0.0061, 0.1718, 5e-5);
}

// Newcombe (1998), "Interval estimation for the difference between independent proportions", table II, method 10.
TEST(ProportionTest, AgreesWithPublishedNewcombeIntervals) {
  struct {
    Proportion first, second;
    double low, high;
  } published[] = {
      {{48, 80}, {56, 70}, 0.0524, 0.3339}, {{3, 10}, {9, 10}, 0.1705, 0.8090},  {{2, 7}, {6, 7}, 0.0582, 0.8062},
      {{0, 29}, {5, 56}, -0.0381, 0.1926},  {{0, 20}, {0, 10}, -0.1611, 0.2775}, {{0, 10}, {0, 10}, -0.2775, 0.2775},
      {{0, 20}, {10, 10}, 0.6791, 1.0},     {{0, 10}, {10, 10}, 0.6075, 1.0},
  };
  for (const auto& [first, second, low, high] : published) {
    ExpectInterval(*CompareProportions(first, second, 0.95)->interval, low, high, 5e-5);
  }
}

// Buffer, December 2013: 94 % happy, then 96 %, of 702 ratings each.
TEST(ProportionTest, DoesNotCallBuffersRiseSignificant) {
  const Proportion before = {660, 702};
  const Proportion after = {674, 702};
  ExpectInterval(*EstimateProportion(before, 0.95)->interval, 0.920, 0.955, 5e-4);
  ExpectInterval(*EstimateProportion(after, 0.95)->interval, 0.943, 0.972, 5e-4);
  EXPECT_NEAR(*CompareProportions(before, after, 0.95)->p_value, 0.086, 5e-4);
}

TEST(ProportionTest, IsAbsentWithoutData) {
  EXPECT_FALSE(EstimateProportion({0, 0}, 0.95).has_value());
  EXPECT_FALSE(CompareProportions({0, 0}, {1, 2}, 0.95).has_value());
  EXPECT_FALSE(CompareProportions({1, 2}, {0, 0}, 0.95).has_value());
}

TEST(ProportionTest, IsAbsentForImpossibleCounts) {
  EXPECT_FALSE(EstimateProportion({3, 2}, 0.95).has_value());
  EXPECT_FALSE(EstimateProportion({-1, 2}, 0.95).has_value());
}

TEST(ProportionTest, EndsExactlyAtZeroAndOne) {
  for (int n = 1; n < 2000; n += 7) {
    EXPECT_EQ(EstimateProportion({0, n}, 0.95)->interval->low, 0);
    EXPECT_EQ(EstimateProportion({n, n}, 0.95)->interval->high, 1);
  }
}

TEST(ProportionTest, HoldsItsValueAndStaysInRange) {
  for (int n = 1; n <= 60; ++n) {
    for (int k = 0; k <= n; ++k) {
      std::optional<Estimate> estimate = EstimateProportion({k, n}, 0.9);
      EXPECT_LE(0, estimate->interval->low);
      EXPECT_LE(estimate->interval->low, estimate->value);
      EXPECT_LE(estimate->value, estimate->interval->high);
      EXPECT_LE(estimate->interval->high, 1);
    }
  }
}

TEST(ProportionTest, ComparesLikeWithLikeAsNoDifference) {
  EXPECT_EQ(CompareProportions({5, 5}, {9, 9}, 0.95)->p_value, 1);
  EXPECT_EQ(CompareProportions({0, 5}, {0, 9}, 0.95)->p_value, 1);
  EXPECT_EQ(CompareProportions({2, 4}, {5, 10}, 0.95)->p_value, 1);
}

TEST(ProportionTest, ComparesTheOtherWayRoundWithTheOppositeSign) {
  std::optional<Difference> there = CompareProportions({3, 11}, {8, 9}, 0.9);
  std::optional<Difference> back = CompareProportions({8, 9}, {3, 11}, 0.9);
  EXPECT_DOUBLE_EQ(there->value, -back->value);
  ExpectInterval(*there->interval, -back->interval->high, -back->interval->low, 1e-15);
  EXPECT_DOUBLE_EQ(*there->p_value, *back->p_value);
}

}  // namespace
}  // namespace rapport::stats

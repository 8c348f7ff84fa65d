#include "common/stats/quantile.h"

#include <cmath>

#include "gtest/gtest.h"

namespace rapport::stats {
namespace {

// P(first <= B <= last) of a binomial variable, summed term by term.
double Probability(int64_t n, double p, int64_t first, int64_t last) {
  double sum = 0;
  for (int64_t k = first; k <= last; ++k) {
    const auto x = static_cast<double>(k);
    const auto total = static_cast<double>(n);
    sum += std::exp(std::lgamma(total + 1) - std::lgamma(x + 1) - std::lgamma(total - x + 1) + x * std::log(p) +
                    (total - x) * std::log1p(-p));
  }
  return sum;
}

// Conover (1999), "Practical Nonparametric Statistics", 3rd ed., table A3 and others: the 95 % interval of a median.
TEST(QuantileRanksTest, AgreesWithTablesForTheMedian) {
  struct {
    int64_t n, low, high;
  } tabled[] = {{6, 1, 6}, {10, 2, 9}, {20, 6, 15}, {50, 18, 33}, {100, 40, 61}};
  for (const auto& [n, low, high] : tabled) {
    const RankInterval ranks = QuantileRanks(n, 0.5, 0.95);
    EXPECT_EQ(ranks.low, low) << n;
    EXPECT_EQ(ranks.high, high) << n;
  }
}

TEST(QuantileRanksTest, LeavesOutEndsThatTheSampleDoesNotReach) {
  EXPECT_EQ(QuantileRanks(0, 0.5, 0.95).low, std::nullopt);
  EXPECT_EQ(QuantileRanks(0, 0.5, 0.95).high, std::nullopt);
  EXPECT_EQ(QuantileRanks(5, 0.5, 0.95).low, std::nullopt);
  EXPECT_EQ(QuantileRanks(5, 0.5, 0.95).high, std::nullopt);
  const RankInterval p99 = QuantileRanks(100, 0.99, 0.95);
  EXPECT_EQ(p99.low, 97);
  EXPECT_EQ(p99.high, std::nullopt);
  EXPECT_EQ(QuantileRanks(100, 0.01, 0.95).low, std::nullopt);
}

TEST(QuantileRanksTest, CoversTheQuantileAndNoMoreThanNeeded) {
  for (int64_t n : {1, 7, 30, 200, 1000}) {
    for (double q : {0.1, 0.5, 0.9, 0.99}) {
      for (double confidence : {0.8, 0.95, 0.99}) {
        const RankInterval ranks = QuantileRanks(n, q, confidence);
        const double tail = (1 - confidence) / 2;
        const double rounding = 1e-12;
        const int64_t low = ranks.low.value_or(0);
        const int64_t high = ranks.high.value_or(n + 1);
        EXPECT_LE(Probability(n, q, 0, low - 1), tail + rounding);
        EXPECT_GE(Probability(n, q, 0, low), tail - rounding) << "a greater low would do";
        EXPECT_LE(Probability(n, q, high, n), tail + rounding);
        EXPECT_GE(Probability(n, q, high - 1, n), tail - rounding) << "a smaller high would do";
      }
    }
  }
}

TEST(QuantileRanksTest, TakesVeryLargeSamples) {
  const RankInterval ranks = QuantileRanks(1000000000, 0.999, 0.95);
  const double spread = 1.959964 * std::sqrt(1e9 * 0.999 * 0.001);
  EXPECT_NEAR(static_cast<double>(*ranks.low), 999e6 - spread, 3);
  EXPECT_NEAR(static_cast<double>(*ranks.high), 999e6 + spread, 3);
}

}  // namespace
}  // namespace rapport::stats

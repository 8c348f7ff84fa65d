#include "common/stats/mean.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "gtest/gtest.h"

namespace rapport::stats {
namespace {

// Student (1908), "The probable error of a mean", Biometrika 6: hours of sleep gained by ten patients with two drugs,
// the data set `sleep` of R, whose t.test(extra ~ group) gives t = -1.8608, df = 17.776, p = 0.07939 and the interval
// -3.3654832 to 0.2054832 for the first minus the second.
const std::vector<double> kFirstDrug = {0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0};
const std::vector<double> kSecondDrug = {1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4};

TEST(MeanTest, AgreesWithThePublishedWelchTest) {
  std::optional<Difference> difference = CompareMeans(SampleOfValues(kFirstDrug), SampleOfValues(kSecondDrug), 0.95);
  EXPECT_NEAR(difference->value, 1.58, 1e-12);
  EXPECT_NEAR(difference->interval->low, -0.2054832, 5e-8);
  EXPECT_NEAR(difference->interval->high, 3.3654832, 5e-8);
  EXPECT_NEAR(*difference->p_value, 0.07939, 5e-6);
}

// 1, 2, 3: mean 2, standard error 1/sqrt(3), and t of two degrees of freedom is 4.302653 (tabled).
TEST(MeanTest, AgreesWithTheTabledStudentT) {
  std::optional<Estimate> estimate = EstimateMean(SampleOfSums(3, 6, 14), 0.95);
  EXPECT_DOUBLE_EQ(estimate->value, 2);
  EXPECT_NEAR(estimate->interval->high - 2, 4.302653 * 0.57735027, 1e-6);
  EXPECT_NEAR(2 - estimate->interval->low, 4.302653 * 0.57735027, 1e-6);
}

TEST(MeanTest, IsAbsentWithoutData) {
  EXPECT_FALSE(EstimateMean(SampleOfSums(0, 0, 0), 0.95).has_value());
  EXPECT_FALSE(EstimateMean(SampleOfValues({}), 0.95).has_value());
  EXPECT_FALSE(CompareMeans({}, SampleOfSums(3, 6, 14), 0.95).has_value());
  EXPECT_FALSE(CompareMeans(SampleOfSums(3, 6, 14), {}, 0.95).has_value());
}

TEST(MeanTest, HasNoIntervalForASingleValue) {
  std::optional<Estimate> estimate = EstimateMean(SampleOfSums(1, 4, 16), 0.95);
  EXPECT_EQ(estimate->value, 4);
  EXPECT_FALSE(estimate->interval.has_value());
  std::optional<Difference> difference = CompareMeans(SampleOfSums(1, 4, 16), SampleOfSums(3, 6, 14), 0.95);
  EXPECT_EQ(difference->value, -2);
  EXPECT_FALSE(difference->interval.has_value());
  EXPECT_FALSE(difference->p_value.has_value());
}

TEST(MeanTest, ClaimsNoCertaintyFromEqualValues) {
  EXPECT_FALSE(EstimateMean(SampleOfSums(1000, 5000, 25000), 0.95)->interval.has_value());
  EXPECT_FALSE(EstimateMean(SampleOfValues(std::vector<double>(7, 1.0 / 3)), 0.95)->interval.has_value());
  EXPECT_FALSE(CompareMeans(SampleOfSums(2, 10, 50), SampleOfSums(2, 4, 8), 0.95)->p_value.has_value());
}

TEST(MeanTest, ComparesWhenOnlyOneSideHasSpread) {
  std::optional<Difference> difference = CompareMeans(SampleOfSums(4, 20, 100), SampleOfSums(3, 6, 14), 0.95);
  // With one variance of 0 it is the one-sample test of the other: t = 3 sqrt(3), 2 degrees of freedom.
  EXPECT_NEAR(*difference->p_value, 0.0350988, 1e-6);
}

TEST(MeanTest, GivesTheSameFromSumsAndFromValues) {
  std::mt19937_64 random(1);
  std::vector<double> values;
  double sum = 0;
  double squares = 0;
  for (int i = 0; i < 1000; ++i) {
    auto value = static_cast<double>(random() % 11);
    values.push_back(value);
    sum += value;
    squares += value * value;
  }
  const Sample of_sums = SampleOfSums(1000, sum, squares);
  const Sample of_values = SampleOfValues(values);
  EXPECT_DOUBLE_EQ(of_sums.mean, of_values.mean);
  EXPECT_NEAR(of_sums.variance, of_values.variance, 1e-12);
}

TEST(MeanTest, DoesNotDependOnTheOrderOfValues) {
  std::mt19937_64 random(2);
  std::uniform_real_distribution<double> uniform(0, 1);
  std::vector<double> values(5000);
  std::generate(values.begin(), values.end(), [&] { return uniform(random); });
  const Sample sample = SampleOfValues(values);
  for (int i = 0; i < 5; ++i) {
    std::shuffle(values.begin(), values.end(), random);
    const Sample shuffled = SampleOfValues(values);
    EXPECT_EQ(sample.mean, shuffled.mean);
    EXPECT_EQ(sample.variance, shuffled.variance);
  }
}

TEST(MeanTest, ApproachesTheNormalIntervalForManyValues) {
  const double n = 1e9;
  std::optional<Estimate> estimate = EstimateMean(SampleOfSums(1000000000, 0, n), 0.95);
  EXPECT_NEAR(estimate->interval->high * std::sqrt(n), 1.959963984540054, 1e-7);
}

}  // namespace
}  // namespace rapport::stats

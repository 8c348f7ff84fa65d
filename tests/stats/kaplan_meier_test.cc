#include "common/stats/kaplan_meier.h"

#include <cmath>
#include <vector>

#include "gtest/gtest.h"

namespace rapport::stats {
namespace {

// Weeks in remission of leukaemia under 6-mercaptopurine; Freireich et al. (1963), Blood 21, 699-716.
std::vector<SurvivalTime> Treated() {
  return {{6, 3, 1},  {7, 1, 0},  {9, 0, 1},  {10, 1, 1}, {11, 0, 1}, {13, 1, 0}, {16, 1, 0}, {17, 0, 1},
          {19, 0, 1}, {20, 0, 1}, {22, 1, 0}, {23, 1, 0}, {25, 0, 1}, {32, 0, 2}, {34, 0, 1}, {35, 0, 1}};
}

// The same under placebo.
std::vector<SurvivalTime> Untreated() {
  return {{1, 2, 0},  {2, 2, 0},  {3, 1, 0},  {4, 2, 0},  {5, 2, 0},  {8, 4, 0},
          {11, 2, 0}, {12, 2, 0}, {15, 1, 0}, {17, 1, 0}, {22, 1, 0}, {23, 1, 0}};
}

// As printed by Kalbfleisch and Prentice, and by other programs.
TEST(KaplanMeierTest, AgreesWithThePublishedTable) {
  const struct {
    double time;
    int64_t at_risk;
    double survival, error, low, high;
  } published[] = {{6, 21, .8571, .0764, .6197, .9516},  {7, 17, .8067, .0869, .5631, .9228},
                   {10, 15, .7529, .0963, .5032, .8894}, {13, 12, .6902, .1068, .4316, .8491},
                   {16, 11, .6275, .1141, .3675, .8049}, {22, 7, .5378, .1282, .2678, .7468},
                   {23, 6, .4482, .1346, .1881, .6801}};
  const std::vector<SurvivalStep> steps = KaplanMeier(Treated());
  ASSERT_EQ(steps.size(), std::size(published));
  for (size_t i = 0; i < steps.size(); ++i) {
    EXPECT_EQ(steps[i].time, published[i].time);
    EXPECT_EQ(steps[i].at_risk, published[i].at_risk);
    EXPECT_NEAR(steps[i].survival, published[i].survival, 5e-5);
    EXPECT_NEAR(steps[i].survival * std::sqrt(steps[i].greenwood), published[i].error, 5e-5);
    const Estimate at = SurvivalAt(steps, published[i].time, 0.95);
    EXPECT_NEAR(at.interval->low, published[i].low, 5e-5);
    EXPECT_NEAR(at.interval->high, published[i].high, 5e-5);
  }
}

TEST(KaplanMeierTest, GivesThePublishedMedians) {
  const std::optional<QuantileEstimate> treated = SurvivalQuantile(KaplanMeier(Treated()), 0.5, 0.95);
  EXPECT_EQ(treated->value, 23);
  EXPECT_EQ(treated->low, 13);
  EXPECT_EQ(treated->high, std::nullopt);
  const std::optional<QuantileEstimate> untreated = SurvivalQuantile(KaplanMeier(Untreated()), 0.5, 0.95);
  EXPECT_EQ(untreated->value, 8);
  EXPECT_EQ(untreated->low, 4);
  EXPECT_EQ(untreated->high, 11);
}

TEST(KaplanMeierTest, HasNoQuantileThatTooFewReached) {
  EXPECT_FALSE(SurvivalQuantile(KaplanMeier(Treated()), 0.6, 0.95).has_value());
  EXPECT_FALSE(SurvivalQuantile({}, 0.5, 0.95).has_value());
}

TEST(KaplanMeierTest, IsTheShareOfThoseLeftWhenNobodyIsCensored) {
  std::vector<SurvivalTime> times;
  for (int i = 1; i <= 1000; ++i) times.push_back({static_cast<double>(i), 1, 0});
  const std::vector<SurvivalStep> steps = KaplanMeier(times);
  for (int i = 1; i <= 1000; ++i) EXPECT_NEAR(SurvivalAt(steps, i, 0.95).value, 1 - i / 1000.0, 1e-12);
  for (double probability : {0.001, 0.25, 0.5, 0.9, 0.999}) {
    EXPECT_EQ(SurvivalQuantile(steps, probability, 0.95)->value, std::round(1000 * probability));
  }
}

TEST(KaplanMeierTest, TakesThoseCensoredAtTheTimeOfAnEventAsAtRisk) {
  EXPECT_EQ(KaplanMeier(std::vector<SurvivalTime>{{5, 1, 9}}).front().survival, 0.9);
}

TEST(KaplanMeierTest, KnowsNoIntervalWhereNothingOrEverythingHappened) {
  const std::vector<SurvivalStep> steps = KaplanMeier(Untreated());
  EXPECT_EQ(SurvivalAt(steps, 0.5, 0.95).value, 1);
  EXPECT_FALSE(SurvivalAt(steps, 0.5, 0.95).interval.has_value());
  EXPECT_EQ(SurvivalAt(steps, 99, 0.95).value, 0);
  EXPECT_FALSE(SurvivalAt(steps, 99, 0.95).interval.has_value());
}

}  // namespace
}  // namespace rapport::stats

#include "services/churn/core/health_score.h"

#include <limits>
#include <random>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace rapport::churn {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

v1::HealthSignal& AddSignal(const std::string& name, double weight, double worst, double best, v1::HealthRules& rules) {
  v1::HealthSignal& signal = *rules.add_signals();
  signal.set_name(name);
  signal.set_description("the " + name);
  signal.set_weight(weight);
  signal.set_worst(worst);
  signal.set_best(best);
  return signal;
}

v1::HealthRules ThreeSignals() {
  v1::HealthRules rules;
  AddSignal("satisfaction", 5, 0, 1, rules);
  AddSignal("silence", 3, 60, 0, rules);
  AddSignal("adoption", 2, 0, 0.5, rules);
  return rules;
}

TEST(HealthScoreTest, IsTheWeightedMeanOfThePoints) {
  const v1::HealthScore score =
      ScoreHealth(ThreeSignals(), {{"satisfaction", 0.9}, {"silence", 45}, {"adoption", 0.25}});
  // 90, 25 and 50 points.
  EXPECT_DOUBLE_EQ(score.score(), (5 * 90 + 3 * 25 + 2 * 50) / 10.0);
  EXPECT_EQ(score.band(), v1::HEALTH_BAND_YELLOW);
  EXPECT_EQ(score.weight_covered(), 1);
  EXPECT_EQ(score.definition_id(), "churn.health.v1");
  ASSERT_EQ(score.parts_size(), 3);
  EXPECT_EQ(score.parts(1).name(), "silence");
  EXPECT_EQ(score.parts(1).description(), "the silence");
  EXPECT_EQ(score.parts(1).value(), 45);
  EXPECT_DOUBLE_EQ(score.parts(1).points(), 25);
  EXPECT_DOUBLE_EQ(score.parts(1).weight_share(), 0.3);
  EXPECT_DOUBLE_EQ(score.parts(1).contribution(), -7.5);
  EXPECT_DOUBLE_EQ(score.parts(0).contribution(), 20);
  EXPECT_EQ(score.parts(2).contribution(), 0);
}

TEST(HealthScoreTest, MissingSignalsLeaveTheirWeightToTheOthers) {
  const v1::HealthScore score = ScoreHealth(
      ThreeSignals(), {{"satisfaction", std::numeric_limits<double>::quiet_NaN()}, {"silence", 45}, {"other", 1}});
  EXPECT_DOUBLE_EQ(score.score(), 25);
  EXPECT_EQ(score.band(), v1::HEALTH_BAND_RED);
  EXPECT_DOUBLE_EQ(score.weight_covered(), 0.3);
  EXPECT_THAT(score.missing_signals(), ElementsAre("satisfaction", "adoption"));
}

TEST(HealthScoreTest, IsAbsentWithoutAnySignal) {
  const v1::HealthScore score = ScoreHealth(ThreeSignals(), {});
  EXPECT_FALSE(score.has_score());
  EXPECT_EQ(score.band(), v1::HEALTH_BAND_UNSPECIFIED);
  EXPECT_EQ(score.weight_covered(), 0);
  EXPECT_EQ(score.missing_signals_size(), 3);
}

TEST(HealthScoreTest, ValuesBeyondTheEndsCountAsTheEnds) {
  const v1::HealthScore worst =
      ScoreHealth(ThreeSignals(), {{"satisfaction", -4}, {"silence", 1'000}, {"adoption", -1}});
  EXPECT_EQ(worst.score(), 0);
  EXPECT_EQ(worst.band(), v1::HEALTH_BAND_RED);
  const v1::HealthScore best = ScoreHealth(ThreeSignals(), {{"satisfaction", 2}, {"silence", -1}, {"adoption", 1e300}});
  EXPECT_EQ(best.score(), 100);
  EXPECT_EQ(best.band(), v1::HEALTH_BAND_GREEN);
}

TEST(HealthScoreTest, ContributionsAndBaselineAddUpToTheScore) {
  std::mt19937_64 random(9);
  std::uniform_real_distribution<double> uniform(0, 1);
  for (int i = 0; i < 1'000; ++i) {
    v1::HealthRules rules;
    SignalValues values;
    if (i % 2 == 1) rules.set_neutral(100 * uniform(random));
    for (int signal = 0; signal < 1 + i % 12; ++signal) {
      const std::string name = "signal" + std::to_string(signal);
      AddSignal(name, 0.01 + uniform(random) * 10, uniform(random), 1 + uniform(random), rules);
      if (uniform(random) < 0.7) values[name] = 3 * uniform(random) - 1;
    }
    const v1::HealthScore score = ScoreHealth(rules, values);
    ASSERT_EQ(score.has_score(), score.parts_size() > 0);
    ASSERT_EQ(score.parts_size() + score.missing_signals_size(), rules.signals_size());
    if (!score.has_score()) continue;
    double sum = score.baseline();
    for (const v1::HealthPart& part : score.parts()) sum += part.contribution();
    ASSERT_NEAR(sum, score.score(), 1e-9);
  }
}

TEST(HealthScoreTest, ScoreDoesNotDependOnWhatIsNeutral) {
  const SignalValues values = {{"satisfaction", 0.9}, {"silence", 45}, {"adoption", 0.25}};
  v1::HealthRules rules = ThreeSignals();
  const double score = ScoreHealth(rules, values).score();
  rules.set_neutral(0);
  EXPECT_EQ(ScoreHealth(rules, values).score(), score);
  EXPECT_DOUBLE_EQ(ScoreHealth(rules, values).parts(0).contribution(), 45);
}

TEST(HealthScoreTest, BandsFollowTheScoreRoundedHalfUp) {
  EXPECT_EQ(BandOf(0), v1::HEALTH_BAND_RED);
  EXPECT_EQ(BandOf(50.49), v1::HEALTH_BAND_RED);
  EXPECT_EQ(BandOf(50.5), v1::HEALTH_BAND_YELLOW);
  EXPECT_EQ(BandOf(75.49), v1::HEALTH_BAND_YELLOW);
  EXPECT_EQ(BandOf(75.5), v1::HEALTH_BAND_GREEN);
  EXPECT_EQ(BandOf(100), v1::HEALTH_BAND_GREEN);
}

std::string ErrorOf(const v1::HealthRules& rules) {
  return std::string(ValidateHealthRules(rules).message());
}

TEST(HealthRulesTest, AcceptsRules) {
  EXPECT_TRUE(ValidateHealthRules(ThreeSignals()).ok());
}

TEST(HealthRulesTest, RejectsRulesThatCannotBeScored) {
  EXPECT_THAT(ErrorOf({}), HasSubstr("signals has 0 entries"));
  v1::HealthRules rules = ThreeSignals();
  rules.mutable_signals(1)->set_weight(0);
  EXPECT_THAT(ErrorOf(rules), HasSubstr("signals[1].weight is 0"));
  rules = ThreeSignals();
  rules.mutable_signals(2)->set_best(0);
  EXPECT_THAT(ErrorOf(rules), HasSubstr("signals[2].best is 0"));
  rules = ThreeSignals();
  rules.mutable_signals(0)->set_worst(-std::numeric_limits<double>::infinity());
  EXPECT_THAT(ErrorOf(rules), HasSubstr("signals[0].worst is -inf"));
  rules = ThreeSignals();
  rules.mutable_signals(2)->set_name("silence");
  EXPECT_THAT(ErrorOf(rules), HasSubstr("signals[2].name is `silence` once more"));
  rules = ThreeSignals();
  rules.mutable_signals(0)->clear_name();
  EXPECT_THAT(ErrorOf(rules), HasSubstr("signals[0].name has 0 bytes"));
  rules = ThreeSignals();
  rules.set_neutral(101);
  EXPECT_THAT(ErrorOf(rules), HasSubstr("neutral is 101"));
}

}  // namespace
}  // namespace rapport::churn

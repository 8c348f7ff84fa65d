#include "services/churn/core/score.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "services/churn/core/features.h"
#include "services/churn/core/health_score.h"

namespace rapport::churn {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

v1::Contribution Number(const char* feature, double value, double contribution) {
  v1::Contribution made;
  made.set_feature(feature);
  made.mutable_value()->set_number(value);
  made.set_contribution(contribution);
  return made;
}

v1::Contribution Missing(const char* feature, double contribution) {
  v1::Contribution made;
  made.set_feature(feature);
  made.set_contribution(contribution);
  return made;
}

v1::Score Probability(double probability) {
  v1::Score score;
  score.set_kind(v1::SCORE_KIND_PROBABILITY);
  score.set_probability(probability);
  return score;
}

v1::Score Health(double points) {
  v1::Score score;
  score.set_kind(v1::SCORE_KIND_HEALTH_SCORE);
  score.set_health_score(points);
  return score;
}

std::vector<std::string> Texts(const v1::Score& score) {
  std::vector<std::string> texts;
  for (const v1::Reason& reason : score.reasons()) texts.push_back(reason.text());
  return texts;
}

double Sum(const v1::Score& score) {
  double sum = score.baseline();
  for (const v1::Reason& reason : score.reasons()) sum += reason.contribution();
  return sum;
}

TEST(BandTest, IsRedFromTwiceTheBaseRateAndFromOneHalf) {
  EXPECT_EQ(BandOfProbability(0.09, 0.1), v1::HEALTH_BAND_GREEN);
  EXPECT_EQ(BandOfProbability(0.1, 0.1), v1::HEALTH_BAND_YELLOW);
  EXPECT_EQ(BandOfProbability(0.19, 0.1), v1::HEALTH_BAND_YELLOW);
  EXPECT_EQ(BandOfProbability(0.2, 0.1), v1::HEALTH_BAND_RED);
  EXPECT_EQ(BandOfProbability(0.5, 0.4), v1::HEALTH_BAND_RED);
  EXPECT_EQ(BandOfProbability(0.5, 0.9), v1::HEALTH_BAND_RED);
}

TEST(ReasonsTest, SayTheValueInWordsTheStrongestFirst) {
  v1::Contribution category = Missing("plan", 0.1);
  category.mutable_value()->set_category("basic");
  v1::Contribution boolean = Missing("has_owner", -0.05);
  boolean.mutable_value()->set_boolean(true);
  v1::Score score = Probability(0.5);
  SetReasons({Number("login_count_7d", 3, -0.2), Number("days_since_used", 41, 0.9), category, boolean,
              Missing("days_since_login", 0.01), Number("revenue_change_share_90d", -0.125, 0.3),
              Number("first_response_median_seconds_90d", 5400, -0.25), Number("used_trend_30d", std::log(0.6), 0.4),
              Number("shoe_size", 42.5, -0.001)},
             score);
  EXPECT_THAT(
      Texts(score),
      ElementsAre("days since the last use: 41", "trend of uses against the customer's own 90 days before: -40 %",
                  "change of the monthly recurring revenue in the last 90 days: -12.5 %",
                  "median time to the first response in the last 90 days: 1h30m", "logins in the last 7 days: 3",
                  "plan: basic", "is looked after by somebody of ours: yes", "days since the last login: unknown",
                  "shoe_size: 42.5"));
  EXPECT_TRUE(score.reasons(0).raises_risk());
  EXPECT_FALSE(score.reasons(3).raises_risk());
}

TEST(ReasonsTest, OfHealthSpeakForLeavingWhenTheyCostPoints) {
  v1::Score score;
  SetHealth(ScoreHealth(DefaultHealthRules(), {{"days_since_active", 30}, {"overdue_invoice_count", 0}}), score);
  EXPECT_EQ(score.kind(), v1::SCORE_KIND_HEALTH_SCORE);
  EXPECT_EQ(score.definition_id(), "churn.health.v1");
  EXPECT_DOUBLE_EQ(score.health_score(), 40);
  EXPECT_EQ(score.band(), v1::HEALTH_BAND_RED);
  EXPECT_THAT(Texts(score), ElementsAre("days since the last use or login: 30", "invoices overdue: 0"));
  EXPECT_TRUE(score.reasons(0).raises_risk());
  EXPECT_FALSE(score.reasons(1).raises_risk());
  EXPECT_NEAR(Sum(score), score.raw_score(), 1e-9);
  EXPECT_EQ(score.missing_inputs_size(), DefaultHealthRules().signals_size() - 2);
}

TEST(ReasonsTest, AreTrimmedToOneThatSumsUpTheOthers) {
  v1::Score score = Probability(0.5);
  score.set_baseline(-1);
  SetReasons({Number("a", 1, 0.5), Number("b", 1, -0.4), Number("c", 1, 0.3), Number("d", 1, -0.2)}, score);
  score.set_raw_score(Sum(score));
  v1::ScoreOptions options;
  options.set_max_reasons(2);
  TrimReasons(options, score);
  EXPECT_THAT(Texts(score), ElementsAre("a: 1", "b: 1", "2 others"));
  EXPECT_EQ(score.reasons(2).name(), "__other__");
  EXPECT_TRUE(score.reasons(2).raises_risk());
  EXPECT_NEAR(Sum(score), score.raw_score(), 1e-9);
  options.set_max_reasons(3);
  TrimReasons(options, score);
  EXPECT_EQ(score.reasons_size(), 3);
  options.set_skip_reasons(true);
  TrimReasons(options, score);
  EXPECT_TRUE(score.reasons().empty());
}

TEST(ReasonsTest, ComeBackAsTheyWereAfterTheyWereCondensed) {
  v1::Score score = Probability(0.5);
  SetReasons({Number("days_since_used", 41, 0.9), Missing("days_since_login", 0.01)}, score);
  score.add_missing_inputs("days_since_login");
  v1::Score kept = score;
  Condense(kept);
  EXPECT_LT(kept.ByteSizeLong(), score.ByteSizeLong());
  Restore(kept);
  EXPECT_EQ(kept.DebugString(), score.DebugString());
}

TEST(RankTest, OrdersByRiskProbabilitiesFirst) {
  const std::vector<v1::Score> by_risk = {Probability(1), Probability(0.3), Probability(0.299999999),
                                          Probability(0), Health(0),        Health(49.9999999),
                                          Health(50),     Health(100)};
  for (size_t i = 1; i < by_risk.size(); ++i) EXPECT_GT(*RiskRank(by_risk[i - 1]), *RiskRank(by_risk[i])) << i;
  for (const v1::Score& score : by_risk) {
    EXPECT_LT(std::abs(*RiskRank(score)), int64_t{1} << 53);
    const RankedScore back = FromRiskRank(*RiskRank(score));
    EXPECT_EQ(back.kind, score.kind());
    EXPECT_NEAR(back.value, score.has_probability() ? score.probability() : score.health_score(), 1e-9);
  }
}

TEST(RankTest, HasNoneForAHealthScoreWithoutSignals) {
  v1::Score score;
  SetHealth(ScoreHealth(DefaultHealthRules(), {}), score);
  EXPECT_EQ(RiskRank(score), std::nullopt);
}

TEST(DefaultHealthRulesTest, AreOfNumericAndBooleanStandardFeatures) {
  EXPECT_TRUE(ValidateCustomerHealthRules(DefaultHealthRules()).ok());
  EXPECT_GE(DefaultHealthRules().signals_size(), 6);
  EXPECT_LE(DefaultHealthRules().signals_size(), 10);
}

TEST(HealthRulesTest, RefuseSignalsThatAreNoNumbersOfCustomers) {
  for (const char* name : {"shoe_size", "plan"}) {
    v1::HealthRules rules = DefaultHealthRules();
    rules.mutable_signals(1)->set_name(name);
    const absl::Status status = ValidateCustomerHealthRules(rules);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()), HasSubstr(absl::StrCat("signals[1].name: \"", name)));
  }
}

TEST(ReadmeTest, ListsTheDefaultHealthRules) {
  std::ifstream file(CHURN_README);
  std::stringstream text;
  text << file.rdbuf();
  std::vector<std::string> expected;
  for (const v1::HealthSignal& signal : DefaultHealthRules().signals()) {
    expected.push_back(
        absl::StrCat("| `", signal.name(), "` | ", signal.weight(), " | ", signal.worst(), " | ", signal.best(), " |"));
  }
  std::vector<std::string> listed;
  bool in_section = false;
  for (const absl::string_view line : absl::StrSplit(text.str(), '\n')) {
    if (absl::StartsWith(line, "#")) in_section = absl::StrContains(line, "Default health rules");
    if (in_section && absl::StartsWith(line, "| `")) listed.emplace_back(line);
  }
  EXPECT_EQ(listed, expected);
}

}  // namespace
}  // namespace rapport::churn

#include "services/cli/churn_output.h"

#include <gmock/gmock.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/text_format.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include "services/cli/customer_output.h"
#include "services/cli/model_output.h"
#include "services/cli/score_output.h"

namespace rapport::cli {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

template <class Message>
Message Parse(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message)) << text;
  return message;
}

TEST(MoneyTextTest, HasTheDigitsOfItsCurrency) {
  EXPECT_EQ(MoneyText(123456789, "EUR"), "1,234,567.89 EUR");
  EXPECT_EQ(MoneyText(1234, "JPY"), "1,234 JPY");
  EXPECT_EQ(MoneyText(-5, "USD"), "-0.05 USD");
  EXPECT_EQ(MoneyText(7, ""), "0.07");
}

TEST(ScoreDetailsTest, AddsReasonsUp) {
  const std::string text = ScoreDetails(
      Parse<churn::v1::Score>(R"pb(
        customer_id: "C-7"
        kind: SCORE_KIND_PROBABILITY
        probability: 0.712
        band: HEALTH_BAND_RED
        baseline: -1.2
        raw_score: 0.4
        reasons { name: "days_since_use" text: "days since the last use: 41" contribution: 2 raises_risk: true }
        reasons { name: "plan" text: "plan: pro" contribution: -0.4 }
        model_version: "3f2a9c01aa"
        sources {
          source: FEATURE_SOURCE_RATINGS
          freshness: FRESHNESS_STALE
          fetched_at { seconds: 1793455500 }
        }
        sources { source: FEATURE_SOURCE_RESPONSE_TIMES freshness: FRESHNESS_MISSING }
        missing_inputs: "mean_wait"
      )pb"),
      absl::UTCTimeZone());
  EXPECT_THAT(text, AllOf(ContainsRegex("probability +71.2 %"), ContainsRegex("band +RED"),
                          HasSubstr("ratings STALE since 2026-10-31 14:05, response times MISSING"),
                          ContainsRegex("missing +mean_wait")));
  EXPECT_THAT(text, HasSubstr("+2.000                  │████████████████  days since the last use: 41"));
  EXPECT_THAT(text, HasSubstr("-0.400               ███│                  plan: pro"));
  EXPECT_THAT(text,
              HasSubstr("-1.200 of an average customer +1.600 of the reasons = 0.400 log-odds, calibrated 71.2 %"));
}

TEST(ScoreDetailsTest, TellsHealthInPoints) {
  const std::string text = ScoreDetails(Parse<churn::v1::Score>(R"pb(
                                          customer_id: "C-7"
                                          kind: SCORE_KIND_HEALTH_SCORE
                                          health_score: 64
                                          baseline: 50
                                          raw_score: 64
                                          reasons { name: "use" contribution: 14 }
                                        )pb"),
                                        absl::UTCTimeZone());
  EXPECT_THAT(text, AllOf(ContainsRegex("health +64 of 100"), ContainsRegex("\\+14.0 .*use"),
                          HasSubstr("50.0 of a neutral customer +14.0 of the reasons = 64.0 points")));
}

TEST(EvaluationTextTest, PutsTheBaseRateBeside) {
  const std::string text = EvaluationText(Parse<churn::v1::EvaluationCard>(R"pb(
    row_count: 7043
    positive_count: 1869
    folds: 5
    roc_auc { value: 0.85 fold_mean: 0.8501 fold_spread: 0.012 base_rate: 0.5 }
  )pb"));
  EXPECT_THAT(text, HasSubstr("7,043 rows, 1,869 of them churned (26.5 %); each judged by a model that did not see it, "
                              "5 folds, seed 0"));
  EXPECT_THAT(text, ContainsRegex("ROC-AUC +0.8500 +0.8501 +0.0120 +0.5000"));
}

TEST(ChurnTextTest, TellsRevenueByCurrency) {
  churn::v1::QueryChurnRequest request;
  request.mutable_grouping()->set_group_by("plan");
  const auto response = Parse<churn::v1::QueryChurnResponse>(R"pb(
    totals {
      group: "pro"
      active_at_start: 1200
      lost: 60
      won: 7
      returned: 2
      figures {
        logo_churn { value: 0.05 ci_low: 0.04 ci_high: 0.06 }
        revenue {
          currency: "EUR"
          start_minor: 5000000
          lost_minor: 100000
          gross { value: 0.03 }
          net { value: -0.01 }
        }
      }
    }
  )pb");
  const std::string text = ChurnText(request, response, absl::UTCTimeZone());
  EXPECT_THAT(text, ContainsRegex("plan +active at start"));
  EXPECT_THAT(text, ContainsRegex("pro +1,200 +60  5.0 % \\(4.0 to 6.0\\) +7 +2"));
  EXPECT_THAT(text, ContainsRegex("pro +50,000.00 EUR +1,000.00 +0.00 +0.00  3.0 % +-1.0 %"));
}

TEST(RetentionTextTest, SaysWhatWasNotObserved) {
  const auto response = Parse<churn::v1::QueryRetentionResponse>(R"pb(
    figures {
      customer_count: 40
      lost_count: 10
      points {
        months: 1
        retention { value: 0.9 }
      }
      points {
        months: 2
        retention { value: 0.75 }
      }
      median_lifetime_months { value: 7 }
    }
    groups {
      group: ""
      figures { customer_count: 3 }
    }
  )pb");
  const std::string text = RetentionText({}, response, {1, 12}, absl::UTCTimeZone());
  EXPECT_THAT(text, AllOf(ContainsRegex("whole period +40 +10  90.0 % +not observed +7 months"),
                          ContainsRegex("\\(none\\) +3 +0  not observed")));
}

TEST(ConversionTextTest, HasAColumnForEachWindow) {
  const auto response = Parse<churn::v1::QueryConversionResponse>(R"pb(
    totals {
      signup_count: 100
      windows {
        months: 6
        conversion { value: 0.4 censored_count: 12 }
      }
      windows {
        months: 12
        conversion { value: 0.5 censored_count: 30 }
      }
    }
  )pb");
  EXPECT_THAT(ConversionText({}, response, absl::UTCTimeZone()),
              AllOf(ContainsRegex("within 6 months \\(interval\\) +too early to say  within 12 months"),
                    ContainsRegex("whole period +100  40.0 % +12  50.0 % +30")));
}

TEST(DriftTextTest, TellsMovesFromChance) {
  const auto drift = Parse<churn::v1::GetDriftResponse>(R"pb(
    model_version: "3f2a9c01aabbccdd"
    measured_at { seconds: 1793455500 }
    features { feature: "use" stability_index: 0.31 by_chance: 0.02 drifting: true }
    features { feature: "plan" stability_index: 0.15 by_chance: 0.2 }
    outcome {
      customer_count: 900
      observed { value: 0.1 }
      predicted: 0.08
    }
    shadow { shadow_version: "aa11" customer_count: 900 active_mean: 0.1 shadow_mean: 0.12 band_change_count: 30 }
  )pb");
  EXPECT_THAT(DriftText(drift, absl::UTCTimeZone()),
              AllOf(HasSubstr("model 3f2a9c01aabb, measured at"), ContainsRegex("use +0.310 +0.020  moved far"),
                    ContainsRegex("plan +0.150 +0.200  stable"),
                    HasSubstr("10.0 % of 900 customers were lost, 8.0 % predicted: as far apart as by chance"),
                    HasSubstr("mean 12.0 % beside 10.0 %"), HasSubstr("30 in another band")));
}

TEST(ReportTest, IsOneObjectInJson) {
  ChurnReport report;
  report.churn.add_totals()->set_lost(3);
  report.bands = {{churn::v1::HEALTH_BAND_RED, 2}, {churn::v1::HEALTH_BAND_GREEN, 5}};
  report.at_risk.emplace_back().set_customer_id("C-7");
  google::protobuf::Struct parsed;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(ReportJson(report), &parsed).ok()) << ReportJson(report);
  EXPECT_EQ(parsed.fields().at("bands").struct_value().fields().at("RED").number_value(), 2);
  EXPECT_EQ(parsed.fields().at("at_risk").list_value().values_size(), 1);
  EXPECT_THAT(ReportText(report, absl::UTCTimeZone()), AllOf(HasSubstr("active customers by band: 2 RED, 5 GREEN"),
                                                             HasSubstr("C-7"), Not(HasSubstr("revenue"))));
}

}  // namespace
}  // namespace rapport::cli

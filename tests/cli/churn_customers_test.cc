#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/cli/command_runner.h"
#include "tests/cli/fake_churn_service.h"

namespace rapport::cli {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr const char* kScore = R"pb(
  customer_id: "C-7"
  kind: SCORE_KIND_PROBABILITY
  probability: 0.712
  band: HEALTH_BAND_RED
  computed_at { seconds: 1793455500 }
  model_version: "3f2a9c01aabbccdd"
  reasons { name: "use" text: "days since the last use: 41" contribution: 2 raises_risk: true }
)pb";

std::string Score(const std::string& around) {
  return around + " { " + kScore + " }";
}

class ChurnCustomersTest : public testing::Test {
 protected:
  CommandResult Command(std::vector<std::string> arguments, const CommandInput& input = {}) {
    arguments.insert(arguments.begin(), {"--server=" + server_.address(), "churn"});
    return RunCommand(arguments, input);
  }

  FakeChurnService& service() { return server_.service(); }

  FakeChurnServer server_;
};

TEST_F(ChurnCustomersTest, ScoresCustomers) {
  service().answers["BatchScoreCustomersResponse"] = {"results { " + Score("score") +
                                                      " } results { status { code: 5 message: 'nobody knows them' } }"};
  const CommandResult result = Command({"score", "C-7", "C-8", "--no-reasons"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out,
              ContainsRegex("C-7 +71.2 %  RED   2026-10-31 14:05  3f2a9c01aabb  ▲ days since the last use"));
  EXPECT_THAT(result.err, HasSubstr("C-8: nobody knows them"));
  EXPECT_EQ(service().last("BatchScoreCustomersRequest"),
            "customer_ids: \"C-7\" customer_ids: \"C-8\" options { skip_reasons: true }");
}

TEST_F(ChurnCustomersTest, ScoresEveryoneAsCsv) {
  churn::v1::StreamScoresResponse chunk;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(Score("scores"), &chunk));
  service().score_chunks = {chunk, chunk};
  const CommandResult result = Command({"score", "--rescore"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, StartsWith("\"id\",\"probability\",\"health_score\",\"band\""));
  EXPECT_THAT(result.out, HasSubstr("\n\"C-7\",\"0.712\",\"\",\"RED\",\"0\",\"3f2a9c01aabbccdd\","));
  EXPECT_THAT(service().last("StreamScoresRequest"), HasSubstr("rescore: true"));
  EXPECT_THAT(Command({"score", "--output=json"}).out, StartsWith("{\"customer_id\":\"C-7\""));
}

TEST_F(ChurnCustomersTest, ScoresTheRowsOfAFileByTheSchemaOfTheModel) {
  service().answers["GetModelResponse"] = {
      R"pb(
        model {
          metadata { version: "3f2a9c01aabbccdd" }
          schema {
            features { name: "use" kind: FEATURE_KIND_NUMERIC }
            features { name: "trial" kind: FEATURE_KIND_BOOLEAN }
            features { name: "plan" kind: FEATURE_KIND_CATEGORICAL categories: "basic" categories: "pro" }
          }
        }
      )pb"};
  service().answers["ScoreFeaturesResponse"] = {"results { " + Score("score") +
                                                " } results { status { code: 3 message: 'use: too much' } }"};
  const TemporaryFile file("who,plan,use,trial,more\nC-7,pro,7.5,no,x\nC-8,gold,,,x\n");
  const CommandResult result = Command({"score", file.path(), "--id=who"});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.out, AllOf(HasSubstr("\n\"C-7\",\"0.712\""), HasSubstr("\n\"C-8\",\"\",\"\""),
                                HasSubstr("\"use: too much\"")));
  churn::v1::ScoreFeaturesRequest request;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(service().last("ScoreFeaturesRequest"), &request));
  EXPECT_EQ(request.model_version(), "3f2a9c01aabbccdd");
  EXPECT_EQ(request.rows(0).values().at("use").number(), 7.5);
  EXPECT_FALSE(request.rows(0).values().at("trial").boolean());
  EXPECT_EQ(request.rows(0).values().at("plan").category(), "pro");
  EXPECT_EQ(request.rows(1).id(), "C-8");
  EXPECT_EQ(request.rows(1).values_size(), 0);

  const TemporaryFile other("who,plan,uses,trial\nC-7,pro,7.5,no\n");
  EXPECT_THAT(Command({"score", other.path(), "--id=-"}).err,
              HasSubstr("the model's features: the header has no column 'use'; did you mean 'uses'?"));
}

TEST_F(ChurnCustomersTest, SendsAFileInBatches) {
  service().answers["GetModelResponse"] = {"model { schema { features { name: 'use' kind: FEATURE_KIND_NUMERIC } } }"};
  std::string text = "use\n";
  for (int i = 0; i < 2500; ++i) text += "7\n";
  EXPECT_EQ(Command({"score", "-", "--id=-"}, {.text = text}).exit_code, 0);
  EXPECT_EQ(service().count("ScoreFeaturesRequest"), 3);
  EXPECT_THAT(service().last("ScoreFeaturesRequest"), HasSubstr("rows { id: \"2001\""));
}

TEST_F(ChurnCustomersTest, ExplainsAScore) {
  service().answers["ScoreCustomerResponse"] = {Score("score")};
  EXPECT_THAT(Command({"explain", "C-7", "--max-reasons=5"}).out,
              AllOf(ContainsRegex("probability +71.2 %"), ContainsRegex("\\+2.000 .*days since the last use: 41")));
  EXPECT_EQ(service().last("ScoreCustomerRequest"), "customer_id: \"C-7\" options { max_reasons: 5 }");
}

TEST_F(ChurnCustomersTest, ListsWhoIsAtRisk) {
  service().answers["ListCustomersByRiskResponse"] = {Score("scores")};
  EXPECT_THAT(Command({"at-risk", "--band=red", "--owner=-", "--limit=5"}).out, ContainsRegex("C-7 +71.2 %  RED"));
  EXPECT_EQ(service().last("ListCustomersByRiskRequest"),
            "band: HEALTH_BAND_RED owner_id: \"-\" page { page_size: 5 }");
  EXPECT_THAT(Command({"at-risk", "--band=pink"}).err, AllOf(HasSubstr("--band 'pink'"), HasSubstr("RED, YELLOW")));
}

TEST_F(ChurnCustomersTest, WatchesBands) {
  churn::v1::WatchRiskResponse moved;
  moved.set_resume_token("1");
  churn::v1::WatchRiskResponse news;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(
      Score("previous_band: HEALTH_BAND_GREEN resume_token: '2' score"), &news));
  service().risk_news = {moved, news};
  const CommandResult result = Command({"watch", "--band=RED,YELLOW", "--count=1"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "2026-10-31 14:05  C-7  GREEN -> RED  71.2 %  ▲ days since the last use: 41\n");
  EXPECT_THAT(result.err, HasSubstr("--resume-token=2"));
  EXPECT_EQ(service().last("WatchRiskRequest"), "bands: HEALTH_BAND_RED bands: HEALTH_BAND_YELLOW");
}

TEST_F(ChurnCustomersTest, Sweeps) {
  service().answers["SweepScoresResponse"] = {"scored_count: 1200"};
  const CommandResult result = Command({"sweep"});
  EXPECT_EQ(result.out, "scored 1,200 customers\n");
  EXPECT_EQ(result.err, "");
}

TEST_F(ChurnCustomersTest, SweepsOnceTheSweepUnderWayHasEnded) {
  service().answers["SweepScoresResponse"] = {"already_running: true", "already_running: true", "scored_count: 1200"};
  const CommandResult result = Command({"sweep"});
  EXPECT_EQ(result.out, "scored 1,200 customers\n");
  EXPECT_EQ(result.err, "a sweep is under way; this one begins when it has ended\n");
}

TEST_F(ChurnCustomersTest, EditsHealthRules) {
  service().answers["GetHealthRulesResponse"] = {
      "is_default: true rules { signals { name: 'use' weight: 2 worst: 60 } }"};
  const CommandResult got = Command({"health-rules", "get"});
  EXPECT_THAT(got.err, HasSubstr("default rules"));
  EXPECT_EQ(Command({"health-rules", "set", "-"}, {.text = got.out}).exit_code, 0);
  EXPECT_EQ(service().last("SetHealthRulesRequest"), "rules { signals { name: \"use\" weight: 2 worst: 60 } }");
  EXPECT_EQ(Command({"health-rules", "reset"}).exit_code, 0);
  EXPECT_EQ(service().last("SetHealthRulesRequest"), "");
  EXPECT_THAT(Command({"health-rules", "set", "-"}, {.text = "{\"signal\": []}"}).err, HasSubstr("signals"));
}

TEST_F(ChurnCustomersTest, SearchesCustomers) {
  service().answers["SearchCustomersResponse"] = {
      R"pb(
        customers {
          customer {
            customer_id: "C-7"
            active: true
            subscription { plan: "pro" monthly_recurring_minor: 4990 currency: "EUR" }
            interests { topic: "white-papers" }
          }
          score { band: HEALTH_BAND_RED probability: 0.5 }
        }
        total_count: 1
      )pb"};
  const CommandResult result = Command({"search", "interest:white-papers AND NOT band = GREEN"});
  EXPECT_THAT(result.out, AllOf(ContainsRegex("C-7 +yes +pro, 49.90 EUR a month +50.0 %  RED   white-papers"),
                                HasSubstr("1 customer matches")));
  EXPECT_EQ(service().last("SearchCustomersRequest"),
            "filter: \"interest:white-papers AND NOT band = GREEN\" page { page_size: 100 }");
}

TEST_F(ChurnCustomersTest, ShowsACustomerWithTheTimeline) {
  service().answers["GetCustomerResponse"] = {R"pb(
                                                customer {
                                                  customer_id: "C-7"
                                                  tenures {
                                                    start { seconds: 1793455500 }
                                                    reason: "pricing"
                                                  }
                                                  attributes { key: "country" value: "DE" }
                                                  concerns {
                                                    topic: "churn"
                                                    count: 2
                                                    last_at { seconds: 1793455500 }
                                                  }
                                                }
                                                timeline {
                                                  activity_id: "A-1"
                                                  occurred_at { seconds: 1793455500 }
                                                  cancelled { reason: "pricing" }
                                                }
                                              )pb"};
  const CommandResult result = Command({"customer", "C-7", "--as-of=2026-11-01"});
  EXPECT_THAT(result.out, AllOf(ContainsRegex("active +no"), ContainsRegex("attributes +country=DE"),
                                ContainsRegex("concerns +churn \\(2 times, last 2026-10-31\\)"),
                                ContainsRegex("2026-10-31 14:05  CANCELLED  \\{\"reason\":\"pricing\"\\} +A-1")));
  EXPECT_EQ(service().last("GetCustomerRequest"), "customer_id: \"C-7\" as_of { seconds: 1793491200 }");
}

TEST_F(ChurnCustomersTest, ShowsFeaturesInTheWordsOfTheSchema) {
  service().answers["GetFeatureSchemaResponse"] = {R"pb(
                                                     features {
                                                       feature { name: "use_days" kind: FEATURE_KIND_NUMERIC }
                                                       description: "days since the last use"
                                                       unit: "days"
                                                       source: FEATURE_SOURCE_ACTIVITIES
                                                     }
                                                     features {
                                                       feature { name: "mean_wait" }
                                                       source: FEATURE_SOURCE_RESPONSE_TIMES
                                                     }
                                                   )pb"};
  service().answers["BatchGetFeaturesResponse"] = {
      R"pb(
        customers {
          customer_id: "C-7"
          values {
            key: "use_days"
            value { number: 41 }
          }
          sources { source: FEATURE_SOURCE_RESPONSE_TIMES freshness: FRESHNESS_MISSING }
        }
      )pb"};
  EXPECT_THAT(Command({"features"}).out, ContainsRegex("use_days +numeric +days +activities +days since the last use"));
  EXPECT_THAT(Command({"features", "C-7"}).out,
              AllOf(ContainsRegex("use_days +41  days +activities +days since the last use"),
                    ContainsRegex("mean_wait +-"), HasSubstr("response times MISSING")));

  churn::v1::ExportTrainingDataResponse chunk;
  chunk.add_customers()->set_customer_id("C-7");
  (*chunk.mutable_customers(0)->mutable_values())["use_days"].set_number(0.5);
  chunk.add_lost(true);
  service().training_chunks = {chunk};
  const CommandResult exported = Command({"export-training-data", "--horizon=30d"});
  EXPECT_EQ(exported.out,
            "\"customer_id\",\"as_of\",\"use_days\",\"mean_wait\",\"lost\"\n"
            "\"C-7\",\"1970-01-01T00:00:00+00:00\",\"0.5\",\"\",\"true\"\n")
      << exported.err;
  EXPECT_EQ(service().last("ExportTrainingDataRequest"), "outcomes { horizon_days: 30 }");
}

TEST_F(ChurnCustomersTest, EraseAsksOnATerminalOnly) {
  EXPECT_THAT(Command({"erase", "C-7"}).err, HasSubstr("--yes"));
  EXPECT_EQ(service().count("EraseCustomerRequest"), 0);
  EXPECT_EQ(Command({"erase", "C-7", "--yes"}).out, "erased 0 activities\n");
}

TEST_F(ChurnCustomersTest, QueriesChurn) {
  const CommandResult result = Command({"query", "--month=2026-10", "--bucket=week", "--by=plan",
                                        "--filter=currency = EUR", "--max-groups=5", "--compare", "--confidence=0.9"});
  EXPECT_THAT(result.out, HasSubstr("no customers")) << result.err;
  EXPECT_EQ(service().last("QueryChurnRequest"),
            "range { start { seconds: 1790812800 } end { seconds: 1793491200 } } time_zone: \"UTC\" bucket: "
            "BUCKET_WEEK grouping { group_by: \"plan\" filter: \"currency = EUR\" max_groups: 5 } confidence: 0.9 "
            "compare_with_previous: true");
}

TEST_F(ChurnCustomersTest, QueriesRetentionAndConversion) {
  EXPECT_EQ(Command({"retention", "--month=2026-10", "--cohorts", "--by=country"}).exit_code, 0);
  EXPECT_THAT(service().last("QueryRetentionRequest"),
              AllOf(HasSubstr("grouping { group_by: \"country\" }"), HasSubstr("by_cohort: true")));
  EXPECT_EQ(Command({"conversion", "--month=2026-10", "--within=1,3"}).exit_code, 0);
  EXPECT_THAT(service().last("QueryConversionRequest"), HasSubstr("window_months: 1 window_months: 3"));
}

TEST_F(ChurnCustomersTest, ForecastsPurchases) {
  service().answers["ForecastPurchasesResponse"] = {
      R"pb(
        model { r: 0.2426 alpha: 4.4135 a: 0.7929 b: 2.4258 customer_count: 2357 }
        customers {
          customer_id: "C-7"
          repeat_count: 2
          last_purchase_day { seconds: 1793404800 }
          forecast { expected_purchases: 1.226 alive: 0.726 }
        }
      )pb"};
  EXPECT_THAT(Command({"forecast", "C-7", "--horizon=39w"}).out,
              AllOf(HasSubstr("BG/NBD of 2,357 customers: r 0.2426"), HasSubstr("expected in 273 days"),
                    ContainsRegex("C-7 +2  2026-10-31 +1.23 +72.6 %")));
  EXPECT_THAT(service().last("ForecastPurchasesRequest"), HasSubstr("horizon_days: 273 customer_id: \"C-7\""));
}

TEST_F(ChurnCustomersTest, ReportsAMonth) {
  service().answers["QueryChurnResponse"] = {R"pb(
                                               totals {
                                                 figures {
                                                   logo_churn {
                                                     value: 0.05
                                                     sample_size: 1200
                                                     comparison { previous_value: 0.04 p_value: 0.3 }
                                                   }
                                                   revenue {
                                                     currency: "EUR"
                                                     gross { value: 0.06 }
                                                     net { value: 0.01 }
                                                   }
                                                 }
                                               }
                                             )pb"};
  service().answers["QueryRetentionResponse"] = {"figures { points { months: 12 retention { value: 0.8 } } }"};
  service().answers["QueryConversionResponse"] = {"totals { windows { months: 6 conversion { value: 0.3 } } }"};
  service().answers["SearchCustomersResponse"] = {"total_count: 2", "total_count: 30", "total_count: 400"};
  service().answers["ListCustomersByRiskResponse"] = {Score("scores")};
  const CommandResult result = Command({"report", "--month=2026-10", "--top=5"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(
      result.out,
      AllOf(HasSubstr("Churn, 2026-10-01 to 2026-11-01 (UTC)"),
            ContainsRegex("customers lost +5.0 % +1,200  4.0 % -> 5.0 %, not significant"),
            ContainsRegex("gross revenue churn, EUR +6.0 %"), ContainsRegex("net revenue churn, EUR +1.0 %"),
            ContainsRegex("stay for more than 12 months +80.0 %"), ContainsRegex("converted within 6 months +30.0 %"),
            HasSubstr("2 RED, 30 YELLOW, 400 GREEN"), ContainsRegex("C-7 +71.2 %")));
  EXPECT_THAT(service().last("QueryChurnRequest"), HasSubstr("compare_with_previous: true"));
  // The two years before 2026-11-01.
  EXPECT_THAT(service().last("QueryRetentionRequest"), HasSubstr("start { seconds: 1730419200 }"));
  EXPECT_THAT(service().last("SearchCustomersRequest"), HasSubstr("active = true AND band = GREEN"));
  EXPECT_THAT(Command({"report", "--output=json"}).out, StartsWith("{\"churn\":{\"totals\":"));
}

}  // namespace
}  // namespace rapport::cli

#include "services/churn/service/scoring.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/time/interval.h"
#include "services/churn/core/score.h"
#include "services/churn/model/scorer.h"
#include "tests/churn_activities/activities.h"
#include "tests/churn_scores/replica.h"
#include "tests/support/temp_dir.h"

namespace rapport::churn {
namespace {

using testing::Contains;
using testing::HasSubstr;

constexpr absl::Duration kDay = absl::Hours(24);

class ScoringTest : public testing::Test {
 protected:
  std::vector<v1::ScoreResult> Score(const std::vector<std::string>& ids, const v1::ScoreOptions& options = {}) {
    auto results = replica_.scoring().ScoreCustomers(kTenant, ids, options, absl::InfiniteFuture());
    EXPECT_TRUE(results.ok()) << results.status();
    return results.value_or(std::vector<v1::ScoreResult>(ids.size()));
  }
  v1::Score ScoreOne(const std::string& id, const v1::ScoreOptions& options = {}) {
    return Score({id}, options).front().score();
  }
  // A paying customer who logged in last so many days ago.
  void Convert(const std::string& id, int days_silent) {
    const absl::Time now = replica_.now();
    replica_.Record({Converted(id, now - 100 * kDay, Plan("basic", 1000)), LoggedIn(id, now - days_silent * kDay)});
  }

  const test_support::TempDir dir_;
  Replica replica_{OpenChurnStore("rocksdb:" + dir_.path() + "/data"), Moment("2026-06-01 12:00")};
};

double Sum(const v1::Score& score) {
  double sum = score.baseline();
  for (const v1::Reason& reason : score.reasons()) sum += reason.contribution();
  return sum;
}

TEST_F(ScoringTest, GivesHealthScoresWithoutAModel) {
  Convert("lively", 1);
  Convert("silent", 40);
  const v1::Score lively = ScoreOne("lively");
  const v1::Score silent = ScoreOne("silent");
  EXPECT_EQ(lively.kind(), v1::SCORE_KIND_HEALTH_SCORE);
  EXPECT_FALSE(lively.has_probability());
  EXPECT_GT(lively.health_score(), silent.health_score());
  EXPECT_EQ(silent.reasons(0).text(), "days since the last use or login: 40");
  EXPECT_TRUE(silent.reasons(0).raises_risk());
  EXPECT_NEAR(Sum(silent), silent.raw_score(), 1e-4);
  EXPECT_EQ(silent.definition_id(), "churn.health.v1");
  EXPECT_EQ(FromProto(silent.computed_at()), replica_.now());
  EXPECT_THAT(silent.missing_inputs(), Contains("positive_rating_share_90d"));
}

TEST_F(ScoringTest, GivesProbabilitiesThatItsReasonsSumTo) {
  Convert("lively", 1);
  Convert("silent", 50);
  Activate(replica_, StandardModel());
  for (const int most : {0, 1, 2}) {
    v1::ScoreOptions options;
    options.set_max_reasons(most);
    for (const v1::ScoreResult& result : Score({"lively", "silent"}, options)) {
      EXPECT_EQ(result.score().kind(), v1::SCORE_KIND_PROBABILITY);
      EXPECT_NEAR(Sum(result.score()), result.score().raw_score(), 1e-4);
      EXPECT_EQ(result.score().reasons_size(), most == 0 ? 4 : most + 1);
    }
  }
  const v1::Score silent = ScoreOne("silent");
  EXPECT_GT(silent.probability(), ScoreOne("lively").probability());
  EXPECT_EQ(silent.band(), v1::HEALTH_BAND_RED);
  EXPECT_EQ(silent.definition_id(), "churn.probability.v1");
  EXPECT_EQ(silent.reasons(0).text(), "days since the last login: 50");
  EXPECT_EQ(silent.model_version().size(), 64U);
}

TEST_F(ScoringTest, LeavesReasonsOutWhenTheyAreNotWanted) {
  Convert("silent", 50);
  Activate(replica_, StandardModel());
  v1::ScoreOptions options;
  options.set_skip_reasons(true);
  const v1::Score without = ScoreOne("silent", options);
  EXPECT_TRUE(without.reasons().empty());
  EXPECT_DOUBLE_EQ(without.probability(), ScoreOne("silent").probability());
}

TEST_F(ScoringTest, ScoresABatchAsItScoresOneByOne) {
  std::vector<std::string> ids;
  for (int i = 0; i < 30; ++i) {
    ids.push_back(absl::StrCat("customer", i));
    Convert(ids.back(), 2 * i);
  }
  Activate(replica_, StandardModel());
  const std::vector<v1::ScoreResult> batch = Score(ids);
  for (size_t i = 0; i < ids.size(); ++i) {
    EXPECT_EQ(batch[i].score().DebugString(), ScoreOne(ids[i]).DebugString());
    EXPECT_EQ(batch[i].status().index(), static_cast<int>(i));
  }
}

TEST_F(ScoringTest, AnswersUnknownCustomersAlone) {
  Convert("known", 1);
  const std::vector<v1::ScoreResult> results = Score({"unknown", "known"});
  EXPECT_EQ(results[0].status().code(), static_cast<int>(absl::StatusCode::kNotFound));
  EXPECT_FALSE(results[0].has_score());
  EXPECT_EQ(results[1].status().code(), 0);
  EXPECT_TRUE(results[1].has_score());
}

TEST_F(ScoringTest, MarksWhatIsStaleAndWhatIsMissing) {
  replica_.Record({Converted("customer", replica_.now() - 100 * kDay, Plan("basic", 1000))});
  const absl::Time fetched_at = replica_.now() - absl::Hours(5);
  replica_.peers().SetSatisfaction({}, fetched_at);
  Activate(replica_, StandardModel());
  const v1::Score score = ScoreOne("customer");
  ASSERT_EQ(score.sources_size(), 3);
  EXPECT_EQ(score.sources(0).freshness(), v1::FRESHNESS_FRESH);
  EXPECT_EQ(score.sources(1).freshness(), v1::FRESHNESS_STALE);
  EXPECT_EQ(score.sources(2).freshness(), v1::FRESHNESS_MISSING);
  EXPECT_EQ(FromProto(score.oldest_input_at()), fetched_at);
  EXPECT_THAT(score.missing_inputs(), testing::ElementsAre("days_since_login"));
}

TEST_F(ScoringTest, GivesAScoreAgainUntilSomethingChanges) {
  Convert("customer", 10);
  const absl::Time start = replica_.now();
  const v1::Score first = ScoreOne("customer");
  EXPECT_EQ(FromProto(first.computed_at()), start);

  replica_.SetNow(start + absl::Seconds(30));
  EXPECT_EQ(ScoreOne("customer").SerializeAsString(), first.SerializeAsString());
  v1::ScoreOptions short_options;
  short_options.set_max_reasons(1);
  const v1::Score trimmed = ScoreOne("customer", short_options);
  EXPECT_EQ(FromProto(trimmed.computed_at()), start);
  EXPECT_EQ(trimmed.reasons_size(), 2);
  EXPECT_NEAR(Sum(trimmed), first.raw_score(), 1e-4);

  replica_.Record({LoggedIn("customer", start - 1 * kDay)});
  const v1::Score second = ScoreOne("customer");
  EXPECT_EQ(FromProto(second.computed_at()), start + absl::Seconds(30));
  EXPECT_GT(second.health_score(), first.health_score());

  replica_.SetNow(start + absl::Seconds(91));
  EXPECT_EQ(FromProto(ScoreOne("customer").computed_at()), replica_.now());

  Activate(replica_, StandardModel());
  EXPECT_EQ(ScoreOne("customer").kind(), v1::SCORE_KIND_PROBABILITY);

  replica_.Erase("customer");
  EXPECT_EQ(Score({"customer"}).front().status().code(), static_cast<int>(absl::StatusCode::kNotFound));
}

TEST_F(ScoringTest, RefusesCustomersWhenTheModelTakesOtherFeatures) {
  Convert("customer", 1);
  Activate(replica_, OtherModel());
  const auto results = replica_.scoring().ScoreCustomers(kTenant, {"customer"}, {}, absl::InfiniteFuture());
  EXPECT_EQ(results.status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(ScoringTest, ScoresFeaturesOfTheCallerRowByRow) {
  Activate(replica_, OtherModel());
  v1::ScoreFeaturesRequest request;
  for (const char* id : {"good", "unknown name", "wrong kind", "unknown category"}) request.add_rows()->set_id(id);
  for (v1::FeatureRow& row : *request.mutable_rows()) (*row.mutable_values())["silence"].set_number(50);
  (*request.mutable_rows(1)->mutable_values())["shoe_size"].set_number(42);
  (*request.mutable_rows(2)->mutable_values())["silence"].set_boolean(true);
  (*request.mutable_rows(3)->mutable_values())["package"].set_category("never seen");
  v1::ScoreFeaturesResponse response;
  ASSERT_TRUE(replica_.scoring().ScoreFeatures(kTenant, request, response).ok());
  ASSERT_EQ(response.results_size(), 4);
  EXPECT_EQ(response.results(0).score().customer_id(), "good");
  EXPECT_NEAR(Sum(response.results(0).score()), response.results(0).score().raw_score(), 1e-4);
  for (const int wrong : {1, 2}) {
    EXPECT_EQ(response.results(wrong).status().code(), static_cast<int>(absl::StatusCode::kInvalidArgument));
    EXPECT_FALSE(response.results(wrong).has_score());
  }
  EXPECT_THAT(response.results(1).status().message(), HasSubstr("shoe_size"));
  EXPECT_THAT(response.results(3).score().missing_inputs(), Contains("package"));
}

TEST_F(ScoringTest, RefusesRequestsThatNameNoModelOrTooManyRows) {
  v1::ScoreFeaturesRequest request;
  v1::ScoreFeaturesResponse response;
  request.add_rows();
  EXPECT_EQ(replica_.scoring().ScoreFeatures(kTenant, request, response).code(), absl::StatusCode::kFailedPrecondition);
  request.set_model_version("0123456789");
  EXPECT_EQ(replica_.scoring().ScoreFeatures(kTenant, request, response).code(), absl::StatusCode::kNotFound);
  while (request.rows_size() <= 1000) request.add_rows();
  EXPECT_EQ(replica_.scoring().ScoreFeatures(kTenant, request, response).code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(ScoringTest, FollowsHealthRulesThatAnotherReplicaSets) {
  Replica other(OpenChurnStore("rocksdb:" + dir_.path() + "/other"), replica_.now());
  HealthRulesStore first(other.store(), [&] { return other.now(); });
  HealthRulesStore second(other.store(), [&] { return other.now(); });
  EXPECT_TRUE(first.Get(kTenant)->is_default);
  EXPECT_EQ(first.Get(kTenant)->rules->DebugString(), DefaultHealthRules().DebugString());
  v1::HealthRules rules = DefaultHealthRules();
  rules.mutable_signals()->DeleteSubrange(1, rules.signals_size() - 1);
  ASSERT_TRUE(second.Set(kTenant, rules).ok());
  EXPECT_EQ(second.Get(kTenant)->rules->signals_size(), 1);
  other.SetNow(other.now() + absl::Seconds(1));
  EXPECT_EQ(first.Get(kTenant)->rules->signals_size(), 1);
  EXPECT_FALSE(first.Get(kTenant)->is_default);
  ASSERT_TRUE(first.Set(kTenant, std::nullopt).ok());
  EXPECT_TRUE(first.Get(kTenant)->is_default);
  rules.mutable_signals(0)->set_weight(0);
  EXPECT_EQ(first.Set(kTenant, rules).code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace rapport::churn

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/churn/core/score.h"
#include "services/churn/service/risk_listing.h"
#include "services/churn/service/risk_watch.h"
#include "services/churn/service/score_gauges.h"
#include "services/churn/service/score_store.h"
#include "services/churn/service/score_stream.h"
#include "tests/churn_activities/activities.h"
#include "tests/churn_scores/replica.h"
#include "tests/support/redis_server.h"
#include "tests/support/temp_dir.h"

namespace rapport::churn {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr absl::Duration kDay = absl::Hours(24);
const absl::Time kStart = Moment("2026-06-01 12:00");

class RiskTest : public testing::TestWithParam<const char*> {
 protected:
  RiskTest() {
    if (GetParam() == std::string("redis")) redis_ = std::make_unique<test_support::RedisServer>();
    replica_ = std::make_unique<Replica>(
        OpenChurnStore(redis_ == nullptr ? "rocksdb:" + dir_.path() + "/data" : redis_->url()), kStart);
  }

  // So many customers, silent for longer and longer; every third is looked after by Kim.
  void Record(int customers) {
    std::vector<v1::Activity> activities;
    for (int i = 0; i < customers; ++i) {
      const std::string id = absl::StrCat("customer", i);
      activities.push_back(Converted(id, kStart - 200 * kDay, Plan("basic", 1000)));
      activities.push_back(LoggedIn(id, kStart - i * kDay));
      if (i % 3 == 0) activities.push_back(OwnerAssigned(id, kStart - 10 * kDay, "kim"));
    }
    replica_->Record(activities);
  }

  v1::ListCustomersByRiskResponse List(const v1::ListCustomersByRiskRequest& request) {
    v1::ListCustomersByRiskResponse response;
    const absl::Status status = ListCustomersByRisk(replica_->reader(), kTenant, request, response);
    EXPECT_TRUE(status.ok()) << status;
    return response;
  }
  // All pages.
  std::vector<v1::Score> ListAll(v1::ListCustomersByRiskRequest request, int page_size) {
    std::vector<v1::Score> scores;
    request.mutable_page()->set_page_size(page_size);
    do {
      const v1::ListCustomersByRiskResponse response = List(request);
      scores.insert(scores.end(), response.scores().begin(), response.scores().end());
      request.mutable_page()->set_page_token(response.next_page_token());
    } while (!request.page().page_token().empty());
    return scores;
  }

  RiskWatch Watch(const std::string& token, const std::vector<v1::HealthBand>& bands = {}) {
    v1::WatchRiskRequest request;
    request.set_resume_token(token);
    for (const v1::HealthBand band : bands) request.add_bands(band);
    auto watch = RiskWatch::Open(replica_->reader(), kTenant, request);
    EXPECT_TRUE(watch.ok()) << watch.status();
    return *std::move(watch);
  }
  // What is told now, and the last token.
  struct Told {
    std::multiset<std::string> changes;  // "customer:from>to"
    std::string token;
  };
  static Told ReadAll(RiskWatch& watch, std::string token = "") {
    Told told{{}, std::move(token)};
    for (v1::WatchRiskResponse response;; response.Clear()) {
      const auto more = watch.Next(response);
      EXPECT_TRUE(more.ok()) << more.status();
      if (!more.value_or(false)) return told;
      told.token = response.resume_token();
      if (!response.has_score()) continue;
      EXPECT_FALSE(response.score().reasons().empty());
      told.changes.insert(
          absl::StrCat(response.score().customer_id(), ":", response.previous_band(), ">", response.score().band()));
    }
  }

  const test_support::TempDir dir_;
  std::unique_ptr<test_support::RedisServer> redis_;
  std::unique_ptr<Replica> replica_;
};

TEST_P(RiskTest, ListsTheRiskiestFirstPageByPage) {
  Record(50);
  Activate(*replica_, StandardModel());
  replica_->RunDue();
  const std::vector<v1::Score> all = ListAll({}, 50);
  ASSERT_EQ(all.size(), 50U);
  std::set<std::string> ids;
  for (size_t i = 0; i < all.size(); ++i) {
    if (i > 0) {
      EXPECT_GE(*RiskRank(all[i - 1]), *RiskRank(all[i]));
    }
    ids.insert(all[i].customer_id());
  }
  EXPECT_EQ(ids.size(), 50U);
  for (const int page_size : {1, 7, 49}) {
    const std::vector<v1::Score> paged = ListAll({}, page_size);
    ASSERT_EQ(paged.size(), 50U);
    for (size_t i = 0; i < all.size(); ++i) EXPECT_EQ(paged[i].customer_id(), all[i].customer_id());
  }
}

TEST_P(RiskTest, ListsWhatAFilterAsksFor) {
  Record(50);
  replica_->RunDue();
  const std::vector<v1::Score> all = ListAll({}, 50);
  std::map<v1::HealthBand, std::vector<std::string>> by_band;
  for (const v1::Score& score : all) by_band[score.band()].push_back(score.customer_id());
  EXPECT_GT(by_band.size(), 1U);
  for (const v1::HealthBand band : kBands) {
    v1::ListCustomersByRiskRequest request;
    request.set_band(band);
    std::vector<std::string> ids;
    for (const v1::Score& score : ListAll(request, 5)) ids.push_back(score.customer_id());
    EXPECT_EQ(ids, by_band[band]);
  }
  v1::ListCustomersByRiskRequest of_kim;
  of_kim.set_owner_id("kim");
  EXPECT_EQ(ListAll(of_kim, 4).size(), 17U);
  v1::ListCustomersByRiskRequest of_nobody;
  of_nobody.set_owner_id("-");
  EXPECT_EQ(ListAll(of_nobody, 4).size(), 33U);
}

TEST_P(RiskTest, RefusesStrangeTokensAndBands) {
  v1::ListCustomersByRiskRequest request;
  v1::ListCustomersByRiskResponse response;
  request.mutable_page()->set_page_token("strange");
  EXPECT_EQ(ListCustomersByRisk(replica_->reader(), kTenant, request, response).code(),
            absl::StatusCode::kInvalidArgument);
  request.clear_page();
  request.set_band(static_cast<v1::HealthBand>(9));
  EXPECT_EQ(ListCustomersByRisk(replica_->reader(), kTenant, request, response).code(),
            absl::StatusCode::kInvalidArgument);
  v1::WatchRiskRequest watch;
  watch.set_resume_token("strange");
  EXPECT_EQ(RiskWatch::Open(replica_->reader(), kTenant, watch).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_P(RiskTest, TellsChangesOfBandOnceToAWatcherWhoResumes) {
  replica_->Record({Converted("falls", kStart - 200 * kDay, Plan("basic", 1000)), LoggedIn("falls", kStart - kDay),
                    Converted("stays", kStart - 200 * kDay, Plan("basic", 1000)), LoggedIn("stays", kStart - kDay)});
  RiskWatch watch = Watch("");
  EXPECT_THAT(ReadAll(watch).changes, IsEmpty());
  replica_->RunDue();
  Told told = ReadAll(watch);
  EXPECT_THAT(told.changes, ElementsAre("falls:0>3", "stays:0>3"));

  RiskWatch resumed = Watch(told.token);
  EXPECT_THAT(ReadAll(resumed).changes, IsEmpty());
  replica_->SetNow(kStart + 40 * kDay);
  replica_->Record({LoggedIn("stays", kStart + 39 * kDay)});
  replica_->RunDue();
  told = ReadAll(resumed);
  EXPECT_THAT(told.changes, ElementsAre("falls:3>2"));
  EXPECT_THAT(ReadAll(resumed).changes, IsEmpty());
  EXPECT_EQ(ReadAll(watch).changes.size(), 1U);

  // Back to green, of which a watcher of red alone is told nothing but that time went on.
  RiskWatch of_red = Watch(told.token, {v1::HEALTH_BAND_RED});
  replica_->SetNow(kStart + 120 * kDay);
  replica_->Record({LoggedIn("stays", kStart + 119 * kDay), LoggedIn("falls", kStart + 119 * kDay)});
  replica_->RunDue();
  EXPECT_THAT(ReadAll(resumed).changes, ElementsAre("falls:2>3"));
  const Told seen = ReadAll(of_red);
  EXPECT_THAT(seen.changes, IsEmpty());
  EXPECT_NE(seen.token, told.token);
}

TEST_P(RiskTest, StreamsAllActiveCustomersOnce) {
  Record(30);
  replica_->RunDue();
  replica_->Record({Converted("new", kStart - kDay, Plan("basic", 1))});
  for (const bool rescore : {false, true}) {
    v1::StreamScoresRequest request;
    request.set_rescore(rescore);
    request.mutable_options()->set_max_reasons(1);
    auto stream = ScoreStream::Open(replica_->reader(), replica_->directory(), replica_->scoring(), kTenant, request);
    ASSERT_TRUE(stream.ok()) << stream.status();
    std::multiset<std::string> ids;
    for (v1::StreamScoresResponse chunk; *stream->Next(chunk); chunk.Clear()) {
      for (const v1::Score& score : chunk.scores()) {
        ids.insert(score.customer_id());
        EXPECT_LE(score.reasons_size(), 2);
      }
    }
    EXPECT_EQ(ids.size(), rescore ? 31U : 30U);
    EXPECT_EQ(ids.count("new"), rescore ? 1U : 0U);
  }
}

TEST_P(RiskTest, ShowsModelsAndTheLastSweepAsMetrics) {
  Record(30);
  Activate(*replica_, StandardModel());
  replica_->RunDue();
  ScoreGauges gauges(replica_->tenants(), replica_->sweep(), replica_->models(), replica_->metrics());
  gauges.Refresh();
  EXPECT_EQ(replica_->Metric("rapport_churn_sweep_last_finished_timestamp_seconds"), absl::ToUnixSeconds(kStart));
  EXPECT_EQ(replica_->Metric("rapport_churn_model_info"), 1);
  EXPECT_GT(replica_->Metric("rapport_churn_model_age_seconds"), 0);
  EXPECT_EQ(replica_->Metric("rapport_churn_band_changes_total"), 30);
  EXPECT_EQ(replica_->Metric("rapport_churn_scores_total"), 30);
}

INSTANTIATE_TEST_SUITE_P(Stores, RiskTest, testing::Values("rocksdb", "redis"));

}  // namespace
}  // namespace rapport::churn

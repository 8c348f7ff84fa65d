#include "services/churn/service/sweep.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "common/time/interval.h"
#include "services/churn/model/profile.h"
#include "services/churn/model/scorer.h"
#include "services/churn/service/partition_sweep.h"
#include "services/churn/service/score_store.h"
#include "services/churn/service/sweep_loop.h"
#include "services/churn/service/sweep_store.h"
#include "tests/churn_activities/activities.h"
#include "tests/churn_scores/replica.h"
#include "tests/support/redis_server.h"
#include "tests/support/temp_dir.h"

namespace rapport::churn {
namespace {

using testing::Each;
using testing::Pair;

constexpr absl::Duration kDay = absl::Hours(24);
const absl::Time kStart = Moment("2026-06-01 12:00");

bool GoOn() {
  return true;
}

std::vector<std::string> Record(Replica& replica, int customers) {
  std::vector<std::string> ids;
  std::vector<v1::Activity> activities;
  for (int i = 0; i < customers; ++i) {
    ids.push_back(absl::StrCat("customer", i));
    activities.push_back(Converted(ids.back(), kStart - 100 * kDay, Plan("basic", 1000)));
    activities.push_back(LoggedIn(ids.back(), kStart - i % 60 * kDay));
  }
  replica.Record(activities);
  return ids;
}

std::vector<v1::Score> StoredScores(Replica& replica, const std::vector<std::string>& ids) {
  const auto stored = LoadScores(replica.reader(), kTenant, ids);
  EXPECT_TRUE(stored.ok()) << stored.status();
  std::vector<v1::Score> scores;
  for (const auto& each : *stored) scores.push_back(each ? each->score() : v1::Score());
  return scores;
}

int64_t CountByBand(Replica& replica) {
  const auto by_band = CustomersByBand(replica.reader(), kTenant);
  EXPECT_TRUE(by_band.ok()) << by_band.status();
  int64_t all = 0;
  for (const auto& [band, customers] : *by_band) all += customers;
  return all;
}

std::set<std::string> Ranked(Replica& replica) {
  const auto ranks = LoadAllRanks(replica.reader(), kTenant);
  EXPECT_TRUE(ranks.ok()) << ranks.status();
  std::set<std::string> ids;
  for (const auto& [id, score] : *ranks) ids.insert(id);
  return ids;
}

class SweepTest : public testing::TestWithParam<const char*> {
 protected:
  SweepTest() {
    if (GetParam() == std::string("redis")) redis_ = std::make_unique<test_support::RedisServer>();
    store_ = OpenChurnStore(redis_ == nullptr ? "rocksdb:" + dir_.path() + "/data" : redis_->url());
  }

  std::unique_ptr<Replica> MakeReplica(int chunk = 10) {
    Sweep::Options options;
    options.chunk = chunk;
    return std::make_unique<Replica>(store_, kStart, options);
  }

  const test_support::TempDir dir_;
  std::unique_ptr<test_support::RedisServer> redis_;
  std::shared_ptr<store::Store> store_;
};

TEST_P(SweepTest, ScoresActiveCustomersOnceARound) {
  const auto replica = MakeReplica();
  std::vector<std::string> ids = Record(*replica, 60);
  replica->Record({SignedUp("prospect", kStart - kDay), Converted("lost", kStart - 50 * kDay, Plan("basic", 1)),
                   Cancelled("lost", kStart - kDay)});
  replica->RunDue();
  EXPECT_EQ(replica->peers().asked().size(), 60U);
  EXPECT_THAT(replica->peers().asked(), Each(Pair(testing::_, 1)));
  for (const v1::Score& score : StoredScores(*replica, ids)) EXPECT_EQ(FromProto(score.computed_at()), kStart);
  EXPECT_EQ(Ranked(*replica), std::set<std::string>(ids.begin(), ids.end()));
  EXPECT_EQ(CountByBand(*replica), 60);
  EXPECT_EQ(*replica->sweep().LastFinished(kTenant), kStart);
  EXPECT_EQ(replica->Metric("rapport_churn_sweep_customers_total"), 60);
  replica->RunDue();
  EXPECT_THAT(replica->peers().asked(), Each(Pair(testing::_, 1)));

  replica->SetNow(kStart + kDay);
  replica->RunDue();
  EXPECT_EQ(replica->peers().asked().size(), 60U);
  EXPECT_THAT(replica->peers().asked(), Each(Pair(testing::_, 2)));
  EXPECT_EQ(CountByBand(*replica), 60);
}

TEST_P(SweepTest, ScoresEachCustomerOnceWhenReplicasSweepAtTheSameTime) {
  std::vector<std::unique_ptr<Replica>> replicas;
  replicas.reserve(3);
  for (int i = 0; i < 3; ++i) replicas.push_back(MakeReplica());
  const std::vector<std::string> ids = Record(*replicas.front(), 300);
  std::vector<std::thread> threads;
  threads.reserve(replicas.size());
  for (const auto& replica : replicas) threads.emplace_back([&replica] { replica->RunDue(); });
  for (std::thread& thread : threads) thread.join();
  std::map<std::string, int> asked;
  double swept = 0;
  for (const auto& replica : replicas) {
    for (const auto& [id, times] : replica->peers().asked()) asked[id] += times;
    swept += replica->Metric("rapport_churn_sweep_customers_total");
  }
  EXPECT_EQ(asked.size(), 300U);
  EXPECT_THAT(asked, Each(Pair(testing::_, 1)));
  EXPECT_EQ(swept, 300);
  EXPECT_EQ(CountByBand(*replicas.front()), 300);
}

TEST_P(SweepTest, GoesOnWhereAnotherReplicaStopped) {
  const auto first = MakeReplica();
  const auto second = MakeReplica();
  const std::vector<std::string> ids = Record(*first, 100);
  int chunks = 0;
  first->RunDue([&] { return ++chunks < 5; });
  EXPECT_LT(first->peers().asked().size(), 100U);
  EXPECT_EQ(*first->sweep().LastFinished(kTenant), absl::InfinitePast());
  second->RunDue();
  std::map<std::string, int> asked = first->peers().asked();
  for (const auto& [id, times] : second->peers().asked()) asked[id] += times;
  EXPECT_EQ(asked.size(), 100U);
  EXPECT_THAT(asked, Each(Pair(testing::_, 1)));
}

TEST_P(SweepTest, LeavesPartitionsThatAnotherReplicaIsAtUntilItsLeaseEnds) {
  const auto dead = MakeReplica();
  const auto living = MakeReplica();
  const std::vector<std::string> ids = Record(*dead, 40);
  const SweepTools tools{dead->reader(),        dead->directory(), dead->features(), dead->scoring(),
                         dead->active_models(), dead->path(),      dead->metrics()};
  SweepEntry entry;
  entry.state.set_round_ms(ToMillis(kStart));
  ASSERT_TRUE(PartitionSweep::Take(tools, {"dead", absl::Minutes(1), 10}, {kTenant, 0}, entry).ok());
  living->RunDue();
  const size_t before = living->peers().asked().size();
  EXPECT_LT(before, 40U);
  EXPECT_TRUE(living->sweep().RunNow(kTenant, GoOn)->already_running());
  living->SetNow(kStart + absl::Minutes(1));
  living->RunDue();
  EXPECT_EQ(living->peers().asked().size(), 40U);
  EXPECT_THAT(living->peers().asked(), Each(Pair(testing::_, 1)));
}

TEST_P(SweepTest, ScoresEveryoneAtOnceWhenTold) {
  const auto replica = MakeReplica();
  Record(*replica, 25);
  replica->RunDue();
  for (int rounds = 2; rounds < 4; ++rounds) {
    const auto swept = replica->sweep().RunNow(kTenant, GoOn);
    ASSERT_TRUE(swept.ok()) << swept.status();
    EXPECT_FALSE(swept->already_running());
    EXPECT_EQ(swept->scored_count(), 25);
    EXPECT_THAT(replica->peers().asked(), Each(Pair(testing::_, rounds)));
  }
}

TEST_P(SweepTest, FinishesARoundThatItsCallerGaveUp) {
  const auto replica = MakeReplica();
  Record(*replica, 100);
  int chunks = 0;
  const auto swept = replica->sweep().RunNow(kTenant, [&] { return ++chunks < 4; });
  EXPECT_EQ(swept.status().code(), absl::StatusCode::kDeadlineExceeded);
  replica->RunDue();
  EXPECT_EQ(replica->peers().asked().size(), 100U);
  EXPECT_THAT(replica->peers().asked(), Each(Pair(testing::_, 1)));
}

TEST_P(SweepTest, TakesCustomersWhoLeftOrWereErasedFromTheRanks) {
  const auto replica = MakeReplica();
  Record(*replica, 10);
  replica->RunDue();
  replica->Erase("customer3");
  EXPECT_EQ(CountByBand(*replica), 9);
  EXPECT_EQ(Ranked(*replica).count("customer3"), 0U);
  EXPECT_FALSE((*LoadScores(replica->reader(), kTenant, {"customer3"}))[0].has_value());

  replica->SetNow(kStart + kDay);
  replica->Record({Cancelled("customer4", kStart + absl::Hours(1))});
  replica->RunDue();
  EXPECT_EQ(CountByBand(*replica), 8);
  EXPECT_EQ(Ranked(*replica).count("customer4"), 0U);
  EXPECT_EQ(FromProto(StoredScores(*replica, {"customer4"})[0].computed_at()), kStart);

  replica->SetNow(kStart + 2 * kDay);
  replica->Record({Returned("customer4", kStart + kDay + absl::Hours(1), Plan("basic", 1))});
  replica->RunDue();
  EXPECT_EQ(CountByBand(*replica), 9);
  EXPECT_EQ(Ranked(*replica).count("customer4"), 1U);
}

TEST_P(SweepTest, CountsOutcomesWhenTheHorizonHasPassed) {
  const auto replica = MakeReplica();
  const std::vector<std::string> ids = Record(*replica, 20);
  const v1::Model model = StandardModel(1, 30);
  const std::string& version = model.metadata().version();
  Activate(*replica, model);
  replica->RunDue();
  double predicted = 0;
  for (const v1::Score& score : StoredScores(*replica, ids)) predicted += score.probability();
  const std::vector<v1::Activity> notices = {Cancelled("customer1", kStart + 10 * kDay),
                                             Cancelled("customer2", kStart + 29 * kDay),
                                             CancelledFor("customer3", kStart + 10 * kDay, kStart + 40 * kDay)};
  replica->SetNow(kStart + 29 * kDay);
  replica->Record(notices);
  replica->RunDue();
  EXPECT_FALSE(replica->models().LoadDrift(kTenant, version)->has_outcomes());
  replica->SetNow(kStart + 31 * kDay);
  replica->RunDue();
  const storage::v1::DriftState drift = *replica->models().LoadDrift(kTenant, version);
  EXPECT_EQ(drift.outcomes().customers(), 20);
  EXPECT_EQ(drift.outcomes().lost(), 2);
  EXPECT_NEAR(drift.outcomes().predicted(), predicted, 1e-6);
  EXPECT_GT(drift.outcomes().variance(), 0);
  replica->SetNow(kStart + 62 * kDay);
  replica->RunDue();
  // Of the second prediction, 31 days after the first; customer3 was lost within its horizon.
  const storage::v1::OutcomeSums later = replica->models().LoadDrift(kTenant, version)->outcomes();
  EXPECT_EQ(later.customers(), 20 + 18);
  EXPECT_EQ(later.lost(), 3);
}

TEST_P(SweepTest, ScoresEveryoneByTheModelThatAnotherProcessMadeActiveBefore) {
  const auto replica = MakeReplica();
  const auto other = MakeReplica();
  const std::vector<std::string> ids = Record(*replica, 50);
  ASSERT_EQ(replica->active_models().Get(kTenant)->active, nullptr);
  Activate(*other, StandardModel());
  ASSERT_EQ(replica->sweep().RunNow(kTenant, GoOn)->scored_count(), 50);
  for (const v1::Score& score : StoredScores(*replica, ids)) EXPECT_EQ(score.kind(), v1::SCORE_KIND_PROBABILITY);
}

TEST_P(SweepTest, NotesWhatTheModelMetAndHowACandidateScores) {
  const auto replica = MakeReplica();
  Record(*replica, 50);
  const v1::Model model = StandardModel(1);
  const v1::Model candidate = StandardModel(2);
  Activate(*replica, model);
  ASSERT_TRUE(replica->models().Add(kTenant, candidate, {}).ok());
  ASSERT_TRUE(replica->models().SetShadow(kTenant, candidate.metadata().version()).ok());
  replica->active_models().Refresh(kTenant);
  replica->RunDue();
  const storage::v1::DriftState drift = *replica->models().LoadDrift(kTenant, model.metadata().version());
  EXPECT_EQ(FromProto(drift.measured_at()), kStart);
  ASSERT_EQ(drift.features_size(), 4);
  for (const storage::v1::FeatureHistogram& feature : drift.features()) {
    int64_t customers = 0;
    for (const int64_t count : feature.counts()) customers += count;
    for (const auto& [category, count] : feature.categories()) customers += count;
    EXPECT_EQ(customers, 50) << feature.feature();
  }
  EXPECT_EQ(drift.shadow().shadow_version(), candidate.metadata().version());
  EXPECT_EQ(drift.shadow().customer_count(), 50);
  EXPECT_GT(drift.shadow().active_mean(), 0);
  EXPECT_GT(drift.shadow().mean_absolute_difference(), 0);
  EXPECT_NE(drift.shadow().active_mean(), drift.shadow().shadow_mean());
}

TEST_P(SweepTest, RunsByItselfForAllTenants) {
  const auto replica = MakeReplica();
  Record(*replica, 15);
  SweepLoop loop(replica->sweep(), replica->tenants(),
                 [](absl::string_view, const absl::Status& status) { ADD_FAILURE() << status; });
  loop.Start();
  while (*replica->sweep().LastFinished(kTenant) == absl::InfinitePast()) std::this_thread::yield();
  loop.Stop();
  EXPECT_EQ(CountByBand(*replica), 15);
}

INSTANTIATE_TEST_SUITE_P(Stores, SweepTest, testing::Values("rocksdb", "redis"));

TEST(SweepCrashTest, IsContinuedWhenItsProcessIsKilled) {
  const test_support::RedisServer redis;
  Replica survivor(OpenChurnStore(redis.url()), kStart);
  const std::vector<std::string> ids = Record(survivor, 100);
  const std::string now = absl::StrCat(ToMillis(kStart));
  const pid_t pid = fork();
  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    execl(SWEEP_VICTIM, SWEEP_VICTIM, redis.url().c_str(), now.c_str(), "5", nullptr);
    _exit(127);
  }
  int status = 0;
  ASSERT_EQ(waitpid(pid, &status, 0), pid);
  ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << status;

  int by_victim = 0;
  for (const v1::Score& score : StoredScores(survivor, ids)) by_victim += score.has_computed_at() ? 1 : 0;
  EXPECT_GT(by_victim, 0);
  EXPECT_LT(by_victim, 100);
  const absl::Time later = kStart + absl::Minutes(2);
  survivor.SetNow(later);
  survivor.RunDue();
  EXPECT_EQ(survivor.peers().asked().size(), static_cast<size_t>(100 - by_victim));
  int by_survivor = 0;
  for (const v1::Score& score : StoredScores(survivor, ids)) by_survivor += FromProto(score.computed_at()) == later;
  EXPECT_EQ(by_survivor, 100 - by_victim);
  EXPECT_EQ(CountByBand(survivor), 100);
}

}  // namespace
}  // namespace rapport::churn

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/request/stable_bytes.h"
#include "services/churn/service/feature_reader.h"
#include "services/churn/service/recorded_outcomes.h"
#include "tests/churn_activities/activities.h"
#include "tests/churn_activities/service_harness.h"
#include "tests/ratings/events.h"
#include "tests/ratings/service_harness.h"
#include "tests/response_times/events.h"
#include "tests/response_times/resources.h"
#include "tests/response_times/service_harness.h"

// What a model learns from is what was known at the cut-off: whatever happens later, in all three services, changes
// nothing but the outcome.
namespace rapport::churn {
namespace {

constexpr int kCustomers = 20;
constexpr int kConversations = 250;

absl::Time Start() {
  return Moment("2025-01-01");
}
absl::Time CutOff() {
  return Moment("2025-07-01");
}
absl::Time Now() {
  return Moment("2025-12-31");
}

using Bytes = std::map<std::string, std::string>;

class LeakageTest : public ::testing::Test {
 protected:
  LeakageTest() : response_times_(response_times::RandomConversations::First()), harness_(Now()) {
    responses_.Create(response_times::ManyResources());
    response_times_.SetNow(Now());
    PeerOptions options;
    options.ratings_server = absl::StrCat("127.0.0.1:", ratings_.port());
    options.response_times_server = absl::StrCat("127.0.0.1:", response_times_.port());
    options.timeout = absl::Seconds(10);
    auto peers = Peers::Create(options, harness_.reader(), harness_.metrics());
    EXPECT_TRUE(peers.ok()) << peers.status();
    peers_ = *std::move(peers);
    features_ = std::make_unique<FeatureReader>(harness_.reader(), *peers_);
    for (int i = 0; i < kCustomers; ++i) ids_.push_back(absl::StrCat("customer-", i));
    // Each event once: to correct the past is another thing than to add to it.
    for (int i = 0; i < kConversations; ++i) {
      std::set<std::string> seen;
      for (auto& event : random_.Conversation(absl::StrCat("conversation-", i), random_.Length())) {
        if (seen.insert(event.event_id()).second) events_.push_back(std::move(event));
      }
    }
  }

  // What happened from one moment to another.
  void Happen(absl::Time from, absl::Time to, const std::string& prefix) {
    const int days = static_cast<int>((to - from) / absl::Hours(24));
    std::vector<v1::Activity> activities;
    for (const v1::Activity& activity : RandomActivities(7 + days, kCustomers, 1500, from, days)) {
      if (FromProto(activity.occurred_at()) < from) continue;
      activities.push_back(WithId(activity, absl::StrCat(prefix, activity.activity_id())));
    }
    for (size_t i = 0; i < activities.size(); i += 500) {
      harness_.Record(absl::MakeSpan(activities).subspan(i, 500));
    }
    ratings::RandomEvents ratings_random(9, {.start = from, .span = to - from, .customers = kCustomers});
    std::vector<ratings::Event> ratings;
    for (int i = 0; i < 300; ++i) ratings.emplace_back(ratings_random.Rating(absl::StrCat(prefix, i)));
    satisfaction_.Record(ratings);
    std::vector<response_times::v1::ConversationEvent> events;
    for (const auto& event : events_) {
      const absl::Time at = FromProto(event.occurred_at());
      if (from <= at && at < to) events.push_back(event);
    }
    responses_.Record(events);
  }

  Bytes FeaturesAsOf(absl::Time moment) {
    const auto all = features_->Load(kTenant, ids_, moment, absl::Now() + absl::Minutes(5));
    EXPECT_TRUE(all.ok()) << all.status();
    Bytes bytes;
    for (const v1::CustomerFeatures& features : *all) {
      for (const v1::SourceState& state : features.sources()) EXPECT_EQ(state.freshness(), v1::FRESHNESS_FRESH);
      bytes[features.customer_id()] = StableBytes(features);
    }
    return bytes;
  }

  // The rows, and how many are lost.
  std::pair<Bytes, int> RowsAsOf(absl::Time moment) {
    v1::RecordedOutcomes outcomes;
    *outcomes.mutable_cut_off() = ToProto(moment);
    auto rows = RecordedOutcomes::Open(harness_.reader(), harness_.directory(), *features_, kTenant, outcomes);
    EXPECT_TRUE(rows.ok()) << rows.status();
    std::pair<Bytes, int> all;
    while (!rows->done()) {
      const auto chunk = rows->Next(absl::Now() + absl::Minutes(5));
      EXPECT_TRUE(chunk.ok()) << chunk.status();
      if (!chunk.ok()) break;
      for (size_t i = 0; i < chunk->customers.size(); ++i) {
        all.first[chunk->customers[i].customer_id()] = StableBytes(chunk->customers[i]);
        all.second += chunk->lost[i];
      }
    }
    EXPECT_EQ(rows->progress(), 1);
    return all;
  }

  response_times::RandomConversations random_{31, {.customers = kCustomers}};
  std::vector<response_times::v1::ConversationEvent> events_;
  ratings::Service ratings_;
  ratings::Client satisfaction_{ratings_, {.tenant = kTenant}};
  response_times::Service response_times_;
  response_times::Client responses_{response_times_, kTenant};
  Harness harness_;
  std::unique_ptr<Peers> peers_;
  std::unique_ptr<FeatureReader> features_;
  std::vector<std::string> ids_;
};

TEST_F(LeakageTest, WhatHappensAfterTheCutOffChangesNothingButTheOutcome) {
  Happen(Start(), CutOff(), "before-");
  const Bytes features = FeaturesAsOf(CutOff());
  const auto [rows, lost] = RowsAsOf(CutOff());
  EXPECT_GT(rows.size(), 2u);
  for (const auto& [id, row] : rows) EXPECT_EQ(features.at(id), row) << id;

  Happen(CutOff(), Now() - absl::Hours(24), "after-");
  EXPECT_EQ(FeaturesAsOf(CutOff()), features);
  const auto [rows_later, lost_later] = RowsAsOf(CutOff());
  EXPECT_EQ(rows_later, rows);
  EXPECT_GT(lost_later, lost);
  EXPECT_NE(FeaturesAsOf(Now() - absl::Hours(24)), features);
}

TEST_F(LeakageTest, RowsAreThoseWhoWereToStayAndLossesThoseOfTheHorizon) {
  const v1::Subscription plan = Plan("pro", 1000);
  const std::vector<v1::Activity> activities = {
      Converted("stays", Start(), plan),
      Converted("lost-in-time", Start(), plan),
      Cancelled("lost-in-time", CutOff() + absl::Hours(24 * 90) - absl::Milliseconds(1)),
      Converted("lost-later", Start(), plan),
      Cancelled("lost-later", CutOff() + absl::Hours(24 * 90)),
      Converted("lost-at-the-cut-off", Start(), plan),
      Cancelled("lost-at-the-cut-off", CutOff()),
      Converted("lost-and-back", Start(), plan),
      Cancelled("lost-and-back", Moment("2025-08-01")),
      Returned("lost-and-back", Moment("2025-08-02"), plan),
      Converted("gave-notice", Start(), plan),
      CancelledFor("gave-notice", Moment("2025-06-30"), Moment("2025-08-01")),
      Converted("gave-notice-and-took-it-back", Start(), plan),
      CancelledFor("gave-notice-and-took-it-back", Moment("2025-06-30"), Moment("2025-08-01")),
      Renewed("gave-notice-and-took-it-back", Moment("2025-07-02")),
      Converted("lost-before", Start(), plan),
      Cancelled("lost-before", Moment("2025-06-01")),
      Converted("came-later", CutOff(), plan),
      SignedUp("only-tries", Start()),
  };
  harness_.Record(activities);
  v1::RecordedOutcomes outcomes;
  *outcomes.mutable_cut_off() = ToProto(CutOff());
  auto rows = RecordedOutcomes::Open(harness_.reader(), harness_.directory(), *features_, kTenant, outcomes);
  ASSERT_TRUE(rows.ok());
  std::map<std::string, bool> lost;
  while (!rows->done()) {
    const auto chunk = rows->Next(absl::Now() + absl::Minutes(5));
    ASSERT_TRUE(chunk.ok()) << chunk.status();
    for (size_t i = 0; i < chunk->customers.size(); ++i) lost[chunk->customers[i].customer_id()] = chunk->lost[i];
  }
  const std::map<std::string, bool> expected = {{"stays", false},
                                                {"lost-in-time", true},
                                                {"lost-later", false},
                                                {"lost-at-the-cut-off", true},
                                                {"lost-and-back", true}};
  EXPECT_EQ(lost, expected);
}

TEST_F(LeakageTest, UnknownCustomersHaveNoValues) {
  harness_.Record({LoggedIn("customer-1", CutOff())});
  const auto all = features_->Load(kTenant, {"customer-1", "stranger"}, CutOff(), absl::Now() + absl::Minutes(5));
  ASSERT_TRUE(all.ok());
  for (const v1::CustomerFeatures& features : *all) EXPECT_TRUE(features.values().empty());
  EXPECT_EQ(all->front().customer_id(), "customer-1");
}

class OutcomesTest : public ::testing::Test {
 protected:
  static absl::StatusOr<Interval> Parse(absl::Time cut_off, int horizon_days) {
    v1::RecordedOutcomes outcomes;
    if (cut_off != absl::InfinitePast()) *outcomes.mutable_cut_off() = ToProto(cut_off);
    outcomes.set_horizon_days(horizon_days);
    return ParseOutcomes(outcomes, Moment("2025-12-31 15:00"));
  }
};

TEST_F(OutcomesTest, TheLatestCutOffWhoseHorizonHasPassedIsMeant) {
  EXPECT_EQ(*Parse(absl::InfinitePast(), 0), (Interval{Moment("2025-10-02"), Moment("2025-12-31")}));
  EXPECT_EQ(*Parse(absl::InfinitePast(), 1), (Interval{Moment("2025-12-30"), Moment("2025-12-31")}));
  EXPECT_EQ(*Parse(Moment("2025-01-01"), 10), (Interval{Moment("2025-01-01"), Moment("2025-01-11")}));
}

TEST_F(OutcomesTest, WhatCannotBeKnownIsRefused) {
  EXPECT_EQ(Parse(Moment("2025-10-03"), 0).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Parse(Moment("2025-10-02"), 91).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Parse(Moment("2025-10-01 12:00"), 0).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Parse(absl::InfinitePast(), -1).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Parse(absl::InfinitePast(), 731).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace rapport::churn

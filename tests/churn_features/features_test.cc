#include "services/churn/core/features.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/request/stable_bytes.h"
#include "common/time/interval.h"
#include "services/churn/core/customer_row.h"
#include "services/churn/core/record.h"
#include "tests/churn_activities/activities.h"
#include "tests/churn_activities/life_model.h"

namespace rapport::churn {
namespace {

using storage::v1::CustomerRecord;
using v1::Activity;
using v1::CustomerFeatures;
using Activities = std::vector<Activity>;
using Kinds = std::set<v1::ActivityKind>;

constexpr double kDayMs = 86'400'000;

CustomerRecord RecordOf(const Activities& activities) {
  CustomerRecord record;
  for (const Activity& activity : activities) AddActivity(activity, record);
  return record;
}

CustomerFeatures FeaturesOf(const CustomerRecord& record, absl::Time as_of) {
  CustomerFeatures features;
  features.set_customer_id("c");
  SetActivityFeatures(record, as_of, features);
  return features;
}

CustomerFeatures FeaturesOf(const Activities& activities, absl::Time as_of) {
  return FeaturesOf(RecordOf(activities), as_of);
}

std::optional<double> Number(const CustomerFeatures& features, const std::string& name) {
  EXPECT_NE(FindStandardFeature(name), nullptr) << name;
  const auto found = features.values().find(name);
  if (found == features.values().end()) return std::nullopt;
  return found->second.number();
}

void ExpectNumber(const CustomerFeatures& features, const std::string& name, std::optional<double> expected) {
  const std::optional<double> value = Number(features, name);
  ASSERT_EQ(value.has_value(), expected.has_value()) << name;
  if (!value) return;
  EXPECT_NEAR(*value, *expected, 1e-9) << name;
}

// Each activity of each customer once, without corrections.
std::map<std::string, Activities> RandomLives(uint32_t seed) {
  std::map<std::string, Activities> lives;
  std::set<std::pair<std::string, std::string>> seen;
  for (const Activity& activity : RandomActivities(seed, 25, 2000, Moment("2025-01-01"), 400)) {
    if (activity.deleted() || !seen.insert({activity.customer_id(), activity.activity_id()}).second) continue;
    lives[activity.customer_id()].push_back(activity);
  }
  return lives;
}

// The plainest way: looks at every activity for every figure.
class Plain {
 public:
  Plain(const Activities& activities, absl::Time as_of) : today_(UtcDay(as_of)), as_of_ms_(ToMillis(as_of)) {
    for (const Activity& activity : activities) {
      const bool by_day = IsKeptByDay(KindOf(activity));
      if (by_day ? DayOf(activity) < today_ : ToMillis(activity.occurred_at()) < as_of_ms_) {
        known_.push_back(activity);
      }
    }
  }

  const Activities& known() const { return known_; }

  std::set<int64_t> Days(const Kinds& kinds, int64_t from, int64_t to) const {
    std::set<int64_t> days;
    for (const Activity& activity : known_) {
      const int64_t day = DayOf(activity);
      if (kinds.contains(KindOf(activity)) && today_ - from <= day && day < today_ - to) days.insert(day);
    }
    return days;
  }

  int64_t Count(v1::ActivityKind kind, int64_t from, int64_t to) const {
    int64_t count = 0;
    for (const Activity& activity : known_) {
      const int64_t day = DayOf(activity);
      if (KindOf(activity) != kind || day < today_ - from || day >= today_ - to) continue;
      count += kind == v1::ACTIVITY_KIND_USED ? std::max<int64_t>(1, activity.used().quantity()) : 1;
    }
    return count;
  }

  std::optional<double> DaysSinceDay(const Kinds& kinds) const {
    const std::set<int64_t> days = Days(kinds, today_, 0);
    if (days.empty()) return std::nullopt;
    return static_cast<double>(today_ - *days.rbegin());
  }

  std::optional<double> DaysSinceMoment(v1::ActivityKind kind) const {
    std::optional<int64_t> last;
    for (const Activity& activity : known_) {
      if (KindOf(activity) == kind) last = std::max(last.value_or(0), ToMillis(activity.occurred_at()));
    }
    if (!last) return std::nullopt;
    return std::floor(static_cast<double>(as_of_ms_ - *last) / kDayMs);
  }

  std::set<std::string> FeaturesUsed(int64_t days) const {
    std::set<std::string> used;
    for (const Activity& activity : known_) {
      if (activity.has_feature_used() && DayOf(activity) >= today_ - days)
        used.insert(activity.feature_used().feature());
    }
    return used;
  }

  // Of the last 90 times 24 hours, those for which `is_meant` holds.
  template <typename IsMeant>
  int64_t Recent(const IsMeant& is_meant) const {
    return std::count_if(known_.begin(), known_.end(), [&](const Activity& activity) {
      return ToMillis(activity.occurred_at()) >= as_of_ms_ - int64_t{90} * 86'400'000 && is_meant(activity);
    });
  }

  std::optional<double> Trend(double recent, double before, const std::set<int64_t>& active) const {
    if (active.empty()) return std::nullopt;
    const double days = std::min<double>(90, static_cast<double>(today_ - 30 - *active.begin()));
    if (before == 0 || days < 30) return std::nullopt;
    return std::log((recent + 0.5) / 30) - std::log((before + 0.5) / days);
  }

 private:
  static int64_t DayOf(const Activity& activity) { return UtcDay(FromProto(activity.occurred_at())); }

  const int64_t today_;
  const int64_t as_of_ms_;
  Activities known_;
};

const Kinds kUse = {v1::ACTIVITY_KIND_USED};
const Kinds kLogin = {v1::ACTIVITY_KIND_LOGGED_IN};
const Kinds kAnyUse = {v1::ACTIVITY_KIND_USED, v1::ACTIVITY_KIND_LOGGED_IN, v1::ACTIVITY_KIND_FEATURE_USED};

void ExpectUse(const CustomerFeatures& features, const Plain& plain) {
  ExpectNumber(features, "days_since_active", plain.DaysSinceDay(kAnyUse));
  ExpectNumber(features, "days_since_used", plain.DaysSinceDay(kUse));
  ExpectNumber(features, "days_since_login", plain.DaysSinceDay(kLogin));
  for (const int days : {7, 30, 90}) {
    const std::string suffix = absl::StrCat("_", days, "d");
    ExpectNumber(features, "active_days" + suffix, plain.Days(kAnyUse, days, 0).size());
    ExpectNumber(features, "used_count" + suffix, plain.Count(v1::ACTIVITY_KIND_USED, days, 0));
    ExpectNumber(features, "login_count" + suffix, plain.Count(v1::ACTIVITY_KIND_LOGGED_IN, days, 0));
  }
  const std::set<int64_t> active = plain.Days(kAnyUse, 100'000, 0);
  ExpectNumber(features, "active_days_trend_30d",
               plain.Trend(static_cast<double>(plain.Days(kAnyUse, 30, 0).size()),
                           static_cast<double>(plain.Days(kAnyUse, 120, 30).size()), active));
  ExpectNumber(features, "used_trend_30d",
               plain.Trend(static_cast<double>(plain.Count(v1::ACTIVITY_KIND_USED, 30, 0)),
                           static_cast<double>(plain.Count(v1::ACTIVITY_KIND_USED, 120, 30)), active));
  const auto ever = static_cast<double>(plain.FeaturesUsed(100'000).size());
  const auto of_90_days = static_cast<double>(plain.FeaturesUsed(90).size());
  ExpectNumber(features, "feature_count_30d", plain.FeaturesUsed(30).size());
  ExpectNumber(features, "feature_count_90d", of_90_days);
  ExpectNumber(features, "feature_kept_share_90d", ever == 0 ? std::nullopt : std::optional(of_90_days / ever));
}

void ExpectTimeline(const CustomerFeatures& features, const Plain& plain) {
  ExpectNumber(features, "renewal_count", plain.Count(v1::ACTIVITY_KIND_RENEWED, 100'000, -1));
  ExpectNumber(features, "days_since_renewal", plain.DaysSinceMoment(v1::ACTIVITY_KIND_RENEWED));
  ExpectNumber(features, "days_since_purchase", plain.DaysSinceMoment(v1::ACTIVITY_KIND_PURCHASED));
  ExpectNumber(features, "purchase_count_90d", plain.Recent([](const Activity& a) { return a.has_purchased(); }));
  ExpectNumber(features, "interest_count_90d", plain.Recent([](const Activity& a) { return a.has_interest_shown(); }));
  ExpectNumber(features, "concern_count_90d", plain.Recent([](const Activity& a) { return a.has_concern_voiced(); }));
}

void ExpectLife(const CustomerFeatures& features, const Plain& plain, absl::Time as_of) {
  const LifeModel life(plain.known());
  const int64_t as_of_ms = ToMillis(as_of);
  ASSERT_EQ(Number(features, "tenure_days").has_value(), life.ActiveAt(as_of_ms));
  if (!life.ActiveAt(as_of_ms)) {
    for (const char* name : {"plan", "currency", "monthly_revenue_minor", "days_since_plan_change",
                             "days_since_price_change", "last_price_change_share", "revenue_change_share_90d"}) {
      EXPECT_FALSE(features.values().contains(name)) << name;
    }
    return;
  }
  const std::optional<double> revenue = Number(features, "monthly_revenue_minor");
  EXPECT_EQ(revenue.value_or(0), life.RevenueAt(as_of_ms));
  const int64_t start_ms = as_of_ms - static_cast<int64_t>(*Number(features, "tenure_days") * kDayMs);
  EXPECT_TRUE(life.ActiveAt(start_ms));
  if (Number(features, "revenue_change_share_90d")) {
    const auto then = static_cast<double>(life.RevenueAt(as_of_ms - int64_t{90} * 86'400'000));
    ExpectNumber(features, "revenue_change_share_90d", (*revenue - then) / then);
  }
}

TEST(FeaturesTest, AreThoseOfTheActivitiesOneByOne) {
  std::mt19937 random(5);
  int with_trend = 0;
  int active = 0;
  for (const auto& [customer, activities] : RandomLives(11)) {
    const CustomerRecord record = RecordOf(activities);
    for (int i = 0; i < 6; ++i) {
      const int64_t minutes = std::uniform_int_distribution<int64_t>(0, int64_t{430} * 1440)(random);
      const absl::Time as_of = Moment("2025-01-01") + absl::Minutes(i % 2 == 0 ? minutes / 1440 * 1440 : minutes);
      SCOPED_TRACE(absl::StrCat(customer, " as of ", absl::FormatTime(as_of)));
      const CustomerFeatures features = FeaturesOf(record, as_of);
      const Plain plain(activities, as_of);
      ExpectUse(features, plain);
      ExpectTimeline(features, plain);
      ExpectLife(features, plain, as_of);
      with_trend += Number(features, "used_trend_30d").has_value();
      active += Number(features, "tenure_days").has_value();
      if (::testing::Test::HasFailure()) return;
    }
  }
  EXPECT_GT(with_trend, 10);
  EXPECT_GT(active, 10);
}

TEST(FeaturesTest, NothingLaterHasAnyInfluence) {
  for (const auto& [customer, activities] : RandomLives(12)) {
    for (const absl::Time as_of : {Moment("2025-03-01"), Moment("2025-06-10 13:37"), Moment("2025-12-01")}) {
      Activities earlier;
      for (const Activity& activity : activities) {
        if (FromProto(activity.occurred_at()) < as_of) earlier.push_back(activity);
      }
      EXPECT_EQ(StableBytes(FeaturesOf(activities, as_of)), StableBytes(FeaturesOf(earlier, as_of))) << customer;
    }
  }
}

TEST(FeaturesTest, ValuesAreOfTheKindOfTheirDefinition) {
  std::set<std::string> met;
  for (const auto& [customer, activities] : RandomLives(13)) {
    CustomerFeatures features = FeaturesOf(activities, Moment("2025-10-01"));
    SetActivityFeatures(RecordOf(activities), Moment("2025-06-01"), features);
    for (const auto& [name, value] : features.values()) {
      const v1::FeatureDefinition* definition = FindStandardFeature(name);
      ASSERT_NE(definition, nullptr) << name;
      EXPECT_EQ(definition->source(), v1::FEATURE_SOURCE_ACTIVITIES);
      EXPECT_EQ(value.value_case() == v1::FeatureValue::kNumber,
                definition->feature().kind() == v1::FEATURE_KIND_NUMERIC);
      EXPECT_EQ(value.value_case() == v1::FeatureValue::kBoolean,
                definition->feature().kind() == v1::FEATURE_KIND_BOOLEAN);
      EXPECT_TRUE(std::isfinite(value.number())) << name;
      met.insert(name);
    }
  }
  for (const v1::FeatureDefinition& definition : StandardFeatures()) {
    if (definition.source() != v1::FEATURE_SOURCE_ACTIVITIES) continue;
    EXPECT_TRUE(met.contains(definition.feature().name())) << definition.feature().name() << " is never there";
  }
}

TEST(FeaturesTest, AnUnknownPastHasCountsAndNoShares) {
  const CustomerFeatures features = FeaturesOf({LoggedIn("c", Moment("2025-05-05 10:00"))}, Moment("2025-05-06"));
  ExpectNumber(features, "login_count_7d", 1);
  ExpectNumber(features, "used_count_90d", 0);
  ExpectNumber(features, "days_since_login", 1);
  for (const char* name : {"days_since_used", "used_trend_30d", "feature_kept_share_90d", "tenure_days", "plan",
                           "days_since_signup", "days_since_late_payment", "days_since_renewal"}) {
    EXPECT_FALSE(features.values().contains(name)) << name;
  }
}

TEST(FeaturesTest, ChangesOfPlanAndPriceAreThoseOfThePresentLife) {
  const Activities activities = {
      Converted("c", Moment("2024-01-01"), Plan("basic", 1000)),
      PlanChanged("c", Moment("2024-02-01"), Plan("pro", 5000)),
      Cancelled("c", Moment("2024-03-01")),
      Returned("c", Moment("2024-06-01"), Plan("basic", 2000)),
      PlanChanged("c", Moment("2024-12-01"), Plan("basic", 3000)),
      PlanChanged("c", Moment("2025-01-01"), Plan("plus", 2400)),
  };
  const CustomerFeatures before = FeaturesOf(activities, Moment("2024-11-01"));
  ExpectNumber(before, "days_since_price_change", std::nullopt);
  ExpectNumber(before, "revenue_change_share_90d", 0);
  const CustomerFeatures features = FeaturesOf(activities, Moment("2025-01-11"));
  ExpectNumber(features, "days_since_plan_change", 10);
  ExpectNumber(features, "days_since_price_change", 10);
  ExpectNumber(features, "last_price_change_share", -0.2);
  ExpectNumber(features, "revenue_change_share_90d", 0.2);
  ExpectNumber(features, "monthly_revenue_minor", 2400);
  EXPECT_EQ(features.values().at("plan").category(), "plus");
  EXPECT_TRUE(features.values().at("returned_before").boolean());
  EXPECT_FALSE(features.values().at("has_owner").boolean());
}

TEST(FeaturesTest, InvoicesAreOverdueUntilPaidAndThenLate) {
  const Activities activities = {
      Invoiced("c", Moment("2025-01-01"), "on-time", 100, Moment("2025-01-15")),
      InvoicePaid("c", Moment("2025-01-10"), "on-time"),
      Invoiced("c", Moment("2025-02-01"), "late", 100, Moment("2025-02-15")),
      InvoicePaid("c", Moment("2025-03-01"), "late"),
      InvoicePaid("c", Moment("2025-03-05"), "unknown"),
  };
  const CustomerFeatures while_overdue = FeaturesOf(activities, Moment("2025-02-20"));
  ExpectNumber(while_overdue, "overdue_invoice_count", 1);
  ExpectNumber(while_overdue, "late_payment_count", 0);
  ExpectNumber(while_overdue, "days_since_late_payment", std::nullopt);
  const CustomerFeatures after = FeaturesOf(activities, Moment("2025-03-11"));
  ExpectNumber(after, "overdue_invoice_count", 0);
  ExpectNumber(after, "late_payment_count", 1);
  ExpectNumber(after, "days_since_late_payment", 10);
}

TEST(FeaturesTest, ConcernsAboutLeavingAreToldFromOthers) {
  const Activities activities = {ConcernVoiced("c", Moment("2025-01-02"), "churn"),
                                 ConcernVoiced("c", Moment("2025-01-03"), "pricing-page"),
                                 ConcernVoiced("c", Moment("2025-01-04"), "speed")};
  const CustomerFeatures features = FeaturesOf(activities, Moment("2025-02-01"));
  ExpectNumber(features, "concern_count_90d", 3);
  ExpectNumber(features, "leaving_concern_count_90d", 2);
}

TEST(FeaturesTest, ANoticeGivenIsNoFeature) {
  Activities activities = {Converted("c", Moment("2025-01-01"), Plan("pro", 1000)),
                           LoggedIn("c", Moment("2025-05-01"))};
  const std::string without = StableBytes(FeaturesOf(activities, Moment("2025-06-01")));
  activities.push_back(CancelledFor("c", Moment("2025-05-20"), Moment("2025-07-01")));
  EXPECT_EQ(StableBytes(FeaturesOf(activities, Moment("2025-06-01"))), without);
}

TEST(FeaturesTest, RatingsOfAllScalesAreTakenTogether) {
  ratings::v1::CustomerSatisfaction satisfaction;
  const auto add = [&](int64_t count, int64_t positive, int64_t negative) {
    ratings::v1::CustomerScale& scale = *satisfaction.add_scales();
    scale.set_rating_count(count);
    scale.mutable_positive()->set_count(positive);
    scale.mutable_negative()->set_count(negative);
  };
  CustomerFeatures features;
  SetSatisfactionFeatures(satisfaction, Moment("2025-05-04"), features);
  ExpectNumber(features, "rating_count_90d", 0);
  ExpectNumber(features, "positive_rating_share_90d", std::nullopt);
  add(4, 3, 1);
  add(6, 1, 2);
  *satisfaction.mutable_last_rated_day() = ToProto(Moment("2025-05-01"));
  SetSatisfactionFeatures(satisfaction, Moment("2025-05-04"), features);
  ExpectNumber(features, "rating_count_90d", 10);
  ExpectNumber(features, "positive_rating_share_90d", 0.4);
  ExpectNumber(features, "negative_rating_count_90d", 3);
  ExpectNumber(features, "days_since_rating", 3);
}

TEST(FeaturesTest, PromisesKeptLateWereMissed) {
  response_times::v1::CustomerResponsiveness responsiveness;
  responsiveness.set_promises_kept(6);
  responsiveness.set_promises_kept_late(1);
  responsiveness.set_promises_broken(1);
  responsiveness.set_conversation_count(3);
  CustomerFeatures features;
  SetResponsivenessFeatures(responsiveness, Moment("2025-05-04"), features);
  ExpectNumber(features, "promise_missed_count_90d", 2);
  ExpectNumber(features, "promise_kept_share_90d", 0.75);
  ExpectNumber(features, "conversation_count_90d", 3);
  ExpectNumber(features, "first_response_median_seconds_90d", std::nullopt);
}

}  // namespace
}  // namespace rapport::churn

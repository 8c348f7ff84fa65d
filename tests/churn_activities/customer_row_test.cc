// The lives of customers.
#include "services/churn/core/customer_row.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/time/interval.h"
#include "services/churn/core/record.h"
#include "tests/churn_activities/activities.h"
#include "tests/churn_activities/life_model.h"

namespace rapport::churn {
namespace {

using storage::v1::CustomerRecord;
using storage::v1::CustomerRow;
using testing::ElementsAre;
using testing::IsEmpty;
using v1::Activity;

CustomerRecord RecordOf(const std::vector<Activity>& activities) {
  CustomerRecord record;
  for (const Activity& activity : activities) AddActivity(activity, record);
  return record;
}

CustomerRow RowOf(const std::vector<Activity>& activities) {
  return churn::RowOf("c", RecordOf(activities));
}

int64_t Ms(absl::string_view text) {
  return ToMillis(Moment(text));
}

// "START..END reason", "START.." without an end.
std::vector<std::string> Tenures(const CustomerRow& row) {
  const auto day = [](int64_t ms) { return absl::FormatTime("%m-%d", absl::FromUnixMillis(ms), absl::UTCTimeZone()); };
  std::vector<std::string> tenures;
  for (const auto& span : row.tenures()) {
    tenures.push_back(absl::StrCat(day(span.start_ms()), "..", span.has_end_ms() ? day(span.end_ms()) : "",
                                   span.reason().empty() ? "" : " ", span.reason()));
  }
  return tenures;
}

int64_t RevenueOn(const CustomerRow& row, absl::string_view moment) {
  const auto* step = RevenueAt(row, Ms(moment));
  return step == nullptr ? 0 : step->monthly_recurring_minor();
}

const absl::Time kJan1 = Moment("2026-01-01");
const absl::Time kFeb1 = Moment("2026-02-01");
const absl::Time kMar1 = Moment("2026-03-01");
const absl::Time kApr1 = Moment("2026-04-01");
const absl::Time kMay1 = Moment("2026-05-01");

TEST(CustomerRowTest, ATrialIsNoTenure) {
  const CustomerRow row = RowOf({SignedUp("c", kJan1, Plan("trial", 0, "")), Used("c", kFeb1)});
  EXPECT_THAT(Tenures(row), IsEmpty());
  EXPECT_EQ(row.signed_up_ms(), ToMillis(kJan1));
  EXPECT_FALSE(row.has_converted_ms());
  EXPECT_EQ(AttributeAt(row, "plan", ToMillis(kFeb1)), "trial");
  EXPECT_EQ(RevenueAt(row, ToMillis(kFeb1)), nullptr);
}

TEST(CustomerRowTest, SigningUpWithRevenueIsConversion) {
  const CustomerRow row = RowOf({SignedUp("c", kJan1, Plan("pro", 900))});
  EXPECT_THAT(Tenures(row), ElementsAre("01-01.."));
  EXPECT_EQ(row.converted_ms(), ToMillis(kJan1));
  EXPECT_EQ(RevenueOn(row, "2026-01-01"), 900);
}

TEST(CustomerRowTest, ANoticeTakesEffectLater) {
  const CustomerRow row =
      RowOf({SignedUp("c", kJan1), Converted("c", kFeb1, Plan("pro", 900)), CancelledFor("c", kMar1, kApr1, "price")});
  EXPECT_THAT(Tenures(row), ElementsAre("02-01..04-01 price"));
  EXPECT_FALSE(ActiveAt(row, Ms("2026-01-31")));
  EXPECT_TRUE(ActiveAt(row, ToMillis(kFeb1)));
  EXPECT_TRUE(ActiveAt(row, ToMillis(kApr1) - 1));
  EXPECT_FALSE(ActiveAt(row, ToMillis(kApr1)));
  EXPECT_EQ(RevenueOn(row, "2026-03-31"), 900);
  EXPECT_EQ(RevenueOn(row, "2026-04-01"), 0);
  EXPECT_EQ(AttributeAt(row, "plan", ToMillis(kMay1)), "pro");
}

TEST(CustomerRowTest, ARenewalTakesBackTheNotice) {
  const std::vector<Activity> life = {Converted("c", kJan1, Plan("pro", 900)),
                                      CancelledFor("c", kFeb1, kApr1, "price")};
  const auto with = [&](const Activity& more) {
    std::vector<Activity> all = life;
    all.push_back(more);
    return Tenures(RowOf(all));
  };
  EXPECT_THAT(with(Renewed("c", kMar1)), ElementsAre("01-01.."));
  EXPECT_THAT(with(Returned("c", kMar1)), ElementsAre("01-01.."));
  EXPECT_THAT(with(Converted("c", kMar1, Plan("pro", 900))), ElementsAre("01-01.."));
  EXPECT_THAT(with(PlanChanged("c", kMar1, Plan("basic", 100))), ElementsAre("01-01.."));
  EXPECT_THAT(with(PlanChanged("c", kMar1, Plan("free", 0, ""))), ElementsAre("01-01..04-01 price"));
  EXPECT_THAT(with(SignedUp("c", kMar1, Plan("pro", 900))), ElementsAre("01-01..04-01 price"));
  // Once it has taken effect, it is a new tenure.
  EXPECT_THAT(with(Renewed("c", kApr1)), ElementsAre("01-01..04-01 price", "04-01.."));
  EXPECT_THAT(with(Renewed("c", kMay1)), ElementsAre("01-01..04-01 price", "05-01.."));
}

TEST(CustomerRowTest, TheLastNoticeCounts) {
  const Activity converted = Converted("c", kJan1, Plan("pro", 900));
  EXPECT_THAT(Tenures(RowOf({converted, CancelledFor("c", kFeb1, kMay1, "price"), Cancelled("c", kMar1, "angry")})),
              ElementsAre("01-01..03-01 angry"));
  EXPECT_THAT(Tenures(RowOf({converted, CancelledFor("c", kFeb1, kApr1, "price"), CancelledFor("c", kMar1, kMay1)})),
              ElementsAre("01-01..05-01"));
}

TEST(CustomerRowTest, WhoIsNotActiveHasNothingToEnd) {
  EXPECT_THAT(Tenures(RowOf({SignedUp("c", kJan1), Cancelled("c", kFeb1)})), IsEmpty());
  EXPECT_THAT(Tenures(RowOf({Converted("c", kJan1, Plan("pro", 900)), Cancelled("c", kFeb1, "price"),
                             CancelledFor("c", kMar1, kMay1, "again"), Returned("c", kApr1)})),
              ElementsAre("01-01..02-01 price", "04-01.."));
}

TEST(CustomerRowTest, WhoReturnsPaysWhatTheyPaidUnlessToldOtherwise) {
  const std::vector<Activity> lost = {Converted("c", kJan1, Plan("pro", 900)), Cancelled("c", kFeb1)};
  std::vector<Activity> same = lost;
  same.push_back(Returned("c", kMar1));
  EXPECT_EQ(RevenueOn(RowOf(same), "2026-02-15"), 0);
  EXPECT_EQ(RevenueOn(RowOf(same), "2026-03-15"), 900);
  std::vector<Activity> less = lost;
  less.push_back(Returned("c", kMar1, Plan("basic", 100)));
  EXPECT_EQ(RevenueOn(RowOf(less), "2026-03-15"), 100);
  EXPECT_EQ(RowOf(less).converted_ms(), ToMillis(kJan1));
}

TEST(CustomerRowTest, APlanWithoutRevenueKeepsActive) {
  const CustomerRow row = RowOf({Converted("c", kJan1, Plan("pro", 900)), PlanChanged("c", kFeb1, Plan("free", 0, "")),
                                 PlanChanged("c", kMar1, Plan("basic", 100))});
  EXPECT_THAT(Tenures(row), ElementsAre("01-01.."));
  EXPECT_TRUE(ActiveAt(row, Ms("2026-02-15")));
  EXPECT_EQ(RevenueAt(row, Ms("2026-02-15")), nullptr);
  EXPECT_EQ(AttributeAt(row, "plan", Ms("2026-02-15")), "free");
  EXPECT_EQ(RevenueOn(row, "2026-03-01"), 100);
}

TEST(CustomerRowTest, APlanWithRevenueMakesActive) {
  EXPECT_THAT(Tenures(RowOf({SignedUp("c", kJan1), PlanChanged("c", kFeb1, Plan("pro", 900))})),
              ElementsAre("02-01.."));
  EXPECT_THAT(Tenures(RowOf({SignedUp("c", kJan1), PlanChanged("c", kFeb1, Plan("free", 0, ""))})), IsEmpty());
}

TEST(CustomerRowTest, TryingSomethingEndsNothingThatIsPaid) {
  const CustomerRow row = RowOf({Converted("c", kJan1, Plan("pro", 900)), SignedUp("c", kFeb1, Plan("trial", 0, ""))});
  EXPECT_EQ(RevenueOn(row, "2026-02-15"), 900);
  EXPECT_EQ(row.signed_up_ms(), ToMillis(kFeb1));
}

TEST(CustomerRowTest, AtOneMomentALossComesAfterWhatMakesActive) {
  const CustomerRow row = RowOf({Cancelled("c", kJan1, "test"), Converted("c", kJan1, Plan("pro", 900))});
  EXPECT_THAT(Tenures(row), ElementsAre("01-01..01-01 test"));
  EXPECT_FALSE(ActiveAt(row, ToMillis(kJan1)));
  // A return comes after the loss.
  EXPECT_THAT(Tenures(RowOf({Converted("c", kJan1, Plan("pro", 900)), Returned("c", kFeb1), Cancelled("c", kFeb1)})),
              ElementsAre("01-01..02-01", "02-01.."));
}

TEST(CustomerRowTest, RevenueHasOnlyChanges) {
  const CustomerRow row = RowOf({Converted("c", kJan1, Plan("pro", 900)), PlanChanged("c", kFeb1, Plan("pro", 900)),
                                 Renewed("c", kMar1), PlanChanged("c", kApr1, Plan("pro", 950))});
  ASSERT_EQ(row.revenue_size(), 2);
  EXPECT_EQ(row.revenue(1).from_ms(), ToMillis(kApr1));
}

TEST(CustomerRowTest, AttributesAndOwnerHoldUntilTheyChange) {
  const CustomerRow row = RowOf({AttributeSet("c", kJan1, "country", "CH"), AttributeSet("c", kFeb1, "country", "CH"),
                                 AttributeSet("c", kMar1, "country", "DE"), AttributeSet("c", kApr1, "country", ""),
                                 OwnerAssigned("c", kFeb1, "anna"), OwnerAssigned("c", kMar1, "")});
  EXPECT_EQ(row.attributes_size(), 5);
  EXPECT_EQ(AttributeAt(row, "country", ToMillis(kJan1) - 1), "");
  EXPECT_EQ(AttributeAt(row, "country", ToMillis(kFeb1)), "CH");
  EXPECT_EQ(AttributeAt(row, "country", ToMillis(kMar1)), "DE");
  EXPECT_EQ(AttributeAt(row, "country", ToMillis(kMay1)), "");
  EXPECT_EQ(AttributeAt(row, "owner", ToMillis(kFeb1)), "anna");
  EXPECT_EQ(AttributeAt(row, "owner", ToMillis(kMar1)), "");
  EXPECT_EQ(AttributeAt(row, "unknown", ToMillis(kMay1)), "");
}

TEST(CustomerRowTest, HasRoomForSoManyAttributes) {
  std::vector<Activity> activities;
  for (int i = 0; i < 70; ++i) {
    activities.push_back(AttributeSet("c", kJan1 + absl::Hours(i), absl::StrCat("key_", i), "v"));
  }
  EXPECT_EQ(MakeCustomer(RowOf(activities), kFeb1).attributes_size(), 64);
  activities.push_back(AttributeSet("c", kFeb1, "key_3", ""));
  activities.push_back(AttributeSet("c", kMar1, "last", "v"));
  const v1::Customer customer = MakeCustomer(RowOf(activities), kApr1);
  EXPECT_EQ(customer.attributes_size(), 64);
  EXPECT_TRUE(customer.attributes().contains("last"));
  EXPECT_FALSE(customer.attributes().contains("key_69"));
}

TEST(CustomerRowTest, TopicsKeepTheirLatestMentions) {
  std::vector<Activity> activities = {InterestShown("c", kFeb1, "churn"), ConcernVoiced("c", kFeb1, "churn")};
  for (int i = 0; i < 40; ++i) activities.push_back(InterestShown("c", kJan1 + absl::Hours(i), "white-papers"));
  const CustomerRow row = RowOf(activities);
  ASSERT_EQ(row.topics_size(), 3);
  EXPECT_EQ(row.topics(0).topic(), "churn");
  EXPECT_FALSE(row.topics(0).concern());
  EXPECT_TRUE(row.topics(1).concern());
  EXPECT_EQ(row.topics(2).count(), 40);
  ASSERT_EQ(row.topics(2).at_ms_size(), 32);
  EXPECT_EQ(row.topics(2).at_ms(0), ToMillis(kJan1 + absl::Hours(8)));
}

TEST(CustomerRowTest, PurchasesOfADayAreOne) {
  const CustomerRow row =
      RowOf({Purchased("c", kJan1), Purchased("c", kJan1 + absl::Hours(23)), Purchased("c", kFeb1)});
  EXPECT_THAT(row.purchase_days(), ElementsAre(UtcDay(kJan1), 31));
  EXPECT_THAT(
      RowOf({Purchased("c", absl::UnixEpoch()), Purchased("c", absl::UnixEpoch() + absl::Hours(1))}).purchase_days(),
      ElementsAre(0));
}

TEST(CustomerRowTest, TellsWhatIsKnownOfACustomer) {
  const std::vector<Activity> activities = {SignedUp("c", kJan1),
                                            Converted("c", kFeb1, Plan("pro", 900)),
                                            OwnerAssigned("c", kFeb1, "anna"),
                                            Used("c", kMar1),
                                            FeatureUsed("c", kMar1 + absl::Hours(30), "export"),
                                            Purchased("c", kMar1),
                                            AttributeSet("c", kJan1, "country", "CH"),
                                            InterestShown("c", kFeb1, "old"),
                                            InterestShown("c", kMar1, "new"),
                                            ConcernVoiced("c", kFeb1, "churn")};
  const CustomerRecord record = RecordOf(activities);
  const v1::Customer customer = MakeCustomer(churn::RowOf("c", record), record, kApr1);
  EXPECT_EQ(customer.customer_id(), "c");
  EXPECT_EQ(FromProto(customer.signed_up_at()), kJan1);
  EXPECT_EQ(FromProto(customer.converted_at()), kFeb1);
  ASSERT_EQ(customer.tenures_size(), 1);
  EXPECT_FALSE(customer.tenures(0).has_end());
  EXPECT_TRUE(customer.active());
  EXPECT_EQ(customer.subscription().plan(), "pro");
  EXPECT_EQ(customer.owner_id(), "anna");
  EXPECT_EQ(customer.attributes().at("country"), "CH");
  ASSERT_EQ(customer.interests_size(), 2);
  EXPECT_EQ(customer.interests(0).topic(), "new");
  ASSERT_EQ(customer.concerns_size(), 1);
  EXPECT_EQ(FromProto(customer.last_active_day()), Moment("2026-03-02"));
  EXPECT_EQ(customer.purchase_count(), 1);
  EXPECT_FALSE(MakeCustomer(churn::RowOf("c", record), kApr1).has_last_active_day());
}

TEST(CustomerRowTest, AgreesWithTheRulesReadAtEachMoment) {
  for (uint32_t seed = 0; seed < 300; ++seed) {
    std::vector<Activity> life;
    std::set<std::string> ids;
    for (const Activity& activity : RandomActivities(seed, 1, 60, kJan1, 12)) {
      if (!activity.deleted() && ids.insert(activity.activity_id()).second) life.push_back(activity);
    }
    const CustomerRow row = RowOf(life);
    const LifeModel model(life);
    for (absl::Time at = kJan1 - absl::Hours(6); at < kJan1 + absl::Hours(25 * 24); at += absl::Hours(6)) {
      for (const int64_t ms : {ToMillis(at), ToMillis(at) + 1}) {
        ASSERT_EQ(ActiveAt(row, ms), model.ActiveAt(ms)) << seed << " " << at << "\n" << row.DebugString();
        const auto* const step = RevenueAt(row, ms);
        ASSERT_EQ(step == nullptr ? 0 : step->monthly_recurring_minor(), model.RevenueAt(ms)) << seed << " " << at;
      }
    }
  }
}

}  // namespace
}  // namespace rapport::churn

// What activities may hold.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "common/time/interval.h"
#include "services/churn/core/record.h"
#include "tests/churn_activities/activities.h"

namespace rapport::churn {
namespace {

using testing::HasSubstr;
using v1::Activity;

const absl::Time kNow = Moment("2026-03-01 12:00");

void ExpectValid(const Activity& activity) {
  const absl::Status status = ValidateActivity(activity, kNow);
  EXPECT_TRUE(status.ok()) << status << "\n" << activity.DebugString();
}

void ExpectInvalid(const Activity& activity, absl::string_view field) {
  const absl::Status status = ValidateActivity(activity, kNow);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << activity.DebugString();
  EXPECT_THAT(std::string(status.message()), testing::StartsWith(absl::StrCat(field)));
}

std::string Bytes(size_t count) {
  return std::string(count, 'x');
}

TEST(ActivityValidationTest, TakesWhatIsWellFormed) {
  for (const Activity& activity : RandomActivities(1, 3, 400, Moment("2026-01-01"), 40)) ExpectValid(activity);
}

TEST(ActivityValidationTest, AsksForIdsMomentAndKind) {
  Activity activity = LoggedIn("c", kNow);
  ExpectInvalid(WithId(activity, ""), "activity_id");
  ExpectInvalid(WithId(activity, Bytes(129)), "activity_id");
  ExpectValid(WithId(activity, Bytes(128)));
  ExpectInvalid(LoggedIn("", kNow), "customer_id");
  ExpectInvalid(LoggedIn(Bytes(129), kNow), "customer_id");
  ExpectInvalid(Revised(activity, -1), "revision");
  ExpectInvalid(LoggedIn("c", kNow + absl::Minutes(11)), "occurred_at");
  ExpectValid(LoggedIn("c", kNow + absl::Minutes(10)));
  ExpectInvalid(LoggedIn("c", Moment("1969-12-31")), "occurred_at");
  activity.clear_occurred_at();
  ExpectInvalid(activity, "occurred_at");
  activity = LoggedIn("c", kNow);
  activity.clear_kind();
  ExpectInvalid(activity, "kind");
}

TEST(ActivityValidationTest, ADeletedOneNeedsNoKindButAGoodOne) {
  ExpectValid(Deleted(LoggedIn("c", kNow), 1));
  Activity activity = Used("c", kNow, -1);
  activity.set_deleted(true);
  ExpectInvalid(activity, "used.quantity");
}

TEST(ActivityValidationTest, BoundsSubscriptions) {
  ExpectValid(Converted("c", kNow, Plan(Bytes(64), 10'000'000'000'000)));
  ExpectInvalid(Converted("c", kNow, Plan(Bytes(65), 1)), "converted.subscription.plan");
  ExpectInvalid(PlanChanged("c", kNow, Plan("p", -1)), "plan_changed.subscription.monthly_recurring_minor");
  ExpectInvalid(PlanChanged("c", kNow, Plan("p", 10'000'000'000'001)),
                "plan_changed.subscription.monthly_recurring_minor");
  ExpectInvalid(Returned("c", kNow, Plan("p", 1, "")), "returned.subscription.currency: missing");
  ExpectInvalid(SignedUp("c", kNow, Plan("p", 1, "eur")), "signed_up.subscription.currency");
  ExpectInvalid(SignedUp("c", kNow, Plan("p", 0, "EURO")), "signed_up.subscription.currency");
  ExpectValid(SignedUp("c", kNow, Plan("p", 0, "")));
  Activity renewed = Renewed("c", kNow);
  *renewed.mutable_renewed()->mutable_subscription() = Plan("p", 1, "E1R");
  ExpectInvalid(renewed, "renewed.subscription.currency");
  Activity changed = PlanChanged("c", kNow, Plan("p", 1));
  changed.mutable_plan_changed()->clear_subscription();
  ExpectInvalid(changed, "plan_changed.subscription: missing");
}

TEST(ActivityValidationTest, ALossIsNotBeforeItsNotice) {
  ExpectValid(CancelledFor("c", kNow, kNow, Bytes(256)));
  ExpectInvalid(Cancelled("c", kNow, Bytes(257)), "cancelled.reason");
  ExpectInvalid(CancelledFor("c", kNow, kNow - absl::Seconds(1)), "cancelled.effective_at");
  ExpectValid(CancelledFor("c", kNow, Moment("2036-01-01")));
  Activity cancelled = Cancelled("c", kNow);
  cancelled.mutable_cancelled()->mutable_effective_at()->set_seconds(253'402'300'800);
  ExpectInvalid(cancelled, "cancelled.effective_at");
}

TEST(ActivityValidationTest, BoundsInvoicesAndPurchases) {
  ExpectValid(Invoiced("c", kNow, Bytes(64), 0, kNow + absl::Hours(999)));
  ExpectInvalid(Invoiced("c", kNow, Bytes(65), 1, kNow), "invoiced.invoice_id");
  ExpectInvalid(Invoiced("c", kNow, "", 1, kNow), "invoiced.invoice_id: missing");
  ExpectInvalid(Invoiced("c", kNow, "i", -1, kNow), "invoiced.amount_minor");
  ExpectInvalid(Invoiced("c", kNow, "i", 1, Moment("1969-01-01")), "invoiced.due_at");
  Activity invoiced = Invoiced("c", kNow, "i", 0, kNow);
  invoiced.mutable_invoiced()->clear_currency();
  ExpectInvalid(invoiced, "invoiced.currency: missing");
  ExpectInvalid(InvoicePaid("c", kNow, ""), "invoice_paid.invoice_id: missing");
  ExpectInvalid(Purchased("c", kNow, -1), "purchased.amount_minor");
  Activity purchased = Purchased("c", kNow, 1);
  purchased.mutable_purchased()->clear_currency();
  ExpectInvalid(purchased, "purchased.currency: missing");
  purchased.mutable_purchased()->set_amount_minor(0);
  ExpectValid(purchased);
}

TEST(ActivityValidationTest, BoundsUse) {
  ExpectValid(Used("c", kNow, 1'000'000'000));
  ExpectInvalid(Used("c", kNow, 1'000'000'001), "used.quantity");
  ExpectInvalid(FeatureUsed("c", kNow, "f", -1), "feature_used.quantity");
  ExpectInvalid(FeatureUsed("c", kNow, ""), "feature_used.feature: missing");
  Activity used = FeatureUsed("c", kNow, "f");
  used.mutable_feature_used()->set_feature(Bytes(65));
  ExpectInvalid(used, "feature_used.feature");
}

TEST(ActivityValidationTest, BoundsOwnersAttributesAndTopics) {
  ExpectValid(OwnerAssigned("c", kNow, ""));
  ExpectInvalid(OwnerAssigned("c", kNow, Bytes(129)), "owner_assigned.owner_id");
  const auto set = [](absl::string_view key, absl::string_view value) {
    return WithId(AttributeSet("c", kNow, key, value), "a");
  };
  ExpectValid(set(Bytes(64), Bytes(256)));
  ExpectInvalid(set(Bytes(65), ""), "attributes_set.attributes");
  ExpectInvalid(set("", ""), "attributes_set.attributes");
  ExpectInvalid(set("Country", "CH"), "attributes_set.attributes");
  ExpectInvalid(set("k", Bytes(257)), "attributes_set.attributes");
  for (const char* taken : {"owner", "plan", "currency"}) {
    EXPECT_THAT(std::string(ValidateActivity(set(taken, "x"), kNow).message()), HasSubstr("is taken"));
  }
  Activity many = set("k", "v");
  for (int i = 0; i < 31; ++i) (*many.mutable_attributes_set()->mutable_attributes())[absl::StrCat(i)] = "v";
  ExpectValid(many);
  (*many.mutable_attributes_set()->mutable_attributes())["one_more"] = "v";
  ExpectInvalid(many, "attributes_set.attributes: 33 attributes");
  many.mutable_attributes_set()->clear_attributes();
  ExpectInvalid(many, "attributes_set.attributes: 0 attributes");
  ExpectValid(InterestShown("c", kNow, "white-papers_2"));
  ExpectInvalid(InterestShown("c", kNow, "white papers"), "interest_shown.topic");
  ExpectInvalid(ConcernVoiced("c", kNow, ""), "concern_voiced.topic");
  ExpectInvalid(ConcernVoiced("c", kNow, Bytes(65)), "concern_voiced.topic");
}

}  // namespace
}  // namespace rapport::churn

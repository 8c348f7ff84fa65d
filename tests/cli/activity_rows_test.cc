#include "services/cli/activity_rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/cli/currency.h"

namespace rapport::cli {
namespace {

using churn::v1::Activity;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

class ActivityRowsTest : public testing::Test {
 protected:
  ActivityRowsTest() { Map({}); }

  void Map(const Words& words) {
    absl::StatusOr<KindMapping> mapping = MakeKindMapping(words);
    ASSERT_TRUE(mapping.ok()) << mapping.status();
    rules_.kinds = *std::move(mapping);
  }

  // A row of customer C-1 with these fields beside.
  absl::StatusOr<RowEvents<Activity>> Read(const std::string& kind, const Pairs& fields = {}) {
    Pairs constants = {{"customer_id", "C-1"}, {"kind", kind}, {"occurred_at", "2026-10-31T14:05:00Z"}};
    constants.insert(constants.end(), fields.begin(), fields.end());
    const auto sources = ResolveMapping({}, constants, kActivityFields, {});
    EXPECT_TRUE(sources.ok()) << sources.status();
    return ToActivity(rules_, *sources, {});
  }

  // The part of an activity that its kind alone has, in the text format on one line.
  std::string KindOf(const std::string& kind, Pairs fields) {
    fields.emplace_back("activity_id", "7");
    const auto events = Read(kind, fields);
    if (!events.ok() || !events->event.has_value()) return events.status().ToString();
    Activity activity = *events->event;
    activity.clear_activity_id();
    activity.clear_customer_id();
    activity.clear_occurred_at();
    return activity.ShortDebugString();
  }

  std::string Reason(const std::string& kind, const Pairs& fields) {
    return std::string(Read(kind, fields).status().message());
  }

  ActivityRules rules_;
};

TEST_F(ActivityRowsTest, ReadsWhatAllActivitiesHave) {
  const auto events = Read("LOGGED_IN", {{"activity_id", "7"}, {"revision", "2"}, {"deleted", "true"}});
  ASSERT_TRUE(events.ok()) << events.status();
  EXPECT_EQ(events->event->ShortDebugString(),
            "activity_id: \"7\" customer_id: \"C-1\" occurred_at { seconds: 1793455500 } revision: 2 deleted: true "
            "logged_in { }");
  EXPECT_FALSE(events->implied.has_value());
}

TEST_F(ActivityRowsTest, ReadsTheFieldsOfItsKind) {
  const Pairs money = {{"plan", "pro"}, {"revenue", "49.90"}, {"currency", "EUR"}};
  const std::string subscription = "subscription { plan: \"pro\" monthly_recurring_minor: 4990 currency: \"EUR\" }";
  EXPECT_EQ(KindOf("converted", money), "converted { " + subscription + " }");
  EXPECT_EQ(KindOf("Plan changed", money), "plan_changed { " + subscription + " }");
  EXPECT_EQ(KindOf("SIGNED_UP", {}), "signed_up { }");
  EXPECT_EQ(KindOf("CANCELLED", {{"reason", "pricing"}, {"effective_at", "2026-11-30T00:00:00Z"}}),
            "cancelled { effective_at { seconds: 1795996800 } reason: \"pricing\" }");
  EXPECT_EQ(KindOf("INVOICED",
                   {{"invoice_id", "I-1"}, {"amount", "12"}, {"currency", "JPY"}, {"due_at", "2026-11-30T00:00:00Z"}}),
            "invoiced { invoice_id: \"I-1\" amount_minor: 12 currency: \"JPY\" due_at { seconds: 1795996800 } }");
  EXPECT_EQ(KindOf("INVOICE_PAID", {{"invoice_id", "I-1"}}), "invoice_paid { invoice_id: \"I-1\" }");
  EXPECT_EQ(KindOf("PURCHASED", {{"amount", "1.234"}, {"currency", "KWD"}}),
            "purchased { amount_minor: 1234 currency: \"KWD\" }");
  EXPECT_EQ(KindOf("FEATURE_USED", {{"feature", "export"}, {"quantity", "9"}}),
            "feature_used { feature: \"export\" quantity: 9 }");
  EXPECT_EQ(KindOf("OWNER_ASSIGNED", {{"owner_id", "mona"}}), "owner_assigned { owner_id: \"mona\" }");
  EXPECT_EQ(KindOf("CONCERN_VOICED", {{"topic", "churn"}}), "concern_voiced { topic: \"churn\" }");
}

TEST_F(ActivityRowsTest, LeavesFieldsOfOtherKindsAndBlankOnesAlone) {
  rules_.blanks = {"?"};
  EXPECT_EQ(KindOf("USED", {{"plan", "pro"}, {"revenue", "much"}, {"quantity", "?"}}), "used { }");
  EXPECT_EQ(KindOf("CONVERTED", {{"plan", " "}, {"currency", "EUR"}}), "converted { }");
}

TEST_F(ActivityRowsTest, TakesATwelfthOfAYear) {
  rules_.revenue_months = 12;
  EXPECT_THAT(KindOf("RENEWED", {{"revenue", "1000"}, {"currency", "EUR"}}),
              HasSubstr("monthly_recurring_minor: 8333"));
}

TEST_F(ActivityRowsTest, MakesAnIdOfWhatTheRowSays) {
  const auto id = [&](const Pairs& fields) { return Read("FEATURE_USED", fields)->event->activity_id(); };
  const std::string first = id({{"feature", "export"}});
  EXPECT_THAT(first, MatchesRegex("row-[0-9a-f]{32}"));
  EXPECT_EQ(id({{"feature", "export"}}), first);
  EXPECT_NE(id({{"feature", "import"}}), first);
  EXPECT_NE(id({{"feature", "export"}, {"quantity", "2"}}), first);
}

TEST_F(ActivityRowsTest, ImpliesAttributesBesideAnotherKind) {
  const Pairs fields = {{"activity_id", "7"}, {"attribute.country", "DE"}, {"attribute.industry", ""}};
  const auto events = Read("SIGNED_UP", fields);
  ASSERT_TRUE(events.ok()) << events.status();
  EXPECT_TRUE(events->event->has_signed_up());
  ASSERT_TRUE(events->implied.has_value());
  EXPECT_EQ(events->implied->activity_id(), "7:attributes");
  EXPECT_EQ(events->implied->attributes_set().ShortDebugString(), "attributes { key: \"country\" value: \"DE\" }");
  const auto alone = Read("ATTRIBUTES_SET", fields);
  EXPECT_EQ(alone->event->activity_id(), "7");
  EXPECT_FALSE(alone->implied.has_value());
}

TEST_F(ActivityRowsTest, TranslatesAndIgnoresKinds) {
  Map({{"stop", "CANCELLED"}, {"noise", "-"}});
  EXPECT_EQ(KindOf("Stop", {}), "cancelled { }");
  EXPECT_FALSE(Read("noise")->event.has_value());
  EXPECT_THAT(Reason("start", {}), AllOf(HasSubstr("kind 'start'"), HasSubstr("--kinds knows: noise, stop")));
}

TEST_F(ActivityRowsTest, SaysWhatIsWrong) {
  EXPECT_THAT(Reason("LEFT", {}), AllOf(HasSubstr("kind 'LEFT'"), HasSubstr("SIGNED_UP, CONVERTED")));
  EXPECT_THAT(Reason("CONVERTED", {{"revenue", "1,000"}}), HasSubstr("revenue '1,000' is not an amount"));
  EXPECT_THAT(Reason("USED", {{"quantity", "some"}}), HasSubstr("quantity 'some' is not a whole number"));
  EXPECT_THAT(Reason("CANCELLED", {{"effective_at", "soon"}}), HasSubstr("effective_at: time 'soon'"));
}

TEST(MinorUnitsTest, RoundsHalfUp) {
  EXPECT_EQ(*MinorUnits("amount", "0.125", "EUR"), 13);
  EXPECT_EQ(*MinorUnits("amount", "19.99", "USD"), 1999);
  EXPECT_FALSE(MinorUnits("amount", "1e300", "EUR").ok());
  EXPECT_FALSE(MinorUnits("amount", "nan", "EUR").ok());
}

TEST(MinorDigitsTest, AreThoseOfIso4217) {
  EXPECT_EQ(MinorDigits("EUR"), 2);
  EXPECT_EQ(MinorDigits("JPY"), 0);
  EXPECT_EQ(MinorDigits("KWD"), 3);
}

}  // namespace
}  // namespace rapport::cli

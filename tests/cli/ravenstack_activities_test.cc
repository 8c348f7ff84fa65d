// RavenStack's accounts, subscriptions, feature usage and churn events as activities.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "common/csv/reader.h"
#include "common/csv/table.h"
#include "tests/cli/command_runner.h"
#include "tests/cli/fake_churn_service.h"

namespace rapport::cli {
namespace {

using churn::v1::Activity;
using ::testing::AllOf;
using ::testing::HasSubstr;

std::string DataSet(const std::string& name) {
  return std::string(RAVENSTACK) + "/ravenstack_" + name + ".csv";
}

std::vector<csv::Column> Read(const std::string& name) {
  std::ifstream file(DataSet(name));
  absl::StatusOr<std::vector<csv::Column>> table = csv::ReadTable(file);
  EXPECT_TRUE(table.ok()) << table.status();
  return *std::move(table);
}

// Feature usage by account: the file has it by subscription.
std::string UsageByAccount() {
  const std::vector<csv::Column> subscriptions = Read("subscriptions");
  std::map<std::string, std::string> accounts;
  for (size_t i = 0; i < subscriptions[0].values.size(); ++i) {
    accounts[subscriptions[0].values[i]] = subscriptions[1].values[i];
  }
  const std::vector<csv::Column> usage = Read("feature_usage");
  std::string text = "id,account,day,feature,count\n";
  for (size_t i = 0; i < usage[0].values.size(); ++i) {
    text += csv::Line(
        {usage[0].values[i], accounts[usage[1].values[i]], usage[2].values[i], usage[3].values[i], usage[4].values[i]});
  }
  return text;
}

class RavenstackActivitiesTest : public testing::Test {
 protected:
  CommandResult Import(std::vector<std::string> flags, const std::string& text = "") {
    flags.insert(flags.begin(), {"--server=" + server_.address(), "activities", "import", "--time-format=%d-%m-%Y"});
    return RunCommand(flags, {.text = text});
  }

  int Count(Activity::KindCase kind) {
    int count = 0;
    for (const auto& [id, activity] : server_.service().activities()) count += activity.kind_case() == kind ? 1 : 0;
    return count;
  }

  FakeChurnServer server_;
};

TEST_F(RavenstackActivitiesTest, ImportsAccountsWithAttributes) {
  const CommandResult result =
      Import({DataSet("accounts"), "--set=kind=SIGNED_UP",
              "--map=customer_id=account_id,occurred_at=signup_date,plan=plan_tier,attribute.industry=industry",
              "--map=attribute.country=country,attribute.source=referral_source"});
  EXPECT_EQ(result.exit_code, 0) << result.err << result.out;
  EXPECT_THAT(result.out, AllOf(HasSubstr("created                500\n"), HasSubstr("attributes             500\n")));
  EXPECT_EQ(Count(Activity::kSignedUp), 500);
  EXPECT_EQ(Count(Activity::kAttributesSet), 500);
}

TEST_F(RavenstackActivitiesTest, ImportsSubscriptionsTwiceWithoutAChange) {
  const std::vector<std::string> flags = {
      DataSet("subscriptions"), "--set=kind=PLAN_CHANGED,currency=USD",
      "--map=activity_id=subscription_id,customer_id=account_id,occurred_at=start_date,plan=plan_tier",
      "--map=revenue=mrr_amount"};
  const CommandResult first = Import(flags);
  EXPECT_EQ(first.exit_code, 0) << first.err << first.out;
  EXPECT_THAT(first.out, HasSubstr("created              5,000\n"));
  EXPECT_THAT(Import(flags).out, HasSubstr("duplicate            5,000\n"));
  const Activity activity = server_.service().activities().at({"A-3c1a3f", "S-8cec59"});
  EXPECT_EQ(activity.plan_changed().subscription().monthly_recurring_minor(), 278600);
  // 23-12-2023 UTC.
  EXPECT_EQ(activity.occurred_at().seconds(), 1703289600);
}

TEST_F(RavenstackActivitiesTest, ImportsFeatureUsage) {
  const CommandResult result =
      Import({"-", "--set=kind=FEATURE_USED",
              "--map=activity_id=id,customer_id=account,occurred_at=day,feature=feature,quantity=count"},
             UsageByAccount());
  EXPECT_EQ(result.exit_code, 0) << result.err << result.out;
  EXPECT_THAT(result.out, HasSubstr("read                25,000\n"));
  EXPECT_GT(Count(Activity::kFeatureUsed), 24'900);
}

TEST_F(RavenstackActivitiesTest, ImportsChurnEventsAsCancellationsAndReturns) {
  const CommandResult result =
      Import({DataSet("churn_events"), "--kinds=FALSE=CANCELLED,TRUE=RETURNED",
              "--map=activity_id=churn_event_id,customer_id=account_id,occurred_at=churn_date,reason=reason_code",
              "--map=kind=is_reactivation"});
  EXPECT_EQ(result.exit_code, 0) << result.err << result.out;
  EXPECT_THAT(result.out, HasSubstr("created                600\n"));
  EXPECT_EQ(Count(Activity::kCancelled) + Count(Activity::kReturned), 600);
  EXPECT_GT(Count(Activity::kReturned), 0);
  EXPECT_EQ(server_.service().activities().at({"A-c37cab", "C-816288"}).cancelled().reason(), "pricing");
}

}  // namespace
}  // namespace rapport::cli

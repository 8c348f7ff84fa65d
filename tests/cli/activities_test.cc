#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/cli/command_runner.h"
#include "tests/cli/fake_churn_service.h"

namespace rapport::cli {
namespace {

using churn::v1::Activity;
using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

class ActivitiesTest : public testing::Test {
 protected:
  CommandResult Command(std::vector<std::string> arguments, const CommandInput& input = {}) {
    arguments.insert(arguments.begin(), "--server=" + server_.address());
    return RunCommand(arguments, input);
  }

  CommandResult Import(const std::string& file, std::vector<std::string> flags) {
    flags.insert(flags.begin(), {"activities", "import", "-", "--retry-delay=1ms"});
    return Command(flags, {.text = file});
  }

  FakeChurnService& service() { return server_.service(); }

  FakeChurnServer server_;
};

TEST_F(ActivitiesTest, ImportsRowsOnceWithoutAnIdColumn) {
  const std::string file =
      "who,what,at,plan,price,country\n"
      "C-1,start,31-10-2026,pro,49.90,DE\n"
      "C-1,stop,01-11-2026,,,\n"
      "C-2,noise,01-11-2026,,,\n"
      "C-2,start,yesterday,,,\n";
  const std::vector<std::string> flags = {"--map=customer_id=who,kind=what,occurred_at=at,plan=plan,revenue=price",
                                          "--map=attribute.country=country", "--set=currency=EUR",
                                          "--kinds=start=CONVERTED,stop=CANCELLED,*=-", "--time-format=%d-%m-%Y"};
  const CommandResult first = Import(file, flags);
  EXPECT_EQ(first.exit_code, 3) << first.err;
  EXPECT_THAT(first.out, AllOf(HasSubstr("read                     4\n"), HasSubstr("created                  2\n"),
                               HasSubstr("ignored                  1\n"), HasSubstr("attributes               1\n"),
                               HasSubstr("occurred_at: time 'yesterday'")));
  EXPECT_EQ(service().activities().size(), 3);
  EXPECT_THAT(Import(file, flags).out,
              AllOf(HasSubstr("created                  0\n"), HasSubstr("duplicate                2\n")));
  EXPECT_EQ(service().activities().size(), 3);
}

TEST_F(ActivitiesTest, ImportsJsonLines) {
  const CommandResult result = Import(
      "{\"id\": 1, \"user\": {\"account\": \"C-1\"}, \"ts\": 1793455500, \"name\": \"export\", \"n\": 9}\n"
      "not json\n",
      {"--format=jsonl", "--set=kind=FEATURE_USED", "--time-format=unix",
       "--map=activity_id=id,customer_id=user.account,occurred_at=ts,feature=name,quantity=n"});
  EXPECT_EQ(result.exit_code, 3) << result.err;
  EXPECT_THAT(result.out, HasSubstr("the line is not a JSON object (line 2)"));
  const Activity activity = service().activities().at({"C-1", "1"});
  EXPECT_EQ(activity.feature_used().quantity(), 9);
  EXPECT_EQ(activity.occurred_at().seconds(), 1793455500);
}

TEST_F(ActivitiesTest, NamesFieldsAndColumnsThatAreNone) {
  EXPECT_THAT(Import("who,at\n", {"--map=customer_id=who,occurred_at=at"}).err, HasSubstr("field 'kind' is missing"));
  EXPECT_THAT(Import("who,at\n", {"--map=customer_id=wo,occurred_at=at", "--set=kind=USED"}).err,
              HasSubstr("no column 'wo'; did you mean 'who'?"));
  EXPECT_THAT(Import("who,at\n", {"--map=customer=who"}).err,
              AllOf(HasSubstr("no field 'customer'; did you mean 'customer_id'?"), HasSubstr("attribute.KEY"),
                    Not(HasSubstr("label.KEY"))));
  EXPECT_THAT(Import("who,at\n", {"--map=customer_id=who,occurred_at=at,kind=at", "--kinds=a=LEFT"}).err,
              HasSubstr("--kinds 'LEFT'"));
}

TEST_F(ActivitiesTest, RecordsOneByHand) {
  const CommandResult result =
      Command({"activities", "record", "CONVERTED", "--customer=C-7", "--activity-id=A-1", "--plan=pro",
               "--revenue=49.90", "--currency=EUR", "--occurred-at=2026-10-30", "--time-zone=Europe/Berlin"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "created  A-1\n");
  EXPECT_EQ(service().last("RecordActivitiesRequest"),
            "activities { activity_id: \"A-1\" customer_id: \"C-7\" occurred_at { seconds: 1793314800 } converted { "
            "subscription { plan: \"pro\" monthly_recurring_minor: 4990 currency: \"EUR\" } } }");
}

TEST_F(ActivitiesTest, RecordsNowUnderAnIdOfItsOwn) {
  const std::vector<std::string> command = {"activities", "record", "ATTRIBUTES_SET", "--customer=C-7",
                                            "--attribute=country=DE"};
  EXPECT_THAT(Command(command).out, ContainsRegex("created  row-[0-9a-f]+\n"));
  EXPECT_THAT(service().last("RecordActivitiesRequest"), HasSubstr("occurred_at { seconds: 1793455500 }"));
  EXPECT_THAT(Command(command).out, HasSubstr("duplicate"));
}

TEST_F(ActivitiesTest, SaysWhyAnActivityWasRefused) {
  const CommandResult result = Command({"activities", "record", "USED", "--customer=refused"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("customer_id: 'refused' is not wanted"));
  EXPECT_THAT(Command({"activities", "record", "LEFT", "--customer=C-7"}).err, HasSubstr("kind 'LEFT' is not one of"));
}

}  // namespace
}  // namespace rapport::cli

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "tests/cli/command_runner.h"
#include "tests/cli/fake_ratings_service.h"

namespace rapport::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(RavenstackTest, ImportsTheTicketsTwiceWithoutAChange) {
  FakeServer server;
  const std::vector<std::string> import = {
      "--server=" + server.address(),
      "ratings",
      "import",
      RAVENSTACK_TICKETS,
      "--scale=CSAT_5",
      "--map=rating_id=ticket_id,customer_id=account_id,score=satisfaction_score,occurred_at=closed_at",
      "--map=label.priority=priority",
      "--time-format=%d-%m-%Y %H:%M",
      "--time-zone=UTC"};
  const CommandResult first = RunCommand(import);
  EXPECT_EQ(first.exit_code, 0) << first.err;
  EXPECT_THAT(first.out, AllOf(HasSubstr("read                 2,000\n"), HasSubstr("created              1,175\n"),
                               HasSubstr("not rated              825\n"), HasSubstr("rejected                 0\n")));
  const CommandResult second = RunCommand(import);
  EXPECT_EQ(second.exit_code, 0) << second.err;
  EXPECT_THAT(second.out, AllOf(HasSubstr("created                  0\n"), HasSubstr("duplicate            1,175\n")));

  std::map<int, int> scores;
  for (const auto& [id, rating] : server.service().stored()) ++scores[rating.points()];
  EXPECT_EQ(scores, (std::map<int, int>{{3, 396}, {4, 405}, {5, 374}}));
  const ratings::v1::Rating rating = server.service().stored().at("T-d5e12f");
  EXPECT_EQ(rating.customer_id(), "A-0f3e88");
  EXPECT_EQ(rating.labels().at("priority"), "urgent");
  // 17-10-2024 19:00 UTC.
  EXPECT_EQ(rating.occurred_at().seconds(), 1729191600);
}

}  // namespace
}  // namespace rapport::cli

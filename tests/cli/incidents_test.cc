#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdio.h>

#include <array>
#include <string>

#include "tests/cli/command_runner.h"
#include "tests/cli/fake_response_times_service.h"

namespace rapport::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string Unzipped(const std::string& path) {
  FILE* pipe = popen(("unzip -p " + path).c_str(), "r");
  std::string content;
  std::array<char, 1 << 16> buffer;
  while (const size_t count = fread(buffer.data(), 1, buffer.size(), pipe)) content.append(buffer.data(), count);
  pclose(pipe);
  return content;
}

TEST(IncidentsTest, ImportsRealIncidentsInOneCommand) {
  FakeResponseTimesServer server;
  const TemporaryFile folder("");
  const std::string rejects = folder.Sibling("rejects.csv");
  const CommandResult result =
      RunCommand({"--server=" + server.address(), "conversations", "import", "-", "--event-column=ident_state",
                  "--map=event_id=sys_mod_count+ident_state,conversation_id=number,customer_id=caller_id",
                  "--map=occurred_at=sys_updated_at,agent_id=assigned_to,sequence=sys_mod_count,priority=priority",
                  "--map=channel=contact_type,label.team=assignment_group", "--opened-at=opened_at",
                  "--events=New=-,Resolved=AGENT_MESSAGE+RESOLVED,Closed=AGENT_MESSAGE+RESOLVED,*=AGENT_MESSAGE",
                  "--priorities=1=URGENT,2=HIGH,3=NORMAL,4=LOW", "--channels=IVR=PHONE,Direct opening=OTHER",
                  "--time-format=%d/%m/%Y %H:%M", "--time-zone=UTC", "--rejects=" + rejects},
                 {.text = Unzipped(INCIDENTS)});
  EXPECT_EQ(result.exit_code, 3) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("read               141,712\n"), HasSubstr("created            105,303\n"),
                                HasSubstr("ignored             36,407\n"), HasSubstr("rejected                 2\n"),
                                HasSubstr("opened              24,918\n"), HasSubstr("earlier than opened_at")));
  EXPECT_THAT(FileContent(rejects), AllOf(HasSubstr("\"0000131\",\"Active\""), HasSubstr("\"0000135\",\"Active\"")));
  EXPECT_EQ(server.service().events().size(), 105'303 + 24'918);
}

}  // namespace
}  // namespace rapport::cli

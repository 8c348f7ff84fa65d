#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "rapport/access/v1/credentials.pb.h"
#include "tests/cli/command_runner.h"
#include "tests/cli/fake_ratings_service.h"

namespace rapport::cli {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;
using ::testing::SizeIs;

class CommandsTest : public testing::Test {
 protected:
  CommandResult Command(std::vector<std::string> arguments, const CommandInput& input = {}) {
    arguments.insert(arguments.begin(), "--server=" + server_.address());
    return RunCommand(arguments, input);
  }

  CommandResult Record(const std::string& id, const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments = {"ratings",        "record",    "--rating-id=" + id, "--customer=C-1",
                                          "--scale=CSAT_5", "--score=4", "--comment=Thanks"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return Command(arguments);
  }

  FakeServer server_;
};

TEST_F(CommandsTest, RecordsARatingNowAndOnce) {
  const CommandResult first = Record("T-1", {"--agent=mona", "--channel=email", "--label=plan=pro"});
  ASSERT_EQ(first.exit_code, 0) << first.err;
  EXPECT_EQ(first.out, "created\n");
  EXPECT_EQ(Record("T-1").exit_code, 0);
  const ratings::v1::Rating rating = server_.service().stored().at("T-1");
  EXPECT_EQ(rating.occurred_at().seconds(), 1793455500);
}

TEST_F(CommandsTest, RecordsWhatTheFlagsSay) {
  ASSERT_EQ(Record("T-1", {"--agent=mona", "--channel=email", "--label=plan=pro", "--label=team=billing",
                           "--occurred-at=2026-10-30 12:00:00", "--time-zone=Europe/Berlin", "--revision=3",
                           "--conversation=V-1", "--comment-visibility=all"})
                .exit_code,
            0);
  const ratings::v1::Rating rating = server_.service().stored().at("T-1");
  EXPECT_EQ(rating.agent_id(), "mona");
  EXPECT_EQ(rating.channel(), common::v1::CHANNEL_EMAIL);
  EXPECT_EQ(rating.labels().at("team"), "billing");
  EXPECT_EQ(rating.occurred_at().seconds(), 1793358000);
  EXPECT_EQ(rating.revision(), 3);
  EXPECT_EQ(rating.comment_visibility(), ratings::v1::COMMENT_VISIBILITY_ALL);
}

TEST_F(CommandsTest, SendsCredentialsAndDevelopmentIdentity) {
  const TemporaryFile token("secret\n");
  ASSERT_EQ(Command({"--agent=mona", "--tenant=acme", "--token-file=" + token.path(), "ratings", "query"}).exit_code,
            0);
  EXPECT_THAT(server_.service().last_metadata(),
              AllOf(Contains(Pair("authorization", "Bearer secret")), Contains(Pair("x-rapport-agent", "mona")),
                    Contains(Pair("x-rapport-tenant", "acme"))));
}

TEST_F(CommandsTest, TakesGlobalFlagsAfterTheCommandToo) {
  const CommandResult result = Record("T-1", {"--output=json", "--tenant=acme"});
  EXPECT_EQ(result.out, "{\"outcome\":\"OUTCOME_CREATED\"}\n") << result.err;
  EXPECT_THAT(server_.service().last_metadata(), Contains(Pair("x-rapport-tenant", "acme")));
}

TEST_F(CommandsTest, AsksForTheFiguresThatTheFlagsName) {
  const CommandResult result =
      Command({"ratings", "query", "--month=2026-10", "--time-zone=Europe/Berlin", "--bucket=week", "--group-by=agent",
               "--filter=channel=email", "--scale=nps_11", "--compare", "--customers", "--confidence=0.9"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(server_.service().last_query().ShortDebugString(),
            "range { start { seconds: 1790805600 } end { seconds: 1793487600 } } time_zone: \"Europe/Berlin\" "
            "bucket: BUCKET_WEEK scale: SCALE_NPS_11 group_by: DIMENSION_AGENT filter { dimension: DIMENSION_CHANNEL "
            "value: \"EMAIL\" } confidence: 0.9 compare_with_previous: true include_customer_figures: true");
}

TEST_F(CommandsTest, PrintsJsonThatParsesBack) {
  auto& figures = *server_.service().query_response.add_totals()->add_scales();
  figures.set_scale(ratings::v1::SCALE_CSAT_5);
  figures.mutable_csat()->set_value(0.5);
  const CommandResult result = Command({"--output=json", "ratings", "query"});
  ratings::v1::QueryRatingsResponse parsed;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(result.out, &parsed).ok()) << result.out;
  EXPECT_EQ(parsed.DebugString(), server_.service().query_response.DebugString());
}

TEST_F(CommandsTest, ListsOverPagesUpToTheLimit) {
  for (const char* id : {"T-1", "T-2", "T-3", "T-4", "T-5"}) Record(id);
  EXPECT_THAT(std::vector<std::string>(absl::StrSplit(Command({"ratings", "list", "--limit=0", "--output=json"}).out,
                                                      '\n', absl::SkipEmpty())),
              SizeIs(5));
  const CommandResult limited = Command({"ratings", "list", "--limit=3", "--sentiment=negative"});
  EXPECT_THAT(limited.out, AllOf(HasSubstr("T-3"), Not(HasSubstr("T-4"))));
}

TEST_F(CommandsTest, ShowsOneRating) {
  Record("T-1");
  EXPECT_THAT(Command({"ratings", "get", "T-1"}).out, AllOf(HasSubstr("CSAT_5 4"), HasSubstr("Thanks")));
  const CommandResult missing = Command({"ratings", "get", "T-9"});
  EXPECT_EQ(missing.exit_code, 1);
  EXPECT_THAT(missing.err, HasSubstr("NOT_FOUND: no rating T-9"));
}

TEST_F(CommandsTest, ShowsCustomers) {
  EXPECT_THAT(Command({"ratings", "customers", "--scale=CSAT_5"}).out, HasSubstr("sad"));
  EXPECT_THAT(Command({"ratings", "customers", "--scale=CSAT_5", "--order=happiest"}).out, HasSubstr("glad"));
  EXPECT_THAT(Command({"ratings", "customer", "C-1", "C-2"}).out,
              AllOf(HasSubstr("C-1"), HasSubstr("C-2"), HasSubstr("never rated")));
}

TEST_F(CommandsTest, WatchPrintsRatingsAndTheTokenToGoOnWith) {
  for (const char* id : {"T-1", "T-2"}) {
    ratings::v1::WatchRatingsResponse message;
    message.mutable_rating()->set_rating_id(id);
    message.set_resume_token(absl::StrCat("after-", id));
    server_.service().watch_messages.push_back(message);
  }
  const CommandResult result =
      Command({"ratings", "watch", "--count=2", "--resume-token=earlier", "--sentiment=NEGATIVE"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("T-1"), HasSubstr("T-2")));
  EXPECT_EQ(result.err, "resume with --resume-token=after-T-2\n");
  EXPECT_EQ(server_.service().last_watch().resume_token(), "earlier");
  EXPECT_EQ(server_.service().last_watch().filter().sentiment(), ratings::v1::SENTIMENT_NEGATIVE);
}

TEST_F(CommandsTest, ExportGoesOnWhereTheStreamBroke) {
  for (const char* id : {"T-1", "T-2", "T-3"}) {
    ratings::v1::ExportRatingsResponse chunk;
    chunk.add_ratings()->set_rating_id(id);
    server_.service().export_chunks.push_back(chunk);
  }
  server_.service().export_break = 2;
  const CommandResult result = Command({"ratings", "export", "--format=jsonl", "--retry-delay=1ms"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "{\"rating_id\":\"T-1\"}\n{\"rating_id\":\"T-2\"}\n{\"rating_id\":\"T-3\"}\n");
}

TEST_F(CommandsTest, ExportLeavesNoHalfFile) {
  const TemporaryFile folder("");
  const std::string path = folder.Sibling("nowhere/out.csv");
  const CommandResult result = Command({"ratings", "export", "--output-file=" + path});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("out.csv"));
}

TEST_F(CommandsTest, EraseAsksOnATerminalOnly) {
  const CommandResult piped = Command({"ratings", "erase", "C-1"}, {.text = "yes\n"});
  EXPECT_EQ(piped.exit_code, 1);
  EXPECT_THAT(piped.err, HasSubstr("--yes"));
  EXPECT_EQ(Command({"ratings", "erase", "C-1"}, {.text = "no\n", .is_terminal = true}).exit_code, 1);
  EXPECT_EQ(server_.service().erased_customer(), "");
  EXPECT_EQ(Command({"ratings", "erase", "C-1"}, {.text = "yes\n", .is_terminal = true}).exit_code, 0);
  EXPECT_EQ(server_.service().erased_customer(), "C-1");
  EXPECT_EQ(Command({"ratings", "erase", "C-2", "--yes"}).out, "erased 2 ratings and surveys\n");
  EXPECT_EQ(server_.service().erased_customer(), "C-2");
}

TEST_F(CommandsTest, ErrorsSayWhatToDoNext) {
  server_.service().unary_status = grpc::Status(grpc::StatusCode::UNAUTHENTICATED, "no token");
  const CommandResult result = Command({"ratings", "query"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, AllOf(HasSubstr("UNAUTHENTICATED: no token"), HasSubstr("--token-file")));
}

TEST(CommandLineTest, SaysThatNoServerAnswers) {
  std::string address;
  {
    const FakeServer gone;
    address = gone.address();
  }
  const CommandResult result = RunCommand({"--server=" + address, "ratings", "query"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, AllOf(HasSubstr("no server answered at " + address), HasSubstr("deploy/local/run")));
}

TEST(CommandLineTest, WarnsBeforeATokenTravelsInTheClear) {
  const CommandResult result =
      RunCommand({"--server=ratings.invalid:1", "--token=x", "ratings", "query", "--group-by=mood"});
  EXPECT_THAT(result.err, HasSubstr("unencrypted; add --tls"));
}

TEST(CommandLineTest, ReturnsTwoForAWrongCommandLine) {
  const std::vector<std::vector<std::string>> wrong = {{},
                                                       {"ratings"},
                                                       {"ratings", "nonsense"},
                                                       {"ratings", "get"},
                                                       {"--output=xml", "ratings", "query"},
                                                       {"--timeout=soon", "ratings", "query"},
                                                       {"ratings", "import", "f", "--scale=CSAT_5"}};
  for (const auto& arguments : wrong) {
    const CommandResult result = RunCommand(arguments);
    EXPECT_EQ(result.exit_code, 2) << absl::StrJoin(arguments, " ");
    EXPECT_NE(result.err, "") << absl::StrJoin(arguments, " ");
  }
}

TEST(CommandLineTest, NamesTheFlagThatCannotBeRead) {
  EXPECT_THAT(RunCommand({"ratings", "query", "--group-by=mood"}).err,
              AllOf(HasSubstr("--group-by 'mood'"), HasSubstr("AGENT, TEAM")));
  EXPECT_THAT(RunCommand({"ratings", "list", "--filter=EMAIL"}).err, HasSubstr("DIMENSION=VALUE"));
  EXPECT_THAT(RunCommand({"--tls-cert=a", "ratings", "query"}).err, HasSubstr("--tls-key"));
}

TEST(CommandLineTest, EveryCommandTeachesWithExamples) {
  const std::vector<std::vector<std::string>> commands = {
      {"ratings", "record"},    {"ratings", "import"},   {"ratings", "query"},  {"ratings", "list"},
      {"ratings", "get"},       {"ratings", "watch"},    {"ratings", "export"}, {"ratings", "erase"},
      {"ratings", "customers"}, {"ratings", "customer"}, {"surveys", "import"}, {"token", "new"}};
  for (std::vector<std::string> command : commands) {
    const std::string name = absl::StrCat("rapport ", absl::StrJoin(command, " "));
    command.emplace_back("--help");
    const CommandResult result = RunCommand(command);
    EXPECT_EQ(result.exit_code, 0) << name;
    EXPECT_THAT(result.out, AllOf(HasSubstr("Examples:"), HasSubstr(name))) << name;
  }
  EXPECT_THAT(RunCommand({"--help"}).out, HasSubstr("RAPPORT_SERVER"));
}

TEST(TokenCommandTest, AddsCredentialsToAPrivateFile) {
  const TemporaryFile folder("");
  const std::string path = folder.Sibling("credentials.json");
  const std::vector<std::string> arguments = {"token",
                                              "new",
                                              "--name=mona",
                                              "--tenant=acme",
                                              "--roles=ingest,agent",
                                              "--agent-id=mona",
                                              "--lead-of=billing,sales",
                                              "--add-to=" + path};
  const CommandResult first = RunCommand(arguments);
  ASSERT_EQ(first.exit_code, 0) << first.err;
  EXPECT_EQ(RunCommand(arguments).exit_code, 0);
  struct stat file = {};
  ASSERT_EQ(stat(path.c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 0777, 0600);
  access::v1::Credentials credentials;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(FileContent(path), &credentials).ok());
  ASSERT_EQ(credentials.credentials_size(), 2);
  EXPECT_EQ(credentials.credentials(0).lead_of_teams_size(), 2);
  EXPECT_EQ(credentials.credentials(0).token_sha256().size(), 64);
  EXPECT_THAT(FileContent(path), Not(HasSubstr(first.out.substr(0, 43))));
}

TEST(TokenCommandTest, RefusesToTouchAFileThatIsNoCredentialsFile) {
  const TemporaryFile file("not JSON");
  const CommandResult result =
      RunCommand({"token", "new", "--name=a", "--tenant=acme", "--roles=read", "--add-to=" + file.path()});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(FileContent(file.path()), "not JSON");
}

}  // namespace
}  // namespace rapport::cli

#include <gmock/gmock.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/cli/command_runner.h"
#include "tests/cli/fake_ratings_service.h"

namespace rapport::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string ManyRatings(int count) {
  std::string text = "id,who,stars,when\r\n";
  for (int i = 0; i < count; ++i) {
    absl::StrAppend(&text, "T-", i, ",C-", i % 7, ",", 1 + i % 5, ",2026-10-31T14:05:00Z\r\n");
  }
  return text;
}

class ImportTest : public testing::Test {
 protected:
  CommandResult Import(const std::string& file, const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments = {"--server",
                                          server_.address(),
                                          "ratings",
                                          "import",
                                          file,
                                          "--scale=CSAT_5",
                                          "--map=rating_id=id,customer_id=who,score=stars,occurred_at=when",
                                          "--retry-delay=1ms"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return RunCommand(arguments);
  }

  // The report as JSON, with its numbers by name.
  google::protobuf::Struct Report(const CommandResult& result) {
    google::protobuf::Struct report;
    EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(result.out, &report).ok()) << result.out;
    return report;
  }
  int Count(const google::protobuf::Struct& report, const std::string& name) {
    return static_cast<int>(report.fields().at(name).number_value());
  }

  FakeServer server_;
};

TEST_F(ImportTest, RecordsEveryRowOnce) {
  const TemporaryFile file(ManyRatings(2500));
  const CommandResult first = Import(file.path());
  EXPECT_EQ(first.exit_code, 0) << first.err;
  EXPECT_EQ(first.err, "");
  EXPECT_THAT(first.out, AllOf(HasSubstr("read                 2,500\n"), HasSubstr("created              2,500\n")));
  EXPECT_EQ(server_.service().stored().size(), 2500);

  const CommandResult second = Import(file.path());
  EXPECT_EQ(second.exit_code, 0) << second.err;
  EXPECT_THAT(second.out, AllOf(HasSubstr("created                  0\n"), HasSubstr("duplicate            2,500\n")));
}

TEST_F(ImportTest, LosesNothingWhenStreamsAreCut) {
  server_.service().ingest_cuts = {{.acknowledged = 0}, {.acknowledged = 3}, {.acknowledged = 0}, {.acknowledged = 5}};
  const TemporaryFile file(ManyRatings(2000));
  const CommandResult result = Import(file.path(), {"--batch-size=100", "--output=json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(server_.service().stored().size(), 2000);
  EXPECT_EQ(server_.service().streams(), 5);
  const google::protobuf::Struct report = Report(result);
  EXPECT_EQ(Count(report, "read"), 2000);
  EXPECT_EQ(Count(report, "created") + Count(report, "duplicate"), 2000);
  // At least the batches whose acknowledgement was lost were known when they came again.
  EXPECT_GE(Count(report, "duplicate"), 200);
  EXPECT_THAT(result.err, HasSubstr("trying again in 1ms"));
}

TEST_F(ImportTest, SendsAgainWhatTheServerCouldNotTakeForNow) {
  server_.service().refused_once = {"T-3", "T-150"};
  const TemporaryFile file(ManyRatings(200));
  const CommandResult result = Import(file.path(), {"--batch-size=100", "--output=json"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(Count(Report(result), "created"), 200);
}

TEST_F(ImportTest, StopsAtAnErrorThatDoesNotPassAndStillReports) {
  server_.service().ingest_cuts = {
      {.acknowledged = 1, .status = grpc::Status(grpc::StatusCode::PERMISSION_DENIED, "role ingest is missing")}};
  const TemporaryFile file(ManyRatings(300));
  const CommandResult result = Import(file.path(), {"--batch-size=100", "--window=1"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, AllOf(HasSubstr("PERMISSION_DENIED: role ingest is missing"), HasSubstr("token new")));
  EXPECT_THAT(result.out, HasSubstr("created                100\n"));
}

TEST_F(ImportTest, GivesUpOnAServerThatStaysAway) {
  for (int i = 0; i < 3; ++i) server_.service().ingest_cuts.push_back({.acknowledged = 0});
  const TemporaryFile file(ManyRatings(10));
  const CommandResult result = Import(file.path(), {"--tries=3"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("is it running? start one with deploy/local/run"));
  EXPECT_EQ(server_.service().streams(), 3);
}

TEST_F(ImportTest, GroupsRejectionsByReasonAndWritesTheRows) {
  const TemporaryFile file(
      "id,who,stars,when\n"
      "T-1,C-1,4,2026-10-31T14:05:00Z\n"
      "T-2,C-1,4.5,2026-10-31T14:05:00Z\n"
      "T-3,C-1,,\n"
      "T-4,C-1,9,2026-10-31T14:05:00Z\n"
      "T-5,C-1,3.5,2026-10-31T14:05:00Z\n"
      "T-6,C-1\n"
      "T-7,5\" screen,4,2026-10-31T14:05:00Z\n"
      "T-8,caf\xE9,4,2026-10-31T14:05:00Z\n"
      "T-9,\"two\nlines\",4,soon\n");
  const std::string rejects = file.Sibling("rejects.csv");
  const CommandResult result = Import(file.path(), {"--rejects=" + rejects});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.out, AllOf(HasSubstr("read                     9\n"), HasSubstr("created                  1\n"),
                                HasSubstr("not rated                1\n"), HasSubstr("rejected                 7\n")));
  EXPECT_THAT(result.out, HasSubstr("2  score '4.5' is not a whole number, as CSAT_5 asks (lines 3, 6)\n"));
  EXPECT_THAT(result.out, HasSubstr("1  points: 9 is not within 1 to 5 (line 5)\n"));
  EXPECT_THAT(result.out, HasSubstr("1  the row has 2 columns, the header 4 (line 7)\n"));
  EXPECT_THAT(result.out, HasSubstr("(line 10)\n"));

  const std::string written = FileContent(rejects);
  EXPECT_THAT(written, StartsWith("\"reject_line\",\"reject_reason\",\"id\",\"who\",\"stars\",\"when\"\n"));
  EXPECT_THAT(written, HasSubstr("\"5\",\"points: 9 is not within 1 to 5\",\"T-4\",\"C-1\",\"9\","));
  EXPECT_THAT(written, HasSubstr("\"T-9\",\"two\nlines\",\"4\",\"soon\"\n"));
}

TEST_F(ImportTest, TakesInTheRejectsFileOnceItIsMended) {
  const TemporaryFile mended(
      "reject_line,reject_reason,id,who,stars,when\n"
      "5,points: 9 is not within 1 to 5,T-4,C-1,5,2026-10-31T14:05:00Z\n");
  EXPECT_EQ(Import(mended.path()).exit_code, 0);
  EXPECT_EQ(server_.service().stored().at("T-4").points(), 5);
}

TEST_F(ImportTest, SendsTheGoodRowsBeforeAFileBreaksOff) {
  const TemporaryFile file("id,who,stars,when\nT-1,C-1,4,2026-10-31T14:05:00Z\nT-2,\"open\n");
  const CommandResult result = Import(file.path());
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("line 3: a quoted field begins here and is never closed"));
  EXPECT_EQ(server_.service().stored().size(), 1);
}

TEST_F(ImportTest, RefusesToOverwriteItsInput) {
  const TemporaryFile file(ManyRatings(1));
  const CommandResult result = Import(file.path(), {"--rejects=" + file.path()});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("--rejects names the file that is imported"));
  EXPECT_EQ(FileContent(file.path()), ManyRatings(1));
}

TEST_F(ImportTest, TellsOfFilesThatAreNotThere) {
  EXPECT_THAT(Import("/nowhere/file.csv").err, HasSubstr("/nowhere/file.csv"));
  EXPECT_THAT(Import("/").err, HasSubstr("is a folder"));
  const TemporaryFile empty("");
  EXPECT_THAT(Import(empty.path()).err, HasSubstr("the file is empty"));
}

TEST_F(ImportTest, NamesTheNearestColumn) {
  const TemporaryFile file("id,whom,stars,when\n");
  const CommandResult result = Import(file.path());
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("no column 'who'; did you mean 'whom'? Its columns are: id, whom, stars, when"));
}

TEST_F(ImportTest, ReadsStandardInput) {
  const CommandResult result =
      RunCommand({"--server=" + server_.address(), "ratings", "import", "-", "--scale=THUMBS_2",
                  "--map=rating_id=id,customer_id=who,score=s,occurred_at=t", "--scores=good=UP,bad=DOWN",
                  "--set=channel=EMAIL,label.source=zendesk", "--time-format=unix", "--delimiter=;"},
                 {.text = "id;who;s;t\n1;2;Good;1700000000\n"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const ratings::v1::Rating rating = server_.service().stored().at("1");
  EXPECT_EQ(rating.thumb(), ratings::v1::THUMB_UP);
  EXPECT_EQ(rating.channel(), common::v1::CHANNEL_EMAIL);
  EXPECT_EQ(rating.labels().at("source"), "zendesk");
}

TEST_F(ImportTest, KeepsBatchesOfLongCommentsBelowTheMessageLimit) {
  std::string text = "id,who,stars,when,comment\n";
  for (int i = 0; i < 1500; ++i) {
    absl::StrAppend(&text, i, ",C,5,2026-10-31T14:05:00Z,", std::string(4000, 'x'), "\n");
  }
  const TemporaryFile file(text);
  const CommandResult result = Import(file.path(), {"--map=comment=comment"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(server_.service().stored().size(), 1500);
}

TEST_F(ImportTest, ReadsBackAnExport) {
  ratings::v1::Rating rating;
  rating.set_rating_id("T-1");
  rating.set_customer_id("C-1");
  rating.set_scale(ratings::v1::SCALE_CSAT_5);
  rating.set_points(2);
  rating.set_comment("so, \"slow\"\nand late");
  (*rating.mutable_labels())["plan"] = "pro";
  rating.mutable_occurred_at()->set_seconds(1793455500);
  rating.mutable_occurred_at()->set_nanos(250000000);
  ratings::v1::ExportRatingsResponse chunk;
  *chunk.add_ratings() = rating;
  server_.service().export_chunks = {chunk};
  const TemporaryFile file("");
  const std::string exported = file.Sibling("export.csv");
  ASSERT_EQ(RunCommand({"--server=" + server_.address(), "ratings", "export", "--output-file=" + exported}).exit_code,
            0);
  const CommandResult result = RunCommand(
      {"--server=" + server_.address(), "ratings", "import", exported, "--scale=CSAT_5",
       "--map=rating_id=rating_id,customer_id=customer_id,score=score,occurred_at=occurred_at,comment=comment",
       "--map=label.plan=label.plan"});
  ASSERT_EQ(result.exit_code, 0) << result.err << result.out;
  EXPECT_EQ(server_.service().stored().at("T-1").DebugString(), rating.DebugString());
}

TEST_F(ImportTest, RecordsSurveysAndSendsAgainWhatWasRefused) {
  server_.service().refused_once = {"S-2"};
  const TemporaryFile file("id,who,when\nS-1,C-1,2026-10-31T14:05:00Z\nS-2,C-2,2026-10-31T14:05:00Z\n");
  const std::vector<std::string> arguments = {"--server=" + server_.address(),
                                              "surveys",
                                              "import",
                                              file.path(),
                                              "--scale=NPS_11",
                                              "--set=status=DELIVERED",
                                              "--map=survey_id=id,customer_id=who,occurred_at=when",
                                              "--retry-delay=1ms",
                                              "--output=json"};
  const CommandResult first = RunCommand(arguments);
  ASSERT_EQ(first.exit_code, 0) << first.err;
  EXPECT_EQ(Count(Report(first), "created"), 2);
  EXPECT_EQ(server_.service().surveys().at("S-2").status(), ratings::v1::SURVEY_STATUS_DELIVERED);
  EXPECT_EQ(Count(Report(RunCommand(arguments)), "duplicate"), 2);
}

}  // namespace
}  // namespace rapport::cli

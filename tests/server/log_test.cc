#include "common/server/log.h"

#include <gmock/gmock.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace rapport::server {
namespace {

class LogTest : public ::testing::Test {
 protected:
  Logger::Sink Sink() {
    return [this](absl::string_view line) { lines_.emplace_back(line); };
  }
  // The last line as JSON.
  google::protobuf::Struct Last() const {
    google::protobuf::Struct line;
    EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(lines_.back(), &line).ok()) << lines_.back();
    return line;
  }

  std::vector<std::string> lines_;
};

TEST_F(LogTest, WritesOneLineOfJsonAnEvent) {
  Logger log("ratings", Severity::kInfo, Sink());
  log.Write(Severity::kWarning, "store is \"slow\"\nand late", "QueryRatings", "4bf92f3577b34da6a3ce929d0e0e4736",
            {{"count", int64_t{7}}, {"seconds", 0.25}, {"retried", true}, {"engine", "redis"}});
  ASSERT_EQ(lines_.size(), 1u);
  EXPECT_EQ(lines_[0].find('\n'), lines_[0].size() - 1);
  auto fields = *Last().mutable_fields();
  EXPECT_EQ(fields["severity"].string_value(), "WARNING");
  EXPECT_EQ(fields["message"].string_value(), "store is \"slow\"\nand late");
  EXPECT_EQ(fields["service"].string_value(), "ratings");
  EXPECT_EQ(fields["rpc"].string_value(), "QueryRatings");
  EXPECT_EQ(fields["trace_id"].string_value(), "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_EQ(fields["count"].number_value(), 7);
  EXPECT_EQ(fields["seconds"].number_value(), 0.25);
  EXPECT_TRUE(fields["retried"].bool_value());
  EXPECT_EQ(fields["engine"].string_value(), "redis");
  absl::Time time;
  EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full, fields["time"].string_value(), &time, nullptr));
}

TEST_F(LogTest, LeavesOutWhatIsBelowTheLevel) {
  Logger log("ratings", Severity::kWarning, Sink());
  log.Info("started");
  EXPECT_TRUE(lines_.empty());
  log.Error("stopped");
  EXPECT_EQ(lines_.size(), 1u);
}

TEST_F(LogTest, WritesRepetitionsOnlySoOften) {
  Logger log("ratings", Severity::kInfo, Sink());
  for (int i = 0; i < 1000; ++i) log.Warning("store is down");
  EXPECT_EQ(lines_.size(), 10u);
  log.Warning("store is up");
  EXPECT_EQ(lines_.size(), 11u);
}

TEST_F(LogTest, StaysValidJsonWhateverTheText) {
  Logger log("ratings", Severity::kInfo, Sink());
  log.Info("odd", {{"text", "\xff\xfe \x01 </script>"}});
  Last();
}

TEST(SeverityTest, RefusesUnknownNames) {
  EXPECT_EQ(*ParseSeverity("warning"), Severity::kWarning);
  EXPECT_FALSE(ParseSeverity("WARN").ok());
}

}  // namespace
}  // namespace rapport::server

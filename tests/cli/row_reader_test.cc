#include "services/cli/row_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

namespace rapport::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<csv::Row> ReadJson(const std::string& text, const std::vector<std::string>& names) {
  std::istringstream in(text);
  const std::unique_ptr<RowReader> reader = MakeJsonRows(in, names);
  std::vector<csv::Row> rows;
  while (true) {
    absl::StatusOr<std::optional<csv::Row>> row = reader->Next();
    EXPECT_TRUE(row.ok()) << row.status();
    if (!row.ok() || !row->has_value()) return rows;
    rows.push_back(**std::move(row));
  }
}

TEST(JsonRowsTest, ReadsTheColumnsAskedFor) {
  const auto rows = ReadJson("{\"id\": 7, \"user\": {\"account\": \"C-1\"}, \"more\": 1}\n\n{\"id\": \"x\"}\r\n",
                             {"id", "user.account"});
  ASSERT_EQ(rows.size(), 3);
  EXPECT_THAT(rows[0].fields, ElementsAre("id", "user.account"));
  EXPECT_THAT(rows[1].fields, ElementsAre("7", "C-1"));
  EXPECT_EQ(rows[1].line, 1);
  EXPECT_THAT(rows[2].fields, ElementsAre("x", ""));
  EXPECT_EQ(rows[2].line, 3);
}

TEST(JsonRowsTest, WritesValuesAsText) {
  const auto rows = ReadJson("{\"a\": 1700000000000, \"b\": 0.25, \"c\": true, \"d\": null, \"e.f\": -3}",
                             {"a", "b", "c", "d", "e.f"});
  ASSERT_EQ(rows.size(), 2);
  EXPECT_THAT(rows[1].fields, ElementsAre("1700000000000", "0.25", "true", "", "-3"));
}

TEST(JsonRowsTest, SpoilsOnlyTheRowThatIsNoObject) {
  const auto rows = ReadJson("[1]\n{\"a\": 12345678901234567890}\n{\"a\": [1]}\n{\"a\": 1", {"a"});
  ASSERT_EQ(rows.size(), 5);
  EXPECT_THAT(rows[1].error, HasSubstr("not a JSON object"));
  EXPECT_THAT(rows[2].error, HasSubstr("'a' is too large for a number"));
  EXPECT_THAT(rows[3].error, HasSubstr("'a' is no single value"));
  EXPECT_THAT(rows[4].error, HasSubstr("not a JSON object"));
}

TEST(JsonRowsTest, SpoilsOnlyTheRowThatIsNoText) {
  using std::string_literals::operator""s;
  testing::internal::CaptureStderr();
  const auto rows = ReadJson("{\"a\": \"caf\xE9\"}\n{\"a\": \"b\"}\0\n{\"a\": \"c\"}"s, {"a"});
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  ASSERT_EQ(rows.size(), 4);
  EXPECT_THAT(rows[1].error, HasSubstr("not UTF-8"));
  EXPECT_THAT(rows[2].error, HasSubstr("NUL"));
  EXPECT_THAT(rows[3].fields, ElementsAre("c"));
}

TEST(JsonRowsTest, BoundsALine) {
  std::istringstream in("{\"a\": \"" + std::string(csv::Reader::kMaxRowBytes, 'x') + "\"}\n");
  const std::unique_ptr<RowReader> reader = MakeJsonRows(in, {"a"});
  ASSERT_TRUE(reader->Next().ok());
  EXPECT_THAT(std::string(reader->Next().status().message()), HasSubstr("line 1: it is longer"));
}

}  // namespace
}  // namespace rapport::cli

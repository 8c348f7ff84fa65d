#include "common/csv/table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>

namespace rapport::csv {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

absl::StatusOr<std::vector<Column>> Read(const std::string& text, char delimiter = ',') {
  std::istringstream in(text);
  return ReadTable(in, delimiter);
}

std::string Error(const std::string& text) {
  return std::string(Read(text).status().message());
}

TEST(TableTest, ReadsColumns) {
  const auto table = Read("\xEF\xBB\xBFid;plan\r\n1;\"a;b\"\r\n2;\r\n", ';');
  ASSERT_TRUE(table.ok()) << table.status();
  ASSERT_EQ(table->size(), 2);
  EXPECT_EQ((*table)[0].name, "id");
  EXPECT_THAT((*table)[0].values, ElementsAre("1", "2"));
  EXPECT_EQ((*table)[1].name, "plan");
  EXPECT_THAT((*table)[1].values, ElementsAre("a;b", ""));
}

TEST(TableTest, ReadsHeadingsAlone) {
  const auto table = Read("id,plan\n");
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_THAT(table->back().values, IsEmpty());
}

TEST(TableTest, RefusesWhatWouldLeaveHoles) {
  EXPECT_THAT(Error(""), HasSubstr("the file is empty"));
  EXPECT_THAT(Error("a,b\n1,2\n1\n"), HasSubstr("line 3: the row has 1 columns, the header 2"));
  EXPECT_THAT(Error("a,b\n1,2\" x\n"), HasSubstr("line 2: a quote"));
  EXPECT_THAT(Error("a,b\n1,\"2\n"), HasSubstr("line 2: a quoted field"));
  EXPECT_THAT(Error("a,b\n1,\xFC\n"), HasSubstr("line 2: the text is not UTF-8"));
}

TEST(TableTest, RefusesHeadingsThatNameNoColumn) {
  EXPECT_THAT(Error("a,,b\n"), HasSubstr("column 2 has no heading"));
  EXPECT_THAT(Error("a,b,a\n"), HasSubstr("heading 'a' is there twice"));
}

}  // namespace
}  // namespace rapport::csv

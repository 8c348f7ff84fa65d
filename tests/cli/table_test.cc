#include "services/cli/table.h"

#include <gtest/gtest.h>

#include "services/cli/text.h"

namespace rapport::cli {
namespace {

TEST(TableTest, AlignsColumnsByDisplayWidth) {
  Table table({{"name"}, {"count", Table::Align::kRight}});
  table.AddRow({"Zoë", "7"});
  table.AddRow({"Bartholomew", "1,234"});
  EXPECT_EQ(table.ToText(),
            "name         count\n"
            "-----------  -----\n"
            "Zoë              7\n"
            "Bartholomew  1,234\n");
}

TEST(TableTest, LeavesEmptyColumnsOut) {
  Table table({{"a"}, {"b"}, {"c"}});
  table.AddRow({"1", "", "3"});
  EXPECT_EQ(table.ToText(), "a  c\n-  -\n1  3\n");
}

TEST(TableTest, KeepsControlCharactersFromTheTerminal) {
  Table table({{"comment"}});
  table.AddRow({"red\x1B[31m\nalert\xC2\x9B"});
  EXPECT_EQ(table.ToText(), "comment\n---------------\nred [31m alert\n");
}

TEST(TextTest, GroupsDigits) {
  EXPECT_EQ(Grouped(0), "0");
  EXPECT_EQ(Grouped(999), "999");
  EXPECT_EQ(Grouped(1000), "1,000");
  EXPECT_EQ(Grouped(-123456), "-123,456");
  EXPECT_EQ(Grouped(1234567), "1,234,567");
}

TEST(TextTest, ShortensAtCodePoints) {
  EXPECT_EQ(Shortened("äöüß", 4), "äöüß");
  EXPECT_EQ(Shortened("äöüßx", 4), "äöü…");
}

}  // namespace
}  // namespace rapport::cli

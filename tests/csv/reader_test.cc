#include "common/csv/reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace rapport::csv {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct ReadResult {
  std::vector<Row> rows;
  absl::Status status;
};

ReadResult ReadAll(const std::string& text, char delimiter = ',', size_t max_row_bytes = Reader::kMaxRowBytes) {
  std::istringstream in(text);
  Reader reader(in, delimiter, max_row_bytes);
  ReadResult result;
  while (true) {
    absl::StatusOr<std::optional<Row>> row = reader.Next();
    result.status = row.status();
    if (!row.ok() || !row->has_value()) return result;
    result.rows.push_back(**std::move(row));
  }
}

TEST(ReaderTest, DropsTheByteOrderMark) {
  const ReadResult result = ReadAll("\xEF\xBB\xBFid,name\n1,Ann\n");
  ASSERT_EQ(result.rows.size(), 2);
  EXPECT_THAT(result.rows[0].fields, ElementsAre("id", "name"));
}

TEST(ReaderTest, DropsTheByteOrderMarkBeforeAQuotedHeader) {
  const ReadResult result = ReadAll("\xEF\xBB\xBF\"id\",\"name\"\n");
  ASSERT_EQ(result.rows.size(), 1);
  EXPECT_THAT(result.rows[0].fields, ElementsAre("id", "name"));
}

TEST(ReaderTest, TakesAnyLineEndAndCountsLines) {
  for (const std::string end : {"\n", "\r\n", "\r"}) {
    const ReadResult result = ReadAll(absl::StrCat("a,b", end, end, "1,2", end, "3,4"));
    ASSERT_EQ(result.rows.size(), 3) << testing::PrintToString(end);
    EXPECT_THAT(result.rows[1].fields, ElementsAre("1", "2"));
    EXPECT_EQ(result.rows[0].line, 1);
    EXPECT_EQ(result.rows[1].line, 3);
    EXPECT_EQ(result.rows[2].line, 4);
  }
}

TEST(ReaderTest, ReadsQuotedFieldsWithCommasQuotesAndLineEnds) {
  const ReadResult result = ReadAll("1,\"a, \"\"b\"\"\",\"two\r\nlines\"\r\n2,x,y\r\n");
  ASSERT_EQ(result.rows.size(), 2);
  EXPECT_THAT(result.rows[0].fields, ElementsAre("1", "a, \"b\"", "two\r\nlines"));
  EXPECT_EQ(result.rows[1].line, 3);
}

TEST(ReaderTest, KeepsWhiteSpaceAndEmptyFields) {
  const ReadResult result = ReadAll(" a ,,\n");
  ASSERT_EQ(result.rows.size(), 1);
  EXPECT_THAT(result.rows[0].fields, ElementsAre(" a ", "", ""));
}

TEST(ReaderTest, KeepsNulBytes) {
  const ReadResult result = ReadAll(std::string("a\0b,c\n", 6));
  ASSERT_EQ(result.rows.size(), 1);
  EXPECT_THAT(result.rows[0].fields, ElementsAre(std::string("a\0b", 3), "c"));
}

TEST(ReaderTest, TakesAnotherDelimiter) {
  const ReadResult result = ReadAll("a;b,c\n", ';');
  ASSERT_EQ(result.rows.size(), 1);
  EXPECT_THAT(result.rows[0].fields, ElementsAre("a", "b,c"));
}

TEST(ReaderTest, SpoilsOnlyTheRowWithAStrayQuote) {
  const ReadResult result = ReadAll("id,text\n1,5\" screen\n2,\"ab\"c\n3,fine\n");
  ASSERT_TRUE(result.status.ok()) << result.status;
  ASSERT_EQ(result.rows.size(), 4);
  EXPECT_THAT(result.rows[1].error, HasSubstr("quote"));
  EXPECT_EQ(result.rows[1].line, 2);
  EXPECT_THAT(result.rows[2].error, HasSubstr("quote"));
  EXPECT_EQ(result.rows[2].line, 3);
  EXPECT_THAT(result.rows[3].fields, ElementsAre("3", "fine"));
  EXPECT_EQ(result.rows[3].line, 4);
}

TEST(ReaderTest, NamesTheLineOfAQuoteThatIsNeverClosed) {
  const ReadResult result = ReadAll("id,text\n1,fine\n2,\"open\n3,lost\n");
  EXPECT_EQ(result.rows.size(), 2);
  EXPECT_THAT(std::string(result.status.message()), HasSubstr("line 3: a quoted field"));
}

TEST(ReaderTest, BoundsAHugeFieldAfterTheGoodRows) {
  const ReadResult result = ReadAll(absl::StrCat("id\nfine\n", std::string(100000, 'x'), "\nlost\n"), ',', 50000);
  EXPECT_EQ(result.rows.size(), 2);
  EXPECT_THAT(std::string(result.status.message()), HasSubstr("line 3: the row is longer than 50000 bytes"));
}

TEST(ReaderTest, BoundsARowOfManyFields) {
  const ReadResult result = ReadAll(absl::StrCat("id\n", std::string(100000, ','), "\nlost\n"), ',', 50000);
  EXPECT_EQ(result.rows.size(), 1);
  EXPECT_THAT(std::string(result.status.message()), HasSubstr("line 2: the row is longer"));
}

TEST(ReaderTest, ReadsRowsAcrossChunks) {
  std::string text = "id,text\n";
  for (int i = 0; i < 20000; ++i) absl::StrAppend(&text, i, ",\"some \"\"quoted\"\"\ntext\"\r\n");
  const ReadResult result = ReadAll(text);
  ASSERT_TRUE(result.status.ok()) << result.status;
  ASSERT_EQ(result.rows.size(), 20001);
  EXPECT_THAT(result.rows.back().fields, ElementsAre("19999", "some \"quoted\"\ntext"));
  EXPECT_EQ(result.rows.back().line, 2 + 2 * 19999);
}

TEST(ReaderTest, RefusesUtf16) {
  EXPECT_THAT(std::string(ReadAll("\xFF\xFEi").status.message()), HasSubstr("UTF-16"));
}

TEST(ReaderTest, ReadsNothingFromAnEmptyFile) {
  EXPECT_THAT(ReadAll("").rows, IsEmpty());
  EXPECT_THAT(ReadAll("\n\n").rows, IsEmpty());
}

TEST(LineTest, ReadsBackWhatItWrote) {
  const std::vector<std::string> fields = {"a,b", "say \"hi\"", "two\nlines", "", " x "};
  const ReadResult result = ReadAll(Line(fields));
  ASSERT_EQ(result.rows.size(), 1);
  EXPECT_EQ(result.rows[0].fields, fields);
}

TEST(LineTest, WritesAnEmptyFirstField) {
  EXPECT_EQ(Line({"", "a"}), "\"\",\"a\"\n");
}

}  // namespace
}  // namespace rapport::csv

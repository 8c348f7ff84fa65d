#include "common/write/changes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rapport::write {
namespace {

using ::testing::Pair;
using ::testing::UnorderedElementsAre;

store::Mutation Moved(Changes changes) {
  store::Mutation mutation;
  std::move(changes).MoveInto(mutation);
  return mutation;
}

TEST(ChangesTest, SumsUpDeltasOfAField) {
  Changes changes;
  changes.Add("t", "a", 2);
  changes.Add("t", "b", 1);
  changes.Add("t", "a", -5);
  const store::Mutation mutation = Moved(std::move(changes));
  ASSERT_EQ(mutation.adds.size(), 1u);
  EXPECT_EQ(mutation.adds[0].table, "t");
  EXPECT_THAT(mutation.adds[0].deltas.Sum(), UnorderedElementsAre(Pair("a", -3), Pair("b", 1)));
}

TEST(ChangesTest, WritesNoSumOfZero) {
  Changes changes;
  changes.Add("t", "a", 2);
  changes.Add("t", "a", -2);
  changes.Add("u", "a", 0);
  EXPECT_TRUE(Moved(std::move(changes)).adds.empty());
}

TEST(ChangesTest, FieldsOfTablesAreApart) {
  Changes changes;
  changes.Add("t", "a", 1);
  changes.Add("u", "a", -1);
  EXPECT_EQ(Moved(std::move(changes)).adds.size(), 2u);
}

TEST(ChangesTest, LastRankOfAMemberHolds) {
  Changes changes;
  changes.Rank("i", "a", 3);
  changes.Rank("i", "a", std::nullopt);
  changes.Rank("i", "b", std::nullopt);
  changes.Rank("i", "b", 7);
  const store::Mutation mutation = Moved(std::move(changes));
  ASSERT_EQ(mutation.ranks.size(), 2u);
  for (const store::Rank& rank : mutation.ranks) {
    EXPECT_EQ(rank.index, "i");
    EXPECT_EQ(rank.score, rank.member == "a" ? std::nullopt : std::optional<int64_t>(7));
  }
}

TEST(ChangesTest, ABatchHasOneEntryPerStream) {
  Changes changes;
  changes.StreamEntry("w") += "one";
  changes.StreamEntry("v") += "x";
  changes.StreamEntry("w") += "two";
  const store::Mutation mutation = Moved(std::move(changes));
  ASSERT_EQ(mutation.appends.size(), 2u);
  for (const store::Append& append : mutation.appends) EXPECT_EQ(append.value, append.stream == "w" ? "onetwo" : "x");
}

}  // namespace
}  // namespace rapport::write

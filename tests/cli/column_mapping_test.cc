#include "services/cli/column_mapping.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/cli/rating_rows.h"

namespace rapport::cli {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

const Pairs kRequired = {{"rating_id", "id"}, {"customer_id", "who"}, {"score", "stars"}, {"occurred_at", "when"}};
const std::vector<std::string> kHeader = {"id", "who", "stars", "when", "plan"};

std::string ErrorOf(const Pairs& columns, const Pairs& constants = {},
                    const std::vector<std::string>& header = kHeader) {
  return std::string(ResolveMapping(columns, constants, kRatingFields, header).status().message());
}

Pairs With(Pairs pairs, const std::string& name, const std::string& value) {
  pairs.emplace_back(name, value);
  return pairs;
}

TEST(ParsePairsTest, SplitsRepeatedValuesAndProtectsQuotedCommas) {
  const absl::StatusOr<Pairs> pairs = ParsePairs("--map", {"a=b,c=d", "\"e=Happy, or not?\""});
  ASSERT_TRUE(pairs.ok()) << pairs.status();
  EXPECT_THAT(*pairs, ElementsAre(Pair("a", "b"), Pair("c", "d"), Pair("e", "Happy, or not?")));
}

TEST(ParsePairsTest, DividesAtTheEndThatWasAskedFor) {
  EXPECT_THAT(*ParsePairs("--map", {"a=b=c"}), ElementsAre(Pair("a", "b=c")));
  EXPECT_THAT(*ParsePairs("--scores", {"a=b=UP"}, Divide::kAtLast), ElementsAre(Pair("a=b", "UP")));
}

TEST(ParsePairsTest, NamesTheFlagAndTheItemAtFault) {
  EXPECT_THAT(std::string(ParsePairs("--map", {"rating_id"}).status().message()),
              AllOf(HasSubstr("--map"), HasSubstr("'rating_id'"), HasSubstr("NAME=VALUE")));
}

TEST(ResolveMappingTest, FindsColumnsLabelsAndConstants) {
  const auto sources =
      ResolveMapping(With(kRequired, "label.plan", "plan"), {{"channel", "EMAIL"}}, kRatingFields, kHeader);
  ASSERT_TRUE(sources.ok()) << sources.status();
  ASSERT_EQ(sources->size(), 6);
  const std::vector<std::string> row = {"T-1", "C-1", "4", "now", "pro"};
  EXPECT_EQ((*sources)[2].Value(row), "4");
  EXPECT_EQ((*sources)[4].key, "plan");
  EXPECT_EQ((*sources)[4].Value(row), "pro");
  EXPECT_EQ((*sources)[5].Value(row), "EMAIL");
}

TEST(ResolveMappingTest, JoinsColumnsUnlessOneHasTheName) {
  const Pairs columns = {{"rating_id", "id+who"}, {"customer_id", "a+b"}, {"score", "stars"}, {"occurred_at", "when"}};
  const auto sources = ResolveMapping(columns, {}, kRatingFields, {"id", "who", "a+b", "stars", "when"});
  ASSERT_TRUE(sources.ok()) << sources.status();
  const std::vector<std::string> row = {"T-1", "C-1", "x", "4", "now"};
  EXPECT_EQ((*sources)[0].Value(row), "T-1/C-1");
  EXPECT_EQ((*sources)[1].Value(row), "x");
  EXPECT_THAT(ErrorOf(With(kRequired, "agent_id", "id+whom")), HasSubstr("no column 'whom'; did you mean 'who'"));
}

TEST(ResolveMappingTest, SuggestsTheNearestColumnAndListsAll) {
  EXPECT_THAT(
      ErrorOf(With(kRequired, "agent_id", "Plann")),
      AllOf(HasSubstr("no column 'Plann'"), HasSubstr("did you mean 'plan'"), HasSubstr("id, who, stars, when, plan")));
}

TEST(ResolveMappingTest, SuggestsTheNearestField) {
  EXPECT_THAT(ErrorOf(With(kRequired, "agent", "plan")),
              AllOf(HasSubstr("no field 'agent'"), HasSubstr("did you mean 'agent_id'")));
}

TEST(ResolveMappingTest, RefusesALabelThatNoServerCouldRead) {
  EXPECT_THAT(ErrorOf(With(kRequired, "label.\xeeteam", "plan")), HasSubstr("'label.\\xeeteam' is not UTF-8"));
  EXPECT_EQ(ErrorOf(With(kRequired, "label.\xc3\xa9quipe", "plan")), "");
}

TEST(ResolveMappingTest, NamesTheFieldThatIsMissing) {
  EXPECT_THAT(ErrorOf({{"rating_id", "id"}}), HasSubstr("field 'customer_id' is missing"));
}

TEST(ResolveMappingTest, RefusesAFieldGivenTwice) {
  EXPECT_THAT(ErrorOf(With(kRequired, "score", "plan")), HasSubstr("'score' is given twice"));
  EXPECT_THAT(ErrorOf(kRequired, {{"score", "5"}}), HasSubstr("'score' is given twice"));
}

TEST(ResolveMappingTest, RefusesADuplicateColumnOnlyWhenItIsMapped) {
  const std::vector<std::string> header = {"id", "who", "stars", "when", "plan", "plan"};
  EXPECT_EQ(ErrorOf(kRequired, {}, header), "");
  EXPECT_THAT(ErrorOf(With(kRequired, "label.plan", "plan"), {}, header), HasSubstr("2 columns named 'plan'"));
}

}  // namespace
}  // namespace rapport::cli

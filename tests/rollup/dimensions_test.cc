#include "common/rollup/dimensions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rapport::rollup {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(DimensionsTest, NamesHaveNoPrefix) {
  EXPECT_EQ(NameOf(common::v1::DIMENSION_LOCALE), "LOCALE");
  EXPECT_EQ(NameOf(common::v1::CHANNEL_IN_APP), "IN_APP");
  EXPECT_EQ(NameOf(common::v1::CHANNEL_UNSPECIFIED), "");
}

TEST(DimensionsTest, EveryDimensionHasItsPlace) {
  for (int i = 0; i < kDimensionCount; ++i) {
    EXPECT_TRUE(common::v1::Dimension_IsValid(DimensionAt(i)));
    EXPECT_EQ(IndexOf(DimensionAt(i)), i);
  }
  EXPECT_EQ(kDimensionCount, common::v1::Dimension_MAX);
}

TEST(DimensionsTest, TakesValuesFromFieldsAndLabels) {
  google::protobuf::Map<std::string, std::string> labels;
  labels["team"] = "blue";
  labels["plan"] = "pro";
  labels["locale"] = "de";
  labels["product"] = "app";
  labels["agent"] = "not this one";
  EXPECT_THAT(ValuesOf("ann", common::v1::CHANNEL_EMAIL, labels),
              ElementsAre("ann", "blue", "EMAIL", "app", "pro", "de"));
  EXPECT_THAT(ValuesOf("", common::v1::CHANNEL_UNSPECIFIED, {}), ElementsAre("", "", "", "", "", ""));
}

TEST(DimensionsTest, ParsesLists) {
  EXPECT_THAT(*ParseDimensions("agent, Team,,channel"),
              ElementsAre(common::v1::DIMENSION_AGENT, common::v1::DIMENSION_TEAM, common::v1::DIMENSION_CHANNEL));
  EXPECT_THAT(*ParseDimensions(""), IsEmpty());
}

TEST(DimensionsTest, RefusesStrangers) {
  for (const char* list : {"agent,moon", "unspecified", "agent;team"}) {
    const absl::Status refused = ParseDimensions(list).status();
    EXPECT_EQ(refused.code(), absl::StatusCode::kInvalidArgument) << list;
  }
  EXPECT_THAT(std::string(ParseDimensions("agent,moon").status().message()), HasSubstr("\"moon\""));
}

}  // namespace
}  // namespace rapport::rollup

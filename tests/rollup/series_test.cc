#include "common/rollup/series.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/store/open_store.h"
#include "tests/support/temp_dir.h"

namespace rapport::rollup {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr int64_t kDay = 86'400;

TEST(ParseConfidenceTest, TakesWhatIsBetweenAHalfAndOne) {
  EXPECT_EQ(*ParseConfidence(0), 0.95);
  EXPECT_EQ(*ParseConfidence(0.5001), 0.5001);
  EXPECT_EQ(*ParseConfidence(0.9999), 0.9999);
  for (const double wrong : {0.5, 1.0, -0.9, 95.0, std::numeric_limits<double>::quiet_NaN()}) {
    const absl::Status status = ParseConfidence(wrong).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << wrong;
    EXPECT_THAT(std::string(status.message()), StartsWith(absl::StrCat("confidence: ", wrong)));
  }
}

class SeriesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    store::StoreOptions options;
    options.url = "rocksdb:" + dir_.path() + "/store";
    options.service = "test";
    options.partitions = 1;
    auto opened = store::OpenStore(options);
    ASSERT_TRUE(opened.ok()) << opened.status();
    store_ = *std::move(opened);
    dictionary_ = std::make_unique<Dictionary>(
        *store_, DictionaryOptions{{common::v1::DIMENSION_AGENT, common::v1::DIMENSION_TEAM}, 1000});
    Values values;
    values[IndexOf(common::v1::DIMENSION_AGENT)] = "ann";
    ASSERT_TRUE(dictionary_->Encode("t", values).ok());
    range_.mutable_start()->set_seconds(0);
    range_.mutable_end()->set_seconds(3 * kDay);
  }

  absl::StatusOr<Series> Parse(const SeriesRequest& request) { return ParseSeries(*dictionary_, "t", request); }
  std::string ErrorOf(const SeriesRequest& request) { return std::string(Parse(request).status().message()); }

  const test_support::TempDir dir_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<Dictionary> dictionary_;
  common::v1::TimeRange range_;
};

TEST_F(SeriesTest, CutsTheRangeAndKnowsWhatCameBefore) {
  const auto series = Parse({range_, "", common::v1::BUCKET_DAY});
  ASSERT_TRUE(series.ok()) << series.status();
  EXPECT_EQ(series->buckets.size(), 3U);
  EXPECT_FALSE(series->one_bucket);
  EXPECT_EQ(series->confidence, 0.95);
  EXPECT_EQ(series->BucketOf(absl::FromUnixSeconds(kDay)), 1U);
  EXPECT_EQ(series->previous_period.end, series->range.start);
  EXPECT_TRUE(Parse({range_, ""})->one_bucket);
}

TEST_F(SeriesTest, AnswersAFilterWithoutGroupsAsItsGroup) {
  common::v1::DimensionValue ann;
  ann.set_dimension(common::v1::DIMENSION_AGENT);
  ann.set_value("ann");
  const auto alone = Parse({range_, "", {}, {}, &ann});
  EXPECT_EQ(alone->group_by, common::v1::DIMENSION_AGENT);
  EXPECT_EQ(alone->only_group, kFirstValue);
  EXPECT_EQ(alone->NameOf(kFirstValue), "ann");
  EXPECT_EQ(alone->NameOf(99), "#99");
  const auto beside = Parse({range_, "", {}, common::v1::DIMENSION_TEAM, &ann});
  EXPECT_EQ(beside->group_by, common::v1::DIMENSION_TEAM);
  EXPECT_EQ(beside->filter->code, kFirstValue);
  ann.set_value("nobody");
  EXPECT_TRUE(Parse({range_, "", {}, {}, &ann})->matches_nothing);
}

TEST_F(SeriesTest, NamesTheFieldThatIsWrong) {
  common::v1::DimensionValue agent;
  agent.set_dimension(common::v1::DIMENSION_AGENT);
  EXPECT_THAT(ErrorOf({{}, ""}), HasSubstr("range.start: missing"));
  EXPECT_THAT(ErrorOf({range_, "Mars/Base"}), HasSubstr("time_zone"));
  EXPECT_THAT(ErrorOf({range_, "", static_cast<common::v1::Bucket>(99)}), HasSubstr("bucket: 99 is none"));
  EXPECT_THAT(ErrorOf({range_, "", {}, common::v1::DIMENSION_PLAN}), HasSubstr("group_by: DIMENSION_PLAN is not"));
  EXPECT_THAT(ErrorOf({range_, "", {}, common::v1::DIMENSION_AGENT, &agent}), HasSubstr("grouped by already"));
  EXPECT_THAT(ErrorOf({range_, "", {}, {}, nullptr, 0.3}), HasSubstr("confidence: 0.3"));
}

}  // namespace
}  // namespace rapport::rollup

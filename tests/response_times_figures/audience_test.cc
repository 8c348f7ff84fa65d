#include "services/response_times/core/audience.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/response_times_figures/counts.h"

namespace rapport::response_times {
namespace {

v1::TimeFigures Shown(const TimeCounts& counts, const TimeOptions& options) {
  v1::TimeFigures figures = MakeTimeFigures(v1::METRIC_FIRST_RESPONSE_TIME, v1::CLOCK_CALENDAR, counts, options);
  HideTail(counts.answered, &figures);
  return figures;
}

// 1 to 1,000 minutes.
TimeCounts Thousand() {
  return Times(Ascending(1000, kMinute, kMinute), {3 * kDay});
}

TEST(HideTailTest, TakesOutWhatIsBeyondTheShownQuantile) {
  const v1::TimeFigures figures = Shown(Thousand(), DefaultOptions());
  EXPECT_FALSE(figures.has_max());
  ASSERT_EQ(figures.quantiles_size(), 4);
  for (const v1::QuantileFigure& quantile : figures.quantiles()) {
    EXPECT_EQ(quantile.answered().has_value(), quantile.quantile() <= 0.95) << quantile.quantile();
    EXPECT_FALSE(quantile.has_kaplan_meier());
  }
  EXPECT_EQ(figures.quantiles(3).quantile(), 0.99);
  EXPECT_TRUE(figures.quantiles(0).answered().has_ci_high());
  EXPECT_FALSE(figures.quantiles(2).answered().has_ci_high());
  EXPECT_TRUE(figures.mean().has_value());
}

TEST(HideTailTest, TakesOutSharesBeyondTheShownOne) {
  TimeOptions options = DefaultOptions();
  options.thresholds_ms = {kHour, 940 * kMinute, 990 * kMinute};
  const v1::TimeFigures figures = Shown(Thousand(), options);
  ASSERT_EQ(figures.within_size(), 3);
  EXPECT_TRUE(figures.within(0).within().has_value());
  EXPECT_TRUE(figures.within(1).within().has_value());
  EXPECT_FALSE(figures.within(2).has_within());
  EXPECT_EQ(figures.within(2).uncertain_count(), 0);
  EXPECT_EQ(figures.within(2).threshold().seconds(), 990 * 60);
}

TEST(HideTailTest, MergesTheHistogramBeyondTheShownQuantile) {
  TimeOptions options = DefaultOptions();
  options.histogram = true;
  std::vector<int64_t> durations = Ascending(990, kSecond, 0);
  for (int64_t ms : {kHour, 2 * kDay, 20 * kDay, 40 * kDay}) durations.push_back(ms);
  const v1::TimeFigures figures = Shown(Times(durations), options);
  ASSERT_EQ(figures.histogram_size(), 2);
  EXPECT_EQ(figures.histogram(0).up_to().seconds(), 60);
  EXPECT_EQ(figures.histogram(0).count(), 990);
  EXPECT_FALSE(figures.histogram(1).has_up_to());
  EXPECT_EQ(figures.histogram(1).count(), 4);
  EXPECT_EQ(Shown(Times({40 * kDay}), options).histogram_size(), 10);
}

TEST(HideTailTest, TakesOutARankBeyond) {
  for (const auto& [minutes, shown] : std::vector<std::pair<int64_t, bool>>{{900, true}, {990, false}}) {
    v1::GetShareRankResponse response;
    SetShareRank(v1::METRIC_FIRST_RESPONSE_TIME, Thousand(), minutes * kMinute, 0.95, &response);
    HideTail(&response);
    EXPECT_EQ(response.has_slower_than(), shown) << minutes;
  }
}

v1::ResponseTimeRow Row(const std::string& group, int answered) {
  v1::ResponseTimeRow row;
  row.set_group(group);
  row.mutable_bucket()->mutable_start()->set_seconds(0);
  *row.add_times() = MakeTimeFigures(v1::METRIC_FIRST_RESPONSE_TIME, v1::CLOCK_CALENDAR,
                                     Times(Ascending(answered, kMinute, kMinute)), DefaultOptions());
  *row.mutable_conversations() = MakeConversationFigures({.begun = 100}, 0.95);
  return row;
}

TEST(WithholdSmallTest, LeavesNothingOfSmallGroups) {
  std::vector<v1::ResponseTimeRow> rows = {Row("a", 3), Row("b", 90), Row("c", 7)};
  const std::string shown = rows[1].SerializeAsString();
  WithholdSmall(5, std::vector<v1::ResponseTimeRow*>{&rows[0], &rows[1], &rows[2]}, {});
  v1::TimeFigures nothing;
  nothing.set_metric(v1::METRIC_FIRST_RESPONSE_TIME);
  nothing.set_clock(v1::CLOCK_CALENDAR);
  nothing.set_suppressed(true);
  EXPECT_EQ(rows[0].times(0).SerializeAsString(), nothing.SerializeAsString());
  EXPECT_EQ(rows[1].SerializeAsString(), shown);
  // Else the small one could be told by subtraction.
  EXPECT_TRUE(rows[2].times(0).suppressed());
  EXPECT_FALSE(rows[0].conversations().suppressed());
}

TEST(WithholdSmallTest, JudgesConversationsForThemselves) {
  std::vector<v1::ResponseTimeRow> rows = {Row("a", 50), Row("b", 50)};
  rows[0].mutable_conversations()->set_conversation_count(2);
  WithholdSmall(5, std::vector<v1::ResponseTimeRow*>{&rows[0], &rows[1]}, {});
  for (const v1::ResponseTimeRow& row : rows) {
    EXPECT_TRUE(row.conversations().suppressed());
    EXPECT_EQ(row.conversations().conversation_count(), 0);
    EXPECT_FALSE(row.times(0).suppressed());
  }
}

TEST(WithholdSmallTest, LeavesOfPromisesBucketAndGroup) {
  std::vector<v1::PromiseRow> rows(2);
  for (v1::PromiseRow& row : rows) {
    row.set_group("team");
    row.mutable_bucket()->mutable_start()->set_seconds(&row == rows.data() ? 0 : 60);
    SetPromiseFigures({.kept = 1, .pending = 1}, 0.95, &row);
  }
  WithholdSmall(5, std::vector<v1::PromiseRow*>{&rows[0], &rows[1]}, {});
  for (const v1::PromiseRow& row : rows) {
    EXPECT_TRUE(row.suppressed());
    EXPECT_EQ(row.group(), "team");
    EXPECT_TRUE(row.has_bucket());
    EXPECT_FALSE(row.has_kept());
    EXPECT_EQ(row.kept_count() + row.pending_count(), 0);
  }
}

TEST(AudienceTest, IsInternalUnlessToldOtherwise) {
  EXPECT_TRUE(IsInternal(v1::AUDIENCE_UNSPECIFIED));
  EXPECT_TRUE(IsInternal(v1::AUDIENCE_INTERNAL));
  EXPECT_FALSE(IsInternal(v1::AUDIENCE_CUSTOMER));
  EXPECT_FALSE(IsInternal(v1::AUDIENCE_PUBLIC));
  EXPECT_TRUE(ValidateAudience(v1::AUDIENCE_PUBLIC).ok());
  EXPECT_EQ(ValidateAudience(static_cast<v1::Audience>(9)).code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace rapport::response_times

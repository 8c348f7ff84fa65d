#include "services/response_times/core/figures.h"

#include <cmath>
#include <vector>

#include "common/stats/kaplan_meier.h"
#include "common/stats/mean.h"
#include "common/stats/proportion.h"
#include "gtest/gtest.h"
#include "tests/response_times_figures/counts.h"

namespace rapport::response_times {
namespace {

constexpr v1::Metric kMetric = v1::METRIC_FIRST_RESPONSE_TIME;

v1::TimeFigures Make(const TimeCounts& counts, const TimeOptions& options = DefaultOptions()) {
  return MakeTimeFigures(kMetric, v1::CLOCK_CALENDAR, counts, options);
}

TEST(TimeFiguresTest, SayNothingButCountsWithoutData) {
  const v1::TimeFigures figures = Make({});
  EXPECT_EQ(figures.answered_count(), 0);
  EXPECT_EQ(figures.open_count(), 0);
  EXPECT_FALSE(figures.mean().has_value());
  EXPECT_FALSE(figures.has_max());
  ASSERT_EQ(figures.quantiles_size(), 4);
  EXPECT_FALSE(figures.quantiles(0).answered().has_value());
  EXPECT_FALSE(figures.quantiles(0).kaplan_meier().has_value());
  ASSERT_EQ(figures.within_size(), 2);
  EXPECT_FALSE(figures.within(0).within().has_value());
  EXPECT_EQ(figures.within(0).within().definition_id(), "response_times.first_response_time.within.v1");
}

TEST(TimeFiguresTest, MeanIsExactAndItsIntervalThatOfTheSpread) {
  const std::vector<int64_t> durations = Ascending(200, 17'123, 91'457);
  const v1::TimeFigures figures = Make(Times(durations));
  std::vector<double> seconds;
  for (int64_t ms : durations) seconds.push_back(static_cast<double>(ms) / 1000);
  const auto exact = stats::EstimateMean(stats::SampleOfValues(seconds), 0.95);
  EXPECT_DOUBLE_EQ(figures.mean().value(), exact->value);
  const double width = exact->interval->high - exact->interval->low;
  EXPECT_NEAR(figures.mean().ci_low(), exact->interval->low, 0.02 * width);
  EXPECT_NEAR(figures.mean().ci_high(), exact->interval->high, 0.02 * width);
  EXPECT_EQ(figures.max().seconds(), durations.back() / 1000);
  EXPECT_EQ(figures.max().nanos(), durations.back() % 1000 * 1'000'000);
}

TEST(TimeFiguresTest, IntervalOfTheMeanIsNotBelowZero) {
  EXPECT_EQ(Make(Times({1, kDay})).mean().ci_low(), 0);
}

TEST(TimeFiguresTest, QuantilesCarryTheIntervalOfTheirOrderStatistics) {
  const std::vector<int64_t> durations = Ascending(100, kMinute, kMinute);
  const v1::TimeFigures figures = Make(Times(durations));
  const common::v1::Figure& median = figures.quantiles(0).answered();
  EXPECT_NEAR(median.value(), 50 * 60, 0.01 * 50 * 60);
  EXPECT_NEAR(median.ci_low(), 40 * 60, 0.01 * 40 * 60);
  EXPECT_NEAR(median.ci_high(), 61 * 60, 0.01 * 61 * 60);
  EXPECT_EQ(median.sample_size(), 100);
  EXPECT_EQ(median.definition_id(), "response_times.first_response_time.quantile.v1");
  const common::v1::Figure& p99 = figures.quantiles(3).answered();
  EXPECT_NEAR(p99.value(), 99 * 60, 0.01 * 99 * 60);
  EXPECT_TRUE(p99.has_ci_low());
  EXPECT_FALSE(p99.has_ci_high());
}

TEST(TimeFiguresTest, KaplanMeierIsThePlainQuantileWhenNothingIsOpen) {
  const v1::TimeFigures figures = Make(Times(Ascending(1000, kMinute, 7 * kSecond)));
  for (const v1::QuantileFigure& quantile : figures.quantiles()) {
    EXPECT_EQ(quantile.kaplan_meier().value(), quantile.answered().value()) << quantile.quantile();
  }
}

// The worst cases are the open ones: a third of the conversations waits for days.
TEST(TimeFiguresTest, KaplanMeierCountsTheOpenOnesAsCensored) {
  const TimeCounts counts = Times({1 * kHour, 2 * kHour, 3 * kHour, 4 * kHour}, {90 * kMinute, 2 * kDay});
  TimeOptions options = DefaultOptions();
  options.quantiles = {0.5, 0.9};
  const v1::TimeFigures figures = Make(counts, options);
  EXPECT_NEAR(figures.quantiles(0).answered().value(), 2 * 3600, 72);
  // 5/6 after 1 h, one leaves, then 3/4 of it after 2 h and 2/4 after 3 h: 0.417.
  EXPECT_NEAR(figures.quantiles(0).kaplan_meier().value(), 3 * 3600, 108);
  EXPECT_EQ(figures.quantiles(0).kaplan_meier().sample_size(), 6);
  EXPECT_EQ(figures.quantiles(0).kaplan_meier().censored_count(), 2);
  EXPECT_TRUE(figures.quantiles(1).answered().has_value());
  EXPECT_FALSE(figures.quantiles(1).kaplan_meier().has_value());
}

TEST(TimeFiguresTest, WithinCountsThoseOpenForLongerAndLeavesOutTheYounger) {
  const v1::TimeFigures figures =
      Make(Times({10 * kMinute, kHour, kHour + kMinute, 7 * kHour}, {5 * kMinute, kHour, kHour + 1, 2 * kDay}));
  const common::v1::Figure& within = figures.within(0).within();
  EXPECT_EQ(figures.within(0).threshold().seconds(), 3600);
  EXPECT_EQ(within.count(), 2);
  EXPECT_EQ(within.sample_size(), 6);
  EXPECT_EQ(within.censored_count(), 2);
  EXPECT_EQ(figures.within(0).uncertain_count(), 0);
  const auto wilson = stats::EstimateProportion({2, 6}, 0.95);
  EXPECT_DOUBLE_EQ(within.value(), wilson->value);
  EXPECT_DOUBLE_EQ(within.ci_low(), wilson->interval->low);
  EXPECT_DOUBLE_EQ(within.ci_high(), wilson->interval->high);
}

TEST(TimeFiguresTest, WithinSaysHowManyItCannotPlace) {
  TimeOptions options = DefaultOptions();
  options.thresholds_ms = {1'000'000};
  const std::vector<int64_t> durations = Ascending(2000, 900'000, 100);
  const v1::TimeFigures figures = Make(Times(durations), options);
  const auto exact = std::count_if(durations.begin(), durations.end(), [](int64_t ms) { return ms <= 1'000'000; });
  EXPECT_GT(figures.within(0).uncertain_count(), 0);
  EXPECT_LE(std::abs(figures.within(0).within().count() - exact), figures.within(0).uncertain_count());
}

TEST(TimeFiguresTest, HistogramHasTheBoundsThatDashboardsHave) {
  TimeOptions options = DefaultOptions();
  options.histogram = true;
  const v1::TimeFigures figures = Make(Times({kMinute, kMinute + 1, kHour, 6 * kHour, 40 * kDay}), options);
  const std::vector<int64_t> bounds = {60, 300, 900, 3600, 21600, 86400, 259200, 604800, 2592000, 0};
  const std::vector<int64_t> counts = {1, 1, 0, 1, 1, 0, 0, 0, 0, 1};
  ASSERT_EQ(figures.histogram_size(), 10);
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(figures.histogram(i).count(), counts[static_cast<size_t>(i)]) << i;
    EXPECT_EQ(figures.histogram(i).has_up_to(), i < 9) << i;
    EXPECT_EQ(figures.histogram(i).up_to().seconds(), bounds[static_cast<size_t>(i)]) << i;
  }
  EXPECT_EQ(Make(Times({kMinute})).histogram_size(), 0);
}

TEST(TimeFiguresTest, AddedCountsAreThoseOfAllStretches) {
  TimeCounts sum = Times({kMinute, kHour}, {5});
  sum.Add(Times({kHour, kDay}, {7, 9}));
  EXPECT_EQ(Make(sum).SerializeAsString(), Make(Times({kMinute, kHour, kHour, kDay}, {5, 7, 9})).SerializeAsString());
}

TEST(CompareTimesTest, ComparesMeansByWelchAndSharesByNewcombe) {
  const TimeCounts before = Times(Ascending(60, kMinute, 3 * kMinute), {2 * kDay});
  const TimeCounts now = Times(Ascending(80, kMinute, kMinute));
  v1::TimeFigures figures = Make(now);
  CompareTimes(Make(before), before, now, DefaultOptions(), &figures);
  const common::v1::Comparison& mean = figures.mean().comparison();
  EXPECT_EQ(mean.definition_id(), "difference.welch.v1");
  EXPECT_DOUBLE_EQ(mean.difference(), figures.mean().value() - mean.previous_value());
  EXPECT_TRUE(mean.significant());
  const common::v1::Comparison& within = figures.within(0).within().comparison();
  const auto expected = stats::CompareProportions({20, 61}, {60, 80}, 0.95);
  EXPECT_EQ(within.definition_id(), "difference.newcombe.v1");
  EXPECT_DOUBLE_EQ(within.difference(), expected->value);
  EXPECT_DOUBLE_EQ(within.ci_low(), expected->interval->low);
  EXPECT_DOUBLE_EQ(within.p_value(), *expected->p_value);
  EXPECT_FALSE(figures.quantiles(0).answered().has_comparison());
}

TEST(CompareTimesTest, SaysThatNothingCameBefore) {
  const TimeCounts now = Times({kMinute, kHour});
  v1::TimeFigures figures = Make(now);
  CompareTimes({}, {}, now, DefaultOptions(), &figures);
  EXPECT_TRUE(figures.mean().has_comparison());
  EXPECT_EQ(figures.mean().comparison().previous_sample_size(), 0);
  EXPECT_FALSE(figures.mean().comparison().has_difference());
}

TEST(CompareTimesTest, DoesNotCompareWithWhatIsWithheld) {
  const TimeCounts counts = Times({kMinute, kHour});
  v1::TimeFigures withheld;
  withheld.set_suppressed(true);
  v1::TimeFigures figures = Make(counts);
  CompareTimes(withheld, counts, counts, DefaultOptions(), &figures);
  EXPECT_FALSE(figures.mean().has_comparison());
  EXPECT_FALSE(figures.within(0).within().has_comparison());
}

TEST(ShareRankTest, CountsThoseThatTookLess) {
  v1::GetShareRankResponse response;
  SetShareRank(kMetric, Times({10, 20, 20, 30}, {5}), 20, 0.95, &response);
  EXPECT_EQ(response.slower_than().count(), 1);
  EXPECT_EQ(response.slower_than().sample_size(), 4);
  EXPECT_EQ(response.slower_than().value(), 0.25);
  EXPECT_EQ(response.slower_than().censored_count(), 1);
  EXPECT_EQ(response.slower_than().definition_id(), "response_times.first_response_time.slower_than.v1");
  EXPECT_EQ(response.uncertain_count(), 0);
}

TEST(ShareRankTest, IsTheInverseOfTheQuantile) {
  const TimeCounts counts = Times(Ascending(10'000, kMinute, 11 * kSecond));
  const stats::Sketch sketch(counts.answered);
  for (double quantile : {0.1, 0.5, 0.9, 0.992}) {
    v1::GetShareRankResponse response;
    SetShareRank(kMetric, counts, std::llround(sketch.Quantile(quantile, 0.95)->value), 0.95, &response);
    EXPECT_NEAR(response.slower_than().value(), quantile, 0.011) << quantile;
  }
}

TEST(ConversationFiguresTest, AreSharesOfTheResolvedOnes) {
  const ConversationCounts counts = {
      .begun = 10, .resolved = 8, .reopenings = 5, .resolved_reopened = 2, .one_touch = 4};
  v1::ConversationFigures figures = MakeConversationFigures(counts, 0.95);
  EXPECT_EQ(figures.conversation_count(), 10);
  EXPECT_EQ(figures.resolved_count(), 8);
  EXPECT_EQ(figures.reopen_count(), 5);
  EXPECT_EQ(figures.reopened().value(), 0.25);
  EXPECT_EQ(figures.one_touch().value(), 0.5);
  EXPECT_EQ(figures.one_touch().definition_id(), "response_times.one_touch_resolution.v1");
  CompareConversations(figures, counts, counts, 0.95, &figures);
  EXPECT_EQ(figures.reopened().comparison().difference(), 0);
  EXPECT_FALSE(MakeConversationFigures({.begun = 3}, 0.95).reopened().has_value());
}

TEST(PromiseFiguresTest, RateLeavesOutThePendingAndTheCancelled) {
  PromiseCounts counts;
  counts.Add(v1::PROMISE_STATE_KEPT, 6);
  counts.Add(v1::PROMISE_STATE_KEPT_LATE, 1);
  counts.Add(v1::PROMISE_STATE_BROKEN, 1);
  counts.Add(v1::PROMISE_STATE_PENDING, 20);
  counts.Add(v1::PROMISE_STATE_CANCELLED, 30);
  EXPECT_EQ(counts.all(), 58);
  v1::PromiseRow row;
  SetPromiseFigures(counts, 0.95, &row);
  EXPECT_EQ(row.kept().value(), 0.75);
  EXPECT_EQ(row.kept().sample_size(), 8);
  EXPECT_EQ(row.pending_count(), 20);
  EXPECT_EQ(row.cancelled_count(), 30);
  EXPECT_EQ(row.kept().definition_id(), "response_times.promises.kept.v1");
  ComparePromises(row, counts, counts, 0.95, &row);
  EXPECT_EQ(row.kept().comparison().p_value(), 1);
}

TEST(CustomerTimesTest, GiveMedianMeanAndShares) {
  const v1::CustomerTimes times = MakeCustomerTimes(
      v1::METRIC_NEXT_RESPONSE_TIME, Times({10 * kMinute, 20 * kMinute, 3 * kHour, 9 * kHour}).answered, 0.95);
  EXPECT_EQ(times.answered_count(), 4);
  EXPECT_NEAR(times.median().value(), 1200, 12);
  EXPECT_NEAR(times.mean().value(), (600 + 1200 + 10800 + 32400) / 4.0, 113);
  EXPECT_EQ(times.within_1h().value(), 0.5);
  EXPECT_EQ(times.within_6h().value(), 0.75);
  EXPECT_EQ(times.median().definition_id(), "response_times.next_response_time.customer.median.v1");
}

}  // namespace
}  // namespace rapport::response_times

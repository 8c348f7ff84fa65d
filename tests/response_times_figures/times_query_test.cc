#include "services/response_times/service/times_query.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/stats/sketch.h"
#include "common/time/interval.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/response_times_figures/stored_world.h"

namespace rapport::response_times {
namespace {

using ::testing::HasSubstr;

constexpr int kMinGroupSize = 5;
constexpr char kBerlin[] = "Europe/Berlin";

// What is looked at: everything of one group and bucket.
struct Exact {
  std::vector<int64_t> answered;  // ascending
  std::vector<int64_t> open;
};

class TimesQueryTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { world_ = std::make_unique<StoredWorld>(600); }
  static void TearDownTestSuite() { world_ = nullptr; }

  static v1::QueryResponseTimesResponse Query(const v1::QueryResponseTimesRequest& request) {
    v1::QueryResponseTimesResponse response;
    const absl::Status status = QueryTimes(world_->reader(), world_->dictionary(), world_->policies(), kTenant,
                                           kMinGroupSize, request, response);
    EXPECT_TRUE(status.ok()) << status;
    return response;
  }

  static std::string ErrorOf(const v1::QueryResponseTimesRequest& request) {
    v1::QueryResponseTimesResponse response;
    return std::string(QueryTimes(world_->reader(), world_->dictionary(), world_->policies(), kTenant, kMinGroupSize,
                                  request, response)
                           .message());
  }

  // The whole time, and a little that cuts slots.
  static v1::QueryResponseTimesRequest Request() {
    v1::QueryResponseTimesRequest request;
    *request.mutable_range() = ToProto(Interval{kBegin + absl::Minutes(7), kEnd - absl::Seconds(33)});
    return request;
  }

  // One by one.
  static Exact Gather(const Interval& bucket, v1::Metric metric, v1::Clock clock,
                      const std::function<bool(const storage::v1::Stretch&)>& matches) {
    std::set<storage::v1::StretchKind> kinds;
    if (metric == v1::METRIC_NEXT_RESPONSE_TIME) {
      kinds = {storage::v1::STRETCH_KIND_FIRST_RESPONSE, storage::v1::STRETCH_KIND_LATER_RESPONSE};
    } else if (metric == v1::METRIC_FIRST_RESPONSE_TIME) {
      kinds = {storage::v1::STRETCH_KIND_FIRST_RESPONSE};
    } else {
      kinds = {static_cast<storage::v1::StretchKind>(metric)};
    }
    Exact exact;
    for (const auto& [id, analysis] : world_->analyses()) {
      for (const storage::v1::Stretch& stretch : analysis.stretches()) {
        if (!kinds.contains(stretch.kind()) || !matches(stretch)) continue;
        if (!bucket.Contains(absl::FromUnixMillis(stretch.start_ms()))) continue;
        if (stretch.open()) {
          if (clock == v1::CLOCK_CALENDAR) exact.open.push_back(ToMillis(kNow) - stretch.start_ms());
        } else if (clock == v1::CLOCK_CALENDAR) {
          exact.answered.push_back(stretch.calendar_ms());
        } else if (stretch.has_business_ms()) {
          exact.answered.push_back(stretch.business_ms());
        }
      }
    }
    std::sort(exact.answered.begin(), exact.answered.end());
    return exact;
  }

  static void ExpectFigures(const v1::TimeFigures& figures, const Exact& exact, const std::string& what) {
    const auto n = static_cast<int64_t>(exact.answered.size());
    ASSERT_EQ(figures.answered_count(), n) << what;
    EXPECT_EQ(figures.open_count(), static_cast<int64_t>(exact.open.size())) << what;
    EXPECT_EQ(figures.has_max(), n > 0) << what;
    const auto within_an_hour = [](int64_t ms) { return ms <= 3'600'000; };
    const auto answered = std::count_if(exact.answered.begin(), exact.answered.end(), within_an_hour);
    const auto young = std::count_if(exact.open.begin(), exact.open.end(), within_an_hour);
    EXPECT_EQ(figures.within(0).within().sample_size(), n + figures.open_count() - young) << what;
    EXPECT_EQ(figures.within(0).within().censored_count(), young) << what;
    if (figures.within(0).within().sample_size() > 0) {
      EXPECT_EQ(figures.within(0).within().count(), answered) << what;
    }
    if (n == 0) return;
    EXPECT_EQ(figures.max().seconds() * 1000 + figures.max().nanos() / 1'000'000, exact.answered.back()) << what;
    double sum = 0;
    for (int64_t ms : exact.answered) sum += static_cast<double>(ms);
    EXPECT_NEAR(figures.mean().value(), sum / static_cast<double>(n) / 1000, 1e-9 * sum) << what;
    for (const v1::QuantileFigure& quantile : figures.quantiles()) {
      const int64_t rank = stats::QuantileRank(n, quantile.quantile());
      const double value = static_cast<double>(exact.answered[static_cast<size_t>(rank - 1)]) / 1000;
      EXPECT_NEAR(quantile.answered().value(), value, 0.0100001 * value) << what;
    }
  }

  static std::unique_ptr<StoredWorld> world_;
};

std::unique_ptr<StoredWorld> TimesQueryTest::world_;

TEST_F(TimesQueryTest, EveryMetricAndClockIsThatOfTheStretches) {
  v1::QueryResponseTimesRequest request = Request();
  for (int metric = 1; metric < v1::Metric_ARRAYSIZE; ++metric) request.add_metrics(static_cast<v1::Metric>(metric));
  request.add_clocks(v1::CLOCK_CALENDAR);
  request.add_clocks(v1::CLOCK_BUSINESS);
  const v1::QueryResponseTimesResponse response = Query(request);
  ASSERT_EQ(response.rows_size(), 1);
  ASSERT_EQ(response.rows(0).times_size(), 14);
  const Interval range = *ParseRange(request.range(), "range");
  for (const v1::TimeFigures& figures : response.rows(0).times()) {
    ExpectFigures(figures, Gather(range, figures.metric(), figures.clock(), [](const auto&) { return true; }),
                  absl::StrCat(v1::Metric_Name(figures.metric()), " ", v1::Clock_Name(figures.clock())));
  }
  EXPECT_EQ(response.totals(0).SerializeAsString(), response.rows(0).SerializeAsString());
}

TEST_F(TimesQueryTest, BucketsOfAZoneAndGroupsAreThoseOfTheStretches) {
  for (common::v1::Bucket bucket : {common::v1::BUCKET_DAY, common::v1::BUCKET_WEEK, common::v1::BUCKET_MONTH}) {
    v1::QueryResponseTimesRequest request = Request();
    request.add_metrics(v1::METRIC_NEXT_RESPONSE_TIME);
    request.set_time_zone(kBerlin);
    request.set_bucket(bucket);
    request.set_group_by(common::v1::DIMENSION_AGENT);
    const v1::QueryResponseTimesResponse response = Query(request);
    int64_t answered = 0;
    for (const v1::ResponseTimeRow& row : response.rows()) {
      const Exact exact = Gather(*ParseRange(row.bucket(), ""), v1::METRIC_NEXT_RESPONSE_TIME, v1::CLOCK_CALENDAR,
                                 [&](const auto& s) { return world_->AgentOf(s.dimension_codes()) == row.group(); });
      ExpectFigures(row.times(0), exact, absl::StrCat(row.bucket().ShortDebugString(), " ", row.group()));
      answered += row.times(0).answered_count();
    }
    const Interval range = *ParseRange(request.range(), "range");
    int64_t all = 0;
    for (const v1::ResponseTimeRow& row : response.totals()) {
      const Exact exact = Gather(range, v1::METRIC_NEXT_RESPONSE_TIME, v1::CLOCK_CALENDAR,
                                 [&](const auto& s) { return world_->AgentOf(s.dimension_codes()) == row.group(); });
      ExpectFigures(row.times(0), exact, row.group());
      all += row.times(0).answered_count();
    }
    EXPECT_EQ(response.totals_size(), kAgentCount + 1);
    EXPECT_EQ(answered, all);
  }
}

TEST_F(TimesQueryTest, FilterAloneAndBesideGroupsAreThoseOfTheStretches) {
  v1::QueryResponseTimesRequest request = Request();
  request.mutable_filter()->set_dimension(common::v1::DIMENSION_TEAM);
  const Interval range = *ParseRange(request.range(), "range");
  for (const char* team : {"team1", ""}) {
    request.mutable_filter()->set_value(team);
    request.clear_group_by();
    const v1::QueryResponseTimesResponse alone = Query(request);
    ASSERT_EQ(alone.rows_size(), 1);
    EXPECT_FALSE(alone.rows(0).has_group());
    ExpectFigures(alone.rows(0).times(0),
                  Gather(range, v1::METRIC_FIRST_RESPONSE_TIME, v1::CLOCK_CALENDAR,
                         [&](const auto& s) { return world_->TeamOf(s.dimension_codes()) == team; }),
                  team);
    request.set_group_by(common::v1::DIMENSION_AGENT);
    const auto answer = Query(request);
    for (const v1::ResponseTimeRow& row : answer.rows()) {
      ExpectFigures(row.times(0),
                    Gather(range, v1::METRIC_FIRST_RESPONSE_TIME, v1::CLOCK_CALENDAR,
                           [&](const auto& s) {
                             return world_->TeamOf(s.dimension_codes()) == team &&
                                    world_->AgentOf(s.dimension_codes()) == row.group();
                           }),
                    absl::StrCat(team, " ", row.group()));
    }
  }
}

TEST_F(TimesQueryTest, UnknownFilterMatchesNothing) {
  v1::QueryResponseTimesRequest request = Request();
  request.mutable_filter()->set_dimension(common::v1::DIMENSION_TEAM);
  request.mutable_filter()->set_value("nobody");
  const v1::QueryResponseTimesResponse response = Query(request);
  ASSERT_EQ(response.rows_size(), 1);
  ASSERT_EQ(response.rows(0).times_size(), 1);
  EXPECT_EQ(response.rows(0).times(0).answered_count(), 0);
  EXPECT_EQ(response.rows(0).times(0).open_count(), 0);
}

TEST_F(TimesQueryTest, ConversationsAreCountedWhereTheyBegan) {
  v1::QueryResponseTimesRequest request = Request();
  request.set_bucket(common::v1::BUCKET_WEEK);
  const auto answer = Query(request);
  for (const v1::ResponseTimeRow& row : answer.rows()) {
    const Interval bucket = *ParseRange(row.bucket(), "");
    int64_t begun = 0;
    int64_t resolved = 0;
    int64_t one_touch = 0;
    for (const auto& [id, analysis] : world_->analyses()) {
      if (!bucket.Contains(absl::FromUnixMillis(analysis.begun_ms()))) continue;
      ++begun;
      if (analysis.state() != v1::CONVERSATION_STATE_RESOLVED) continue;
      ++resolved;
      if (analysis.reply_count() == 1) ++one_touch;
    }
    EXPECT_EQ(row.conversations().conversation_count(), begun);
    EXPECT_EQ(row.conversations().resolved_count(), resolved);
    EXPECT_EQ(row.conversations().one_touch().count(), one_touch);
  }
}

TEST_F(TimesQueryTest, ComparesWithWhatAQueryOfThePeriodBeforeSays) {
  v1::QueryResponseTimesRequest request = Request();
  *request.mutable_range() = ToProto(Interval{kBegin + absl::Hours(24 * 20), kBegin + absl::Hours(24 * 30)});
  request.set_bucket(common::v1::BUCKET_DAY);
  request.set_compare_with_previous(true);
  const v1::QueryResponseTimesResponse response = Query(request);
  v1::QueryResponseTimesRequest before = Request();
  *before.mutable_range() = ToProto(Interval{kBegin + absl::Hours(24 * 10), kBegin + absl::Hours(24 * 20)});
  const v1::TimeFigures previous = Query(before).rows(0).times(0);
  const v1::TimeFigures& whole = response.totals(0).times(0);
  EXPECT_EQ(whole.mean().comparison().previous_value(), previous.mean().value());
  EXPECT_EQ(whole.within(0).within().comparison().previous_value(), previous.within(0).within().value());
  for (int i = 1; i < response.rows_size(); ++i) {
    const common::v1::Figure& yesterday = response.rows(i - 1).times(0).mean();
    const common::v1::Comparison& comparison = response.rows(i).times(0).mean().comparison();
    EXPECT_EQ(comparison.has_previous_value(), yesterday.has_value());
    EXPECT_EQ(comparison.previous_value(), yesterday.value());
  }
}

TEST_F(TimesQueryTest, OthersSeeNeitherTailsNorSmallGroups) {
  v1::QueryResponseTimesRequest request = Request();
  request.set_group_by(common::v1::DIMENSION_AGENT);
  request.set_bucket(common::v1::BUCKET_DAY);
  request.add_metrics(v1::METRIC_NEXT_RESPONSE_TIME);
  request.set_audience(v1::AUDIENCE_PUBLIC);
  const v1::QueryResponseTimesResponse response = Query(request);
  int withheld = 0;
  for (const v1::ResponseTimeRow& row : response.rows()) {
    const v1::TimeFigures& figures = row.times(0);
    EXPECT_FALSE(figures.has_max());
    if (figures.suppressed()) {
      ++withheld;
      EXPECT_FALSE(figures.has_mean());
      continue;
    }
    const int64_t all = figures.answered_count() + figures.open_count();
    EXPECT_TRUE(all == 0 || all >= kMinGroupSize) << all;
    EXPECT_FALSE(figures.quantiles(3).has_answered());
    EXPECT_FALSE(figures.quantiles(0).has_kaplan_meier());
  }
  EXPECT_GT(withheld, 0);
  for (const v1::ResponseTimeRow& row : response.totals()) EXPECT_FALSE(row.times(0).suppressed());
}

TEST_F(TimesQueryTest, AFilterAloneWithholdsWhatItsGroupWouldWithhold) {
  v1::QueryResponseTimesRequest grouped = Request();
  *grouped.mutable_range() = ToProto(Interval{kBegin, kBegin + absl::Hours(48)});
  grouped.set_group_by(common::v1::DIMENSION_AGENT);
  grouped.set_audience(v1::AUDIENCE_CUSTOMER);
  const auto answer = Query(grouped);
  for (const v1::ResponseTimeRow& row : answer.rows()) {
    v1::QueryResponseTimesRequest alone = grouped;
    alone.clear_group_by();
    alone.mutable_filter()->set_dimension(common::v1::DIMENSION_AGENT);
    alone.mutable_filter()->set_value(row.group());
    v1::ResponseTimeRow expected = row;
    expected.clear_group();
    EXPECT_EQ(Query(alone).rows(0).SerializeAsString(), expected.SerializeAsString()) << row.group();
  }
}

TEST_F(TimesQueryTest, NamesTheFieldThatIsWrong) {
  v1::QueryResponseTimesRequest request = Request();
  request.add_quantiles(0.999999);
  EXPECT_THAT(ErrorOf(request), HasSubstr("quantiles: 0.999999"));
  request = Request();
  request.add_thresholds()->set_seconds(-5);
  EXPECT_THAT(ErrorOf(request), HasSubstr("thresholds: -5 s"));
  request = Request();
  request.add_thresholds()->set_nanos(999);
  EXPECT_THAT(ErrorOf(request), HasSubstr("less than a millisecond"));
  request = Request();
  request.add_metrics(static_cast<v1::Metric>(99));
  EXPECT_THAT(ErrorOf(request), HasSubstr("metrics: 99 is no metric"));
  request = Request();
  request.add_clocks(static_cast<v1::Clock>(7));
  EXPECT_THAT(ErrorOf(request), HasSubstr("clocks: 7 is no clock"));
  request = Request();
  request.set_audience(static_cast<v1::Audience>(5));
  EXPECT_THAT(ErrorOf(request), HasSubstr("audience: 5"));
  EXPECT_THAT(ErrorOf({}), HasSubstr("range.start: missing"));
}

class ShareRankQueryTest : public TimesQueryTest {
 protected:
  static v1::GetShareRankResponse Rank(const v1::GetShareRankRequest& request) {
    v1::GetShareRankResponse response;
    const absl::Status status = QueryShareRank(world_->reader(), world_->dictionary(), world_->policies(), kTenant,
                                               kMinGroupSize, request, response);
    EXPECT_TRUE(status.ok()) << status;
    return response;
  }
};

TEST_F(ShareRankQueryTest, IsTheShareOfStretchesThatTookLess) {
  v1::GetShareRankRequest request;
  *request.mutable_range() = Request().range();
  request.mutable_duration()->set_seconds(3600);
  request.mutable_filter()->set_dimension(common::v1::DIMENSION_AGENT);
  request.mutable_filter()->set_value("agent2");
  const v1::GetShareRankResponse response = Rank(request);
  const Exact exact = Gather(*ParseRange(request.range(), ""), v1::METRIC_FIRST_RESPONSE_TIME, v1::CLOCK_CALENDAR,
                             [](const auto& s) { return world_->AgentOf(s.dimension_codes()) == "agent2"; });
  const auto less =
      std::count_if(exact.answered.begin(), exact.answered.end(), [](int64_t ms) { return ms < 3'600'000; });
  EXPECT_EQ(response.slower_than().sample_size(), static_cast<int64_t>(exact.answered.size()));
  EXPECT_LE(std::abs(response.slower_than().count() - less), response.uncertain_count());
}

TEST_F(ShareRankQueryTest, OthersSeeNoRankInTheTailAndNoneOfSmallGroups) {
  v1::GetShareRankRequest request;
  *request.mutable_range() = Request().range();
  request.mutable_duration()->set_seconds(int64_t{86'400} * 3000);
  EXPECT_EQ(Rank(request).slower_than().value(), 1);
  request.set_audience(v1::AUDIENCE_CUSTOMER);
  EXPECT_FALSE(Rank(request).has_slower_than());
  request.mutable_duration()->set_seconds(600);
  EXPECT_TRUE(Rank(request).has_slower_than());
  *request.mutable_range() = ToProto(Interval{kBegin, kBegin + absl::Hours(24)});
  EXPECT_FALSE(Rank(request).has_slower_than());
  request.set_audience(v1::AUDIENCE_INTERNAL);
  EXPECT_GT(Rank(request).slower_than().sample_size(), 0);
}

}  // namespace
}  // namespace rapport::response_times

#include <algorithm>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/time/interval.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/churn/core/bg_nbd.h"
#include "services/churn/core/retention.h"
#include "services/churn/service/churn_query.h"
#include "services/churn/service/conversion_query.h"
#include "services/churn/service/purchases_query.h"
#include "services/churn/service/retention_query.h"
#include "tests/churn_activities/activities.h"
#include "tests/churn_activities/service_harness.h"
#include "tests/churn_queries/lives.h"

namespace rapport::churn {
namespace {

using common::v1::Bucket;
using storage::v1::CustomerRow;
using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

template <class Request>
Request Over(absl::Time start, absl::Time end, const std::string& zone = "") {
  Request request;
  *request.mutable_range() = ToProto(Interval{start, end});
  request.set_time_zone(zone);
  return request;
}

template <class Request>
Request Over(absl::string_view start, absl::string_view end, const std::string& zone = "") {
  return Over<Request>(Moment(start), Moment(end), zone);
}

v1::QueryChurnResponse Churn(Harness& harness, const v1::QueryChurnRequest& request) {
  v1::QueryChurnResponse response;
  const absl::Status status = QueryChurn(harness.directory(), harness.reader().Now(), kTenant, request, response);
  EXPECT_TRUE(status.ok()) << status;
  return response;
}

v1::QueryRetentionResponse Retention(Harness& harness, const v1::QueryRetentionRequest& request) {
  v1::QueryRetentionResponse response;
  const absl::Status status = QueryRetention(harness.directory(), harness.reader().Now(), kTenant, request, response);
  EXPECT_TRUE(status.ok()) << status;
  return response;
}

v1::QueryConversionResponse Conversions(Harness& harness, const v1::QueryConversionRequest& request) {
  v1::QueryConversionResponse response;
  const absl::Status status = QueryConversion(harness.directory(), harness.reader().Now(), kTenant, request, response);
  EXPECT_TRUE(status.ok()) << status;
  return response;
}

// A hundred customers who pay 10 EUR from December on. In January five leave, three go down to 6 EUR, ten up to 15 EUR,
// and eight new ones come. In February ten leave, and two of January's return.
void RecordWinter(Harness& harness) {
  std::vector<v1::Activity> activities;
  for (int i = 0; i < 100; ++i) {
    const std::string id = absl::StrCat("c", i);
    activities.push_back(Converted(id, Moment("2025-12-01 09:00"), Plan(i < 40 ? "pro" : "basic", 1'000)));
    if (i < 5) activities.push_back(Cancelled(id, Moment("2026-01-10 12:00")));
    if (i >= 5 && i < 8) activities.push_back(PlanChanged(id, Moment("2026-01-15"), Plan("basic", 600)));
    if (i >= 40 && i < 50) activities.push_back(PlanChanged(id, Moment("2026-01-15"), Plan("pro", 1'500)));
    if (i >= 90) activities.push_back(Cancelled(id, Moment("2026-02-20")));
    if (i < 2) activities.push_back(Returned(id, Moment("2026-02-10"), Plan("pro", 1'000)));
  }
  for (int i = 0; i < 8; ++i) {
    activities.push_back(Converted(absl::StrCat("new", i), Moment("2026-01-20"), Plan("basic", 1'000, "USD")));
  }
  harness.Record(activities);
}

TEST(QueryChurnTest, CountsMonthsAndTheirPeriod) {
  Harness harness(Moment("2026-03-10"));
  RecordWinter(harness);
  auto request = Over<v1::QueryChurnRequest>("2026-01-01", "2026-03-01");
  request.set_bucket(common::v1::BUCKET_MONTH);
  const auto response = Churn(harness, request);
  ASSERT_EQ(response.rows_size(), 2);
  const v1::ChurnRow& january = response.rows(0);
  EXPECT_EQ(FromProto(january.bucket().end()), Moment("2026-02-01"));
  EXPECT_FALSE(january.has_group());
  EXPECT_EQ(january.active_at_start(), 100);
  EXPECT_EQ(january.lost(), 5);
  EXPECT_EQ(january.won(), 8);
  EXPECT_EQ(january.returned(), 0);
  const common::v1::Figure& logo = january.figures().logo_churn();
  EXPECT_DOUBLE_EQ(logo.value(), 0.05);
  EXPECT_EQ(logo.sample_size(), 100);
  EXPECT_EQ(logo.definition_id(), "churn.logo.v1");
  // Wilson's interval of 5 out of 100.
  EXPECT_THAT(logo.ci_low(), DoubleNear(0.0215, 5e-5));
  EXPECT_THAT(logo.ci_high(), DoubleNear(0.1118, 5e-5));
  ASSERT_EQ(january.figures().revenue_size(), 1);
  const v1::RevenueChurn& eur = january.figures().revenue(0);
  EXPECT_EQ(eur.start_minor(), 100'000);
  EXPECT_EQ(eur.lost_minor(), 5'000);
  EXPECT_EQ(eur.contraction_minor(), 1'200);
  EXPECT_EQ(eur.expansion_minor(), 5'000);
  EXPECT_DOUBLE_EQ(eur.gross().value(), 0.062);
  EXPECT_DOUBLE_EQ(eur.net().value(), 0.012);

  const v1::ChurnRow& february = response.rows(1);
  EXPECT_EQ(february.active_at_start(), 103);
  EXPECT_EQ(february.lost(), 10);
  EXPECT_EQ(february.won(), 2);
  EXPECT_EQ(february.returned(), 2);
  ASSERT_EQ(february.figures().revenue_size(), 2);
  EXPECT_EQ(february.figures().revenue(1).currency(), "USD");

  // Who left and returned within the period is not lost in it.
  ASSERT_EQ(response.totals_size(), 1);
  EXPECT_EQ(response.totals(0).active_at_start(), 100);
  EXPECT_EQ(response.totals(0).lost(), 13);
  EXPECT_EQ(response.totals(0).won(), 8);
}

TEST(QueryChurnTest, ComparesWholeBucketsThatHaveEnded) {
  Harness harness(Moment("2026-03-10"));
  RecordWinter(harness);
  auto request = Over<v1::QueryChurnRequest>("2026-01-01", "2026-04-01");
  request.set_bucket(common::v1::BUCKET_MONTH);
  request.set_compare_with_previous(true);
  const auto response = Churn(harness, request);
  ASSERT_EQ(response.rows_size(), 3);
  const auto& first = response.rows(0).figures().logo_churn();
  EXPECT_EQ(first.comparison().previous_sample_size(), 0);  // nobody on the first of December
  EXPECT_FALSE(first.comparison().has_difference());
  const auto& second = response.rows(1).figures().logo_churn();
  EXPECT_DOUBLE_EQ(second.comparison().previous_value(), 0.05);
  EXPECT_DOUBLE_EQ(second.comparison().difference(), 10.0 / 103 - 0.05);
  EXPECT_FALSE(second.comparison().significant());
  EXPECT_EQ(second.comparison().definition_id(), "difference.newcombe.v1");
  EXPECT_TRUE(response.rows(1).figures().revenue(0).gross().has_comparison());
  EXPECT_FALSE(response.rows(2).figures().logo_churn().has_comparison()) << "March has not ended";
  EXPECT_FALSE(response.totals(0).figures().logo_churn().has_comparison());

  auto cut = Over<v1::QueryChurnRequest>("2026-01-10", "2026-03-01");
  cut.set_bucket(common::v1::BUCKET_MONTH);
  cut.set_compare_with_previous(true);
  const auto of_cut = Churn(harness, cut);
  EXPECT_FALSE(of_cut.rows(0).figures().logo_churn().has_comparison());
  EXPECT_FALSE(of_cut.rows(1).figures().logo_churn().has_comparison());
  EXPECT_TRUE(of_cut.totals(0).figures().logo_churn().has_comparison());
}

TEST(QueryChurnTest, CountsUpToNowAndNothingOfTheFuture) {
  Harness harness(Moment("2026-01-12"));
  std::vector<v1::Activity> activities;
  for (int i = 0; i < 4; ++i)
    activities.push_back(Converted(absl::StrCat("c", i), Moment("2025-12-05"), Plan("p", 100)));
  activities.push_back(Cancelled("c0", Moment("2026-01-10")));
  activities.push_back(CancelledFor("c1", Moment("2026-01-10"), Moment("2026-01-20")));
  harness.Record(activities);
  auto request = Over<v1::QueryChurnRequest>("2026-01-01", "2026-04-01");
  request.set_bucket(common::v1::BUCKET_MONTH);
  const auto response = Churn(harness, request);
  ASSERT_EQ(response.rows_size(), 3);
  EXPECT_EQ(response.rows(0).lost(), 1) << "notice was given by another one, who is not lost yet";
  EXPECT_EQ(response.rows(1).active_at_start(), 0);
  EXPECT_FALSE(response.rows(1).figures().logo_churn().has_value());
  EXPECT_EQ(response.rows(1).figures().revenue_size(), 0);
  EXPECT_EQ(response.totals(0).lost(), 1);
  harness.SetNow(Moment("2026-01-21"));
  EXPECT_EQ(Churn(harness, request).rows(0).lost(), 2);
}

TEST(QueryChurnTest, CutsDaysInTheZoneOfTheRequest) {
  Harness harness(Moment("2026-04-10"));
  std::vector<v1::Activity> activities;
  for (int i = 0; i < 3; ++i)
    activities.push_back(Converted(absl::StrCat("c", i), Moment("2026-03-01"), Plan("p", 100)));
  activities.push_back(Cancelled("c0", Moment("2026-03-28 22:59")));  // 23:59 in Berlin
  activities.push_back(Cancelled("c1", Moment("2026-03-28 23:30")));  // 00:30 on the day with 23 hours
  activities.push_back(Cancelled("c2", Moment("2026-03-29 22:30")));  // 00:30 on the day after it
  harness.Record(activities);
  auto request = Over<v1::QueryChurnRequest>("2026-03-27 23:00", "2026-03-30 22:00", "Europe/Berlin");
  request.set_bucket(common::v1::BUCKET_DAY);
  const auto response = Churn(harness, request);
  ASSERT_EQ(response.rows_size(), 3);
  for (const auto& row : response.rows()) EXPECT_EQ(row.lost(), 1) << row.DebugString();
  EXPECT_EQ(FromProto(response.rows(1).bucket().end()) - FromProto(response.rows(1).bucket().start()), absl::Hours(23));
}

TEST(QueryChurnTest, GroupsAndFiltersByTheStart) {
  Harness harness(Moment("2026-03-10"));
  RecordWinter(harness);
  auto request = Over<v1::QueryChurnRequest>("2026-01-01", "2026-03-01");
  request.set_bucket(common::v1::BUCKET_MONTH);
  request.mutable_grouping()->set_group_by("plan");
  const auto response = Churn(harness, request);
  std::vector<std::tuple<std::string, int64_t, int64_t, int64_t>> rows;
  for (const auto& row : response.rows()) rows.emplace_back(row.group(), row.active_at_start(), row.lost(), row.won());
  EXPECT_THAT(rows, ElementsAre(std::make_tuple("basic", 60, 0, 8), std::make_tuple("pro", 40, 5, 0),
                                std::make_tuple("basic", 61, 10, 0), std::make_tuple("pro", 42, 0, 2)));
  ASSERT_EQ(response.totals_size(), 2);
  EXPECT_EQ(response.totals(0).group(), "basic");

  request.mutable_grouping()->set_max_groups(1);
  const auto with_others = Churn(harness, request);
  EXPECT_EQ(with_others.rows(0).group(), "__other__");
  EXPECT_EQ(with_others.rows(1).group(), "basic");

  request.mutable_grouping()->clear_group_by();
  request.mutable_grouping()->set_filter("NOT plan = basic");
  const auto filtered = Churn(harness, request);
  ASSERT_EQ(filtered.rows_size(), 2);
  EXPECT_EQ(filtered.rows(0).active_at_start(), 40);
  EXPECT_EQ(filtered.rows(1).active_at_start(), 42);
}

TEST(QueryChurnTest, AWholePeriodIsItsOwnTotal) {
  Harness harness(Moment("2026-03-10"));
  RecordWinter(harness);
  auto request = Over<v1::QueryChurnRequest>("2026-02-01", "2026-03-01");
  request.set_compare_with_previous(true);
  const auto response = Churn(harness, request);
  ASSERT_EQ(response.rows_size(), 1);
  ASSERT_EQ(response.totals_size(), 1);
  EXPECT_EQ(response.rows(0).SerializeAsString(), response.totals(0).SerializeAsString());
  EXPECT_DOUBLE_EQ(response.rows(0).figures().logo_churn().comparison().previous_value(), 0.05);
}

TEST(QueryChurnTest, WithoutCustomersThereIsNoValue) {
  Harness harness(Moment("2026-03-10"));
  const auto response = Churn(harness, Over<v1::QueryChurnRequest>("2026-02-01", "2026-03-01"));
  ASSERT_EQ(response.rows_size(), 1);
  EXPECT_FALSE(response.rows(0).figures().logo_churn().has_value());
  auto grouped = Over<v1::QueryChurnRequest>("2026-02-01", "2026-03-01");
  grouped.mutable_grouping()->set_group_by("plan");
  EXPECT_EQ(Churn(harness, grouped).rows_size(), 0);
}

TEST(QueryChurnTest, RejectsWhatItCannotAnswer) {
  Harness harness(Moment("2026-03-10"));
  std::vector<v1::Activity> activities;
  for (int i = 0; i < 200; ++i) {
    activities.push_back(Converted(absl::StrCat("c", i), Moment("2026-01-05"), Plan(absl::StrCat("p", i), 100)));
  }
  harness.Record(activities);
  const auto error = [&](const v1::QueryChurnRequest& request) {
    v1::QueryChurnResponse response;
    const absl::Status status = QueryChurn(harness.directory(), harness.reader().Now(), kTenant, request, response);
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    return std::string(status.message());
  };
  EXPECT_THAT(error(v1::QueryChurnRequest()), StartsWith("range.start: missing"));
  EXPECT_THAT(error(Over<v1::QueryChurnRequest>("2026-01-01", "2026-02-01", "Moon/Base")), StartsWith("time_zone: "));
  auto request = Over<v1::QueryChurnRequest>("2026-01-01", "2026-03-01");
  request.set_confidence(0.5);
  EXPECT_THAT(error(request), StartsWith("confidence: 0.5 is not above 0.5"));
  request.set_confidence(0);
  request.set_bucket(common::v1::BUCKET_HOUR);
  EXPECT_THAT(error(request), HasSubstr("more than 1000 pieces"));
  request.set_bucket(static_cast<Bucket>(77));
  EXPECT_THAT(error(request), StartsWith("bucket: 77 is none"));
  request.set_bucket(common::v1::BUCKET_DAY);
  request.mutable_grouping()->set_group_by("plan");
  request.mutable_grouping()->set_max_groups(200);
  EXPECT_THAT(error(request), StartsWith("bucket: the answer would have 11800 rows; the most is 10000"));
}

TEST(QueryChurnTest, RefusesAnswersThatFitIntoNoMessage) {
  Harness harness(Moment("2026-03-10"));
  std::vector<v1::Activity> activities;
  const char* const currencies[] = {"EUR", "USD", "GBP", "CHF"};
  for (int plan = 0; plan < 120; ++plan) {
    for (int i = 0; i < 8; ++i) {
      const std::string name = absl::StrCat("a plan with a longer name ", plan);
      activities.push_back(
          Converted(absl::StrCat("c", plan, ".", i), Moment("2026-01-05"), Plan(name, 123'456 + i, currencies[i % 4])));
    }
  }
  harness.Record(activities);
  auto request = Over<v1::QueryChurnRequest>("2026-01-10", "2026-03-01");
  request.set_bucket(common::v1::BUCKET_DAY);
  request.set_compare_with_previous(true);
  request.mutable_grouping()->set_group_by("plan");
  request.mutable_grouping()->set_max_groups(120);
  v1::QueryChurnResponse response;
  const absl::Status status = QueryChurn(harness.directory(), harness.reader().Now(), kTenant, request, response);
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("bytes; the most is 4000000: use a coarser bucket"));
  request.mutable_grouping()->set_max_groups(20);
  EXPECT_EQ(Churn(harness, request).rows_size(), 50 * 21);
}

TEST(QueryChurnTest, UseOfTheProductCostsQuestionsNothing) {
  Harness harness(Moment("2026-03-10"));
  RecordWinter(harness);
  const auto request = Over<v1::QueryChurnRequest>("2026-01-01", "2026-03-01");
  const auto tables_read = [&] {
    const int64_t before = harness.tables_read();
    Churn(harness, request);
    return harness.tables_read() - before;
  };
  tables_read();
  const int64_t nothing_new = tables_read();
  std::vector<v1::Activity> used;
  for (int i = 0; i < 2'000; ++i) {
    used.push_back(WithId(Used(absl::StrCat("c", i % 100), Moment("2026-02-01")), absl::StrCat("use", i)));
  }
  harness.Record(used);
  EXPECT_EQ(tables_read(), nothing_new);
  harness.Record({Cancelled("c50", Moment("2026-02-25"))});
  EXPECT_EQ(tables_read(), nothing_new + 1);
}

// --- Random lives, recorded and asked for

struct Sums {
  int64_t active_at_start = 0;
  int64_t lost = 0;
  int64_t won = 0;
  std::map<std::string, std::pair<int64_t, int64_t>> revenue;  // start and lost or contracted

  friend bool operator==(const Sums&, const Sums&) = default;
};

using SumsByPlace = std::map<std::pair<int64_t, std::string>, Sums>;  // by start of the bucket and group

template <class Rows>
SumsByPlace Shown(const Rows& rows) {
  SumsByPlace places;
  for (const v1::ChurnRow& row : rows) {
    Sums& sums = places[{ToMillis(row.bucket().start()), row.group()}];
    sums = {row.active_at_start(), row.lost(), row.won(), {}};
    for (const auto& each : row.figures().revenue()) {
      sums.revenue[each.currency()] = {each.start_minor(), each.lost_minor() + each.contraction_minor()};
    }
  }
  return places;
}

void CountPlainly(const std::vector<CustomerRow>& rows, int64_t start, int64_t end, const std::string& key,
                  SumsByPlace& places) {
  for (const CustomerRow& row : rows) {
    const Snapshot before = SnapshotAt(row, start);
    const Snapshot after = SnapshotAt(row, end);
    if (!before.active_since && !after.active_since) continue;
    const int64_t moment = before.active_since ? start : *after.active_since;
    Sums& sums = places[{start, key.empty() ? "" : ValueAt(row, key, moment)}];
    if (!before.active_since) {
      ++sums.won;
      continue;
    }
    ++sums.active_at_start;
    if (!after.active_since) ++sums.lost;
    if (before.minor == 0) continue;
    const int64_t left = after.currency == before.currency ? std::min(after.minor, before.minor) : 0;
    sums.revenue[before.currency].first += before.minor;
    sums.revenue[before.currency].second += before.minor - left;
  }
}

class EnginesTest : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Engines, EnginesTest, testing::Values("rocksdb", "redis"));

TEST_P(EnginesTest, ChurnEqualsCountingByHand) {
  const absl::Time start = Moment("2025-01-01");
  Harness harness(Moment("2026-02-10 11:00"), GetParam());
  harness.Record(RandomActivities(4, 80, 2'000, start, 400));
  std::vector<CustomerRow> rows;
  ASSERT_TRUE(harness.directory().ForEach(kTenant, [&](const CustomerRow& row) { rows.push_back(row); }).ok());
  Random random(17);
  for (int round = 0; round < 40; ++round) {
    const absl::Time from = start + absl::Hours(Below(random, 300 * 24));
    const absl::Time to = from + absl::Hours(24 + Below(random, 150 * 24));
    const char* const zones[] = {"", "Europe/Berlin", "America/New_York", "Asia/Kathmandu"};
    auto request = Over<v1::QueryChurnRequest>(from, to, zones[round % 4]);
    const std::string keys[] = {"", "plan", "owner", "currency"};
    request.mutable_grouping()->set_group_by(keys[Below(random, 4)]);
    request.set_bucket(static_cast<Bucket>(3 + Below(random, 3)));
    const auto response = Churn(harness, request);
    SumsByPlace buckets;
    SumsByPlace total;
    const auto count = [&](const common::v1::TimeRange& range, SumsByPlace& places) {
      const int64_t end = std::min(ToMillis(range.end()), ToMillis(harness.reader().Now()));
      CountPlainly(rows, ToMillis(range.start()), end, request.grouping().group_by(), places);
    };
    std::map<int64_t, common::v1::TimeRange> ranges;
    for (const auto& row : response.rows()) ranges[ToMillis(row.bucket().start())] = row.bucket();
    for (const auto& [at, range] : ranges) count(range, buckets);
    count(request.range(), total);
    if (request.grouping().group_by().empty()) {
      for (const auto& [at, range] : ranges) buckets[{at, ""}];
      total[{ToMillis(from), ""}];
    }
    EXPECT_EQ(Shown(response.rows()), buckets) << request.DebugString();
    EXPECT_EQ(Shown(response.totals()), total) << request.DebugString();
  }
}

// --- Retention

TEST(QueryRetentionTest, FollowsFirstTenuresByGroupAndMonth) {
  Harness harness(Moment("2026-07-01"));
  std::vector<v1::Activity> activities;
  // Four begin in January and leave after 1, 2 and 3 months or never; two in February stay.
  for (int i = 0; i < 4; ++i) {
    const std::string id = absl::StrCat("jan", i);
    activities.push_back(Converted(id, Moment("2026-01-10"), Plan("pro", 100)));
    if (i < 3) activities.push_back(Cancelled(id, Moment(absl::StrCat("2026-0", i + 2, "-10"))));
  }
  activities.push_back(Returned("jan0", Moment("2026-04-01"), Plan("pro", 100)));  // no second life
  for (int i = 0; i < 2; ++i) {
    activities.push_back(Converted(absl::StrCat("feb", i), Moment("2026-02-28 23:30"), Plan("basic", 100)));
  }
  harness.Record(activities);
  auto request = Over<v1::QueryRetentionRequest>("2026-01-01", "2026-03-01");
  request.set_by_cohort(true);
  const auto response = Retention(harness, request);
  EXPECT_EQ(response.figures().customer_count(), 6);
  EXPECT_EQ(response.figures().lost_count(), 3);
  ASSERT_EQ(response.figures().points_size(), 5);
  EXPECT_DOUBLE_EQ(response.figures().points(0).retention().value(), 5.0 / 6);
  EXPECT_DOUBLE_EQ(response.figures().points(2).retention().value(), 3.0 / 6);
  EXPECT_EQ(response.figures().points(2).retention().definition_id(), "churn.retention.kaplan_meier.v1");
  ASSERT_EQ(response.cohorts_size(), 2);
  EXPECT_EQ(FromProto(response.cohorts(0).start_month().start()), Moment("2026-01-01"));
  EXPECT_DOUBLE_EQ(response.cohorts(0).figures().points(2).retention().value(), 0.25);
  EXPECT_DOUBLE_EQ(response.cohorts(0).figures().median_lifetime_months().value(), 2);
  EXPECT_FALSE(response.cohorts(1).figures().median_lifetime_months().has_value());

  request.mutable_grouping()->set_group_by("plan");
  const auto grouped = Retention(harness, request);
  EXPECT_EQ(grouped.cohorts_size(), 0);
  ASSERT_EQ(grouped.groups_size(), 2);
  EXPECT_EQ(grouped.groups(0).group(), "basic");
  EXPECT_EQ(grouped.groups(1).figures().customer_count(), 4);

  // In Berlin the last of February is the first of March.
  request.clear_grouping();
  request.set_time_zone("Europe/Berlin");
  const auto berlin = Retention(harness, request);
  ASSERT_EQ(berlin.cohorts_size(), 2);
  EXPECT_EQ(FromProto(berlin.cohorts(1).start_month().start()), Moment("2026-02-28 23:00"));

  request.mutable_grouping()->set_filter("plan = none");
  const auto nobody = Retention(harness, request);
  EXPECT_EQ(nobody.figures().customer_count(), 0);
  EXPECT_EQ(nobody.figures().points_size(), 0);
  EXPECT_FALSE(nobody.figures().median_lifetime_months().has_value());
}

// --- Conversion

TEST(QueryConversionTest, LeavesOutThoseWhoseWindowHasNotPassed) {
  Harness harness(Moment("2026-03-10"));
  std::vector<v1::Activity> activities;
  const auto sign_up = [&](const std::string& id, absl::string_view at, const std::string& converted_at) {
    activities.push_back(SignedUp(id, Moment(at)));
    if (!converted_at.empty()) activities.push_back(Converted(id, Moment(converted_at), Plan("pro", 100)));
  };
  sign_up("a", "2025-11-05", "2025-11-20");
  sign_up("b", "2025-11-05", "2025-12-05");  // at the last moment
  sign_up("c", "2025-11-05", "2025-12-06");  // too late for one month
  sign_up("d", "2025-12-05", "");
  sign_up("e", "2026-02-20", "2026-02-21");  // the window is open
  harness.Record(activities);
  auto request = Over<v1::QueryConversionRequest>("2025-11-01", "2026-03-01");
  request.set_bucket(common::v1::BUCKET_MONTH);
  request.add_window_months(1);
  request.add_window_months(3);
  request.set_compare_with_previous(true);
  const auto response = Conversions(harness, request);
  ASSERT_EQ(response.rows_size(), 4);
  EXPECT_EQ(response.rows(0).signup_count(), 3);
  ASSERT_EQ(response.rows(0).windows_size(), 2);
  EXPECT_DOUBLE_EQ(response.rows(0).windows(0).conversion().value(), 2.0 / 3);
  EXPECT_DOUBLE_EQ(response.rows(0).windows(1).conversion().value(), 1);
  EXPECT_EQ(response.rows(0).windows(0).conversion().definition_id(), "churn.conversion.within.v1");
  EXPECT_DOUBLE_EQ(response.rows(1).windows(0).conversion().value(), 0);
  EXPECT_DOUBLE_EQ(response.rows(1).windows(0).conversion().comparison().difference(), -2.0 / 3);
  EXPECT_EQ(response.rows(2).signup_count(), 0);
  EXPECT_FALSE(response.rows(2).windows(0).conversion().has_value());
  EXPECT_FALSE(response.rows(3).windows(0).conversion().has_value());
  EXPECT_EQ(response.rows(3).windows(0).conversion().censored_count(), 1);
  ASSERT_EQ(response.totals_size(), 1);
  EXPECT_EQ(response.totals(0).signup_count(), 5);
  EXPECT_DOUBLE_EQ(response.totals(0).windows(0).conversion().value(), 0.5);
  EXPECT_EQ(response.totals(0).windows(1).conversion().censored_count(), 1);
}

TEST(QueryConversionTest, HasSixAndTwelveMonthsByDefaultAndGroupsBySignup) {
  Harness harness(Moment("2026-03-10"));
  std::vector<v1::Activity> activities;
  for (int i = 0; i < 3; ++i) {
    const std::string id = absl::StrCat("c", i);
    activities.push_back(AttributeSet(id, Moment("2024-01-01"), "country", i < 2 ? "DE" : "FR"));
    activities.push_back(SignedUp(id, Moment("2024-02-01")));
    activities.push_back(AttributeSet(id, Moment("2024-03-01"), "country", "IT"));
  }
  harness.Record(activities);
  auto request = Over<v1::QueryConversionRequest>("2024-01-01", "2025-01-01");
  request.mutable_grouping()->set_group_by("country");
  const auto response = Conversions(harness, request);
  ASSERT_EQ(response.rows_size(), 2);
  EXPECT_EQ(response.rows(0).group(), "DE");
  EXPECT_EQ(response.rows(0).signup_count(), 2);
  EXPECT_EQ(response.rows(1).group(), "FR");
  ASSERT_EQ(response.rows(0).windows_size(), 2);
  EXPECT_EQ(response.rows(0).windows(0).months(), 6);
  EXPECT_EQ(response.rows(0).windows(1).months(), 12);
  EXPECT_EQ(response.totals_size(), 2);

  v1::QueryConversionResponse refused;
  request.add_window_months(121);
  EXPECT_THAT(
      std::string(QueryConversion(harness.directory(), harness.reader().Now(), kTenant, request, refused).message()),
      StartsWith("window_months[0]: 121 is not within 1 and 120"));
}

TEST_P(EnginesTest, ConversionAndRetentionEqualCountingByHand) {
  const absl::Time start = Moment("2024-01-01");
  Harness harness(Moment("2025-03-10 11:00"), GetParam());
  harness.Record(RandomActivities(9, 150, 1'500, start, 400));
  std::vector<CustomerRow> rows;
  ASSERT_TRUE(harness.directory().ForEach(kTenant, [&](const CustomerRow& row) { rows.push_back(row); }).ok());
  const absl::Time now = harness.reader().Now();
  Random random(23);
  for (int round = 0; round < 20; ++round) {
    const Interval range{start + absl::Hours(Below(random, 200 * 24)),
                         start + absl::Hours((201 + Below(random, 300)) * 24)};
    const auto zone_name = round % 2 == 0 ? "Europe/Berlin" : "";
    absl::TimeZone zone = absl::UTCTimeZone();
    if (round % 2 == 0) {
      ASSERT_TRUE(absl::LoadTimeZone(zone_name, &zone));
    }
    std::vector<Tenure> tenures;
    std::vector<Signup> signups;
    for (const CustomerRow& row : rows) {
      if (!row.tenures().empty() && range.Contains(absl::FromUnixMillis(row.tenures(0).start_ms()))) {
        tenures.push_back({absl::FromUnixMillis(row.tenures(0).start_ms())});
        if (row.tenures(0).has_end_ms()) tenures.back().end = absl::FromUnixMillis(row.tenures(0).end_ms());
      }
      const absl::Time signed_up = absl::FromUnixMillis(row.signed_up_ms());
      if (row.has_signed_up_ms() && range.Contains(signed_up)) {
        signups.push_back({signed_up});
        if (row.has_converted_ms()) signups.back().converted = absl::FromUnixMillis(row.converted_ms());
      }
    }
    const auto retention = Retention(harness, Over<v1::QueryRetentionRequest>(range.start, range.end, zone_name));
    EXPECT_EQ(retention.figures().SerializeAsString(),
              MakeRetention(LifetimesOf(tenures, now, zone), 0.95).SerializeAsString());

    auto request = Over<v1::QueryConversionRequest>(range.start, range.end, zone_name);
    request.set_bucket(common::v1::BUCKET_WEEK);
    const auto conversion = Conversions(harness, request);
    ASSERT_EQ(conversion.totals_size(), 1);
    EXPECT_EQ(conversion.totals(0).windows(0).SerializeAsString(),
              MakeConversion(6, CountConversions(signups, 6, now, zone), 0.95).SerializeAsString());
    int64_t in_buckets = 0;
    for (const auto& row : conversion.rows()) in_buckets += row.signup_count();
    EXPECT_EQ(in_buckets, static_cast<int64_t>(signups.size()));
  }
}

// --- Purchases

class ForecastTest : public testing::Test {
 protected:
  ForecastTest() : harness_(Moment("2026-03-10 15:00")) {}

  // Of so many customers, each with some purchases since the start of 2025.
  void RecordPurchases(int customers) {
    Random random(31);
    std::vector<v1::Activity> activities;
    for (int c = 0; c < customers; ++c) {
      const int64_t first = Below(random, 300);
      for (int64_t n = 1 + Below(random, 4) * Below(random, 3); n > 0; --n) {
        const int64_t hours = (first + Below(random, 120)) * 24 + Below(random, 24);
        activities.push_back(
            WithId(Purchased(absl::StrCat("b", c), Moment("2025-01-01") + absl::Hours(hours)), absl::StrCat("p", n)));
      }
    }
    harness_.Record(activities);
  }

  absl::Status Ask(const v1::ForecastPurchasesRequest& request, v1::ForecastPurchasesResponse& response) {
    return forecasts_.Answer(harness_.directory(), harness_.reader().Now(), kTenant, request, response);
  }

  v1::ForecastPurchasesResponse Forecasts(const v1::ForecastPurchasesRequest& request) {
    v1::ForecastPurchasesResponse response;
    const absl::Status status = Ask(request, response);
    EXPECT_TRUE(status.ok()) << status;
    return response;
  }

  Harness harness_;
  PurchaseForecasts forecasts_;
};

TEST_F(ForecastTest, FitsAllBuyersAndListsTheMostExpectedFirst) {
  RecordPurchases(300);
  v1::ForecastPurchasesRequest request;
  request.set_horizon_days(30);
  request.mutable_page()->set_page_size(1'000);
  const auto response = Forecasts(request);
  ASSERT_EQ(response.customers_size(), 300);
  EXPECT_TRUE(response.next_page_token().empty());

  // The same, from the rows.
  std::vector<PurchaseHistory> histories;
  std::map<std::string, PurchaseHistory> by_id;
  ASSERT_TRUE(harness_.directory()
                  .ForEach(kTenant,
                           [&](const CustomerRow& row) {
                             std::vector<absl::CivilDay> days;
                             absl::CivilDay day(1970, 1, 1);
                             for (const uint32_t step : row.purchase_days()) days.push_back(day += step);
                             by_id[row.customer_id()] = *HistoryOf(days, absl::CivilDay(2026, 3, 9));
                             histories.push_back(by_id[row.customer_id()]);
                           })
                  .ok());
  const auto model = FitPurchaseModel(histories);
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_EQ(response.model().customer_count(), 300);
  EXPECT_THAT(response.model().log_likelihood(), DoubleNear(model->log_likelihood(), 1e-6));
  double last = 1e9;
  for (const auto& each : response.customers()) {
    const PurchaseHistory& history = by_id.at(each.customer_id());
    EXPECT_EQ(each.repeat_count(), history.repeats);
    EXPECT_EQ(UtcDay(FromProto(each.last_purchase_day())),
              UtcDay(Moment("2026-03-09")) - static_cast<int64_t>(history.age - history.recency));
    const auto expected = Forecast(response.model(), history, 30);
    EXPECT_DOUBLE_EQ(each.forecast().expected_purchases(), expected.expected_purchases());
    EXPECT_DOUBLE_EQ(each.forecast().alive(), expected.alive());
    EXPECT_LE(each.forecast().expected_purchases(), last);
    last = each.forecast().expected_purchases();
  }
}

TEST_F(ForecastTest, PagesHoldTheWholeListOnce) {
  RecordPurchases(120);
  v1::ForecastPurchasesRequest request;
  request.mutable_page()->set_page_size(1'000);
  std::vector<std::string> whole;
  const auto at_once = Forecasts(request);
  for (const auto& each : at_once.customers()) whole.push_back(each.customer_id());
  request.mutable_page()->set_page_size(7);
  std::vector<std::string> paged;
  do {
    const auto page = Forecasts(request);
    EXPECT_LE(page.customers_size(), 7);
    for (const auto& each : page.customers()) paged.push_back(each.customer_id());
    request.mutable_page()->set_page_token(page.next_page_token());
    // Midnight passes: the list goes on as it was.
    harness_.SetNow(Moment("2026-03-11 00:30"));
  } while (!request.page().page_token().empty());
  EXPECT_EQ(paged, whole);
}

TEST_F(ForecastTest, WhatIsKeptOfOneQuestionDoesNotShowInAnother) {
  RecordPurchases(150);
  v1::ForecastPurchasesRequest request;
  for (const int days : {30, 90, 30}) {
    request.set_horizon_days(days);
    PurchaseForecasts fresh;
    v1::ForecastPurchasesResponse expected;
    ASSERT_TRUE(fresh.Answer(harness_.directory(), harness_.reader().Now(), kTenant, request, expected).ok());
    EXPECT_EQ(Forecasts(request).SerializeAsString(), expected.SerializeAsString());
  }
}

TEST_F(ForecastTest, KnowsNothingLaterThanAsOf) {
  RecordPurchases(200);
  v1::ForecastPurchasesRequest request;
  *request.mutable_as_of() = ToProto(Moment("2025-07-01"));
  const auto before = Forecasts(request);
  std::vector<v1::Activity> later;
  for (int c = 0; c < 250; ++c) {
    later.push_back(WithId(Purchased(absl::StrCat("b", c), Moment("2025-07-01 01:00")), "later"));
  }
  harness_.Record(later);
  EXPECT_EQ(Forecasts(request).SerializeAsString(), before.SerializeAsString());
  request.clear_as_of();
  EXPECT_EQ(Forecasts(request).model().customer_count(), 250);

  request.set_customer_id("b3");
  const auto one = Forecasts(request);
  ASSERT_EQ(one.customers_size(), 1);
  EXPECT_EQ(one.customers(0).customer_id(), "b3");
  request.set_customer_id("nobody");
  EXPECT_EQ(Forecasts(request).customers_size(), 0);
}

TEST_F(ForecastTest, RefusesWhatItCannotForecast) {
  v1::ForecastPurchasesResponse response;
  v1::ForecastPurchasesRequest request;
  EXPECT_TRUE(absl::IsFailedPrecondition(Ask(request, response)));
  harness_.Record({Purchased("a", Moment("2026-01-01")), Purchased("b", Moment("2026-01-02"))});
  EXPECT_THAT(std::string(Ask(request, response).message()), StartsWith("nobody bought twice"));
  request.set_horizon_days(3'651);
  EXPECT_THAT(std::string(Ask(request, response).message()), StartsWith("horizon_days: 3651"));
  request.set_horizon_days(0);
  *request.mutable_as_of() = ToProto(Moment("2026-03-11"));
  EXPECT_THAT(std::string(Ask(request, response).message()), HasSubstr("is later than now"));
  request.clear_as_of();
  request.mutable_page()->set_page_token("nonsense");
  EXPECT_THAT(std::string(Ask(request, response).message()), StartsWith("page.page_token"));
}

}  // namespace
}  // namespace rapport::churn

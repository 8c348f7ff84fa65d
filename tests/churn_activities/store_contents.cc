#include "tests/churn_activities/store_contents.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/request/stable_bytes.h"
#include "common/time/interval.h"
#include "services/churn/core/customer_row.h"
#include "services/churn/core/record.h"

namespace rapport::churn {
namespace {

using storage::v1::CustomerRecord;
using storage::v1::DailyCounts;
using v1::Activity;
using DayCounts = std::map<int64_t, int64_t>;

template <typename T>
T Must(absl::StatusOr<T> value) {
  EXPECT_TRUE(value.ok()) << value.status();
  if (!value.ok()) std::abort();
  return *std::move(value);
}

std::string NameOf(const std::string& customer_id, const std::string& activity_id) {
  return absl::StrCat(customer_id, "/", activity_id);
}

Activity Bare(Activity activity) {
  activity.clear_customer_id();
  activity.clear_activity_id();
  activity.clear_received_at();
  return activity;
}

// By which of the revisions of an activity the last one counts.
auto Rank(const Activity& activity) {
  return std::tuple(activity.revision(), activity.deleted(), ToMillis(activity.occurred_at()),
                    StableBytes(Bare(activity)));
}

DailyCounts Packed(const DayCounts& by_day) {
  DailyCounts packed;
  int64_t before = 0;
  for (const auto& [day, count] : by_day) {
    packed.add_days(static_cast<uint32_t>(day - before));
    packed.add_counts(count);
    before = day;
  }
  return packed;
}

// The record of activities of which each counts.
CustomerRecord SlowRecord(std::vector<Activity> activities) {
  DayCounts used;
  DayCounts logged_in;
  std::map<std::string, DayCounts> features;
  std::vector<Activity> timeline;
  for (const Activity& activity : activities) {
    const int64_t day = UtcDay(FromProto(activity.occurred_at()));
    if (activity.has_used()) {
      used[day] += std::max<int64_t>(1, activity.used().quantity());
    } else if (activity.has_logged_in()) {
      ++logged_in[day];
    } else if (activity.has_feature_used()) {
      features[activity.feature_used().feature()][day] += std::max<int64_t>(1, activity.feature_used().quantity());
    } else {
      timeline.push_back(activity);
      timeline.back().clear_customer_id();
    }
  }
  CustomerRecord record;
  if (!used.empty()) *record.mutable_used() = Packed(used);
  if (!logged_in.empty()) *record.mutable_logged_in() = Packed(logged_in);
  for (const auto& [feature, days] : features) {
    storage::v1::FeatureUse& use = *record.add_features();
    use.set_feature(feature);
    *use.mutable_uses() = Packed(days);
  }
  const auto place = [](const Activity& activity) {
    return std::tuple(ToMillis(activity.occurred_at()), activity.kind_case(), activity.activity_id());
  };
  std::sort(timeline.begin(), timeline.end(),
            [&](const Activity& a, const Activity& b) { return place(a) < place(b); });
  record.mutable_timeline()->Assign(timeline.begin(), timeline.end());
  return record;
}

std::set<std::string> CustomersOf(absl::Span<const Activity> activities) {
  std::set<std::string> ids;
  for (const Activity& activity : activities) ids.insert(activity.customer_id());
  return ids;
}

template <typename Map>
std::string FirstDifference(const char* what, const Map& expected, const Map& actual) {
  for (const auto& [key, value] : expected) {
    const auto found = actual.find(key);
    if (found == actual.end()) return absl::StrCat(what, " of ", key, " is missing");
    if (found->second != value) return absl::StrCat(what, " of ", key, " differs");
  }
  for (const auto& [key, value] : actual) {
    if (!expected.contains(key)) return absl::StrCat(what, " of ", key, " should not be");
  }
  return "";
}

}  // namespace

Contents StoredContents(Harness& harness, absl::Span<const Activity> activities) {
  Contents contents;
  for (const std::string& id : CustomersOf(activities)) {
    const store::Partition partition = harness.reader().PartitionOfCustomer(kTenant, id);
    const store::LoadRequest request{partition, {RecordKey(id)}};
    const auto loaded = Must(harness.store().Load({&request, 1}));
    if (loaded[0].entities[0].version != 0) contents.records[id] = loaded[0].entities[0].value;
    const store::TableRef table{partition, ActivityIdsTable(id)};
    for (const auto& [activity_id, count] : Must(harness.store().ReadCounters({&table, 1}))[0].Sum()) {
      EXPECT_EQ(count, 1);
      contents.ids[id].insert(activity_id);
    }
  }
  for (const Activity& activity : activities) {
    const Activity stored =
        Must(harness.reader().LoadActivities(kTenant, activity.customer_id(), {activity.activity_id()}))[0];
    if (!stored.has_received_at()) continue;
    contents.activities[NameOf(activity.customer_id(), activity.activity_id())] = StableBytes(Bare(stored));
  }
  const absl::Status listed = harness.directory().ForEach(
      kTenant, [&](const storage::v1::CustomerRow& row) { contents.rows.insert(StableBytes(row)); });
  EXPECT_TRUE(listed.ok()) << listed;
  return contents;
}

Contents ExpectedContents(absl::Span<const Activity> activities) {
  std::map<std::string, std::map<std::string, Activity>> latest;
  for (const Activity& activity : activities) {
    const auto [known, added] = latest[activity.customer_id()].try_emplace(activity.activity_id(), activity);
    if (!added && Rank(known->second) < Rank(activity)) known->second = activity;
  }
  Contents contents;
  for (const auto& [customer_id, by_id] : latest) {
    std::vector<Activity> counting;
    for (const auto& [activity_id, activity] : by_id) {
      contents.ids[customer_id].insert(activity_id);
      contents.activities[NameOf(customer_id, activity_id)] = StableBytes(Bare(activity));
      if (!activity.deleted()) counting.push_back(activity);
    }
    if (counting.empty()) continue;
    CustomerRecord record = SlowRecord(counting);
    const std::string row = StableBytes(RowOf(customer_id, record));
    contents.rows.insert(row);
    record.set_counted_row(row);
    contents.records[customer_id] = StableBytes(record);
  }
  return contents;
}

std::string Difference(const Contents& expected, const Contents& actual) {
  std::string difference = FirstDifference("the record", expected.records, actual.records);
  if (difference.empty()) difference = FirstDifference("the activity", expected.activities, actual.activities);
  if (difference.empty()) difference = FirstDifference("the list of ids", expected.ids, actual.ids);
  if (difference.empty() && expected.rows != actual.rows) difference = "the directory differs";
  return difference;
}

}  // namespace rapport::churn

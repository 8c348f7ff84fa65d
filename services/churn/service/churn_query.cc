#include "services/churn/service/churn_query.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "common/time/buckets.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "services/churn/core/churn_counting.h"
#include "services/churn/core/grouping.h"
#include "services/churn/service/query_plan.h"

namespace rapport::churn {
namespace {

using storage::v1::CustomerRow;
using Rows = google::protobuf::RepeatedPtrField<v1::ChurnRow>;

// Of buckets and groups; bounds what counting holds in memory.
constexpr size_t kMostRows = 10'000;
constexpr absl::string_view kSmaller = "use a coarser bucket, a shorter range or a smaller grouping.max_groups";

// Intervals in a row, with what each is compared with.
struct Slot {
  Interval interval;
  bool is_asked_for = true;
  bool is_compared = false;  // with the slot before
};

// As many as have begun are counted.
struct Timeline {
  std::vector<Slot> slots;
  Edges edges;
};

// A bucket can be compared when it has ended and nothing of it is cut off.
bool IsWhole(const Interval& interval, common::v1::Bucket kind, absl::TimeZone zone) {
  return PreviousBucket({interval.end, interval.end + absl::Milliseconds(1)}, kind, zone) == interval;
}

Timeline MakeTimeline(std::vector<Slot> slots, absl::Time now) {
  Timeline timeline;
  timeline.slots = std::move(slots);
  for (Slot& slot : timeline.slots) {
    if (slot.interval.end > now) slot.is_compared = false;
    if (slot.interval.start < now) timeline.edges.push_back(ToMillis(slot.interval.start));
  }
  if (!timeline.edges.empty()) {
    const Slot& last = timeline.slots[timeline.edges.size() - 1];
    timeline.edges.push_back(ToMillis(std::min(last.interval.end, now)));
  }
  return timeline;
}

Timeline TimelineOfBuckets(const Period& period, const Buckets& buckets, bool compare, absl::Time now) {
  std::vector<Slot> slots;
  const auto is_whole = [&](const Interval& bucket) {
    return buckets.is_whole_period || IsWhole(bucket, buckets.kind, period.zone);
  };
  if (compare && buckets.previous.end == buckets.list.front().start) slots.push_back({buckets.previous, false, false});
  for (const Interval& bucket : buckets.list) {
    const bool is_compared = compare && !slots.empty() && is_whole(slots.back().interval) && is_whole(bucket);
    slots.push_back({bucket, true, is_compared});
  }
  return MakeTimeline(std::move(slots), now);
}

Timeline TimelineOfPeriod(const Period& period, const Buckets& buckets, bool compare, absl::Time now) {
  std::vector<Slot> slots;
  if (compare) slots.push_back({buckets.previous_period, false, false});
  slots.push_back({period.range, true, compare});
  return MakeTimeline(std::move(slots), now);
}

// The cells of one group along a timeline.
using GroupCells = std::vector<ChurnCell>;

// What has not begun has no cell.
void AddRow(const Timeline& timeline, size_t slot, const GroupCells& cells, double confidence, v1::ChurnRow& row) {
  static const ChurnCell kNothing;
  const ChurnCell& cell = slot < cells.size() ? cells[slot] : kNothing;
  *row.mutable_bucket() = ToProto(timeline.slots[slot].interval);
  row.set_active_at_start(cell.counts.customers.active_at_start);
  row.set_lost(cell.counts.customers.lost);
  row.set_won(cell.won);
  row.set_returned(cell.returned);
  *row.mutable_figures() = MakeChurnFigures(cell.counts, confidence);
  if (!timeline.slots[slot].is_compared) return;
  const ChurnCounts& before = cells[slot - 1].counts;
  CompareChurn(MakeChurnFigures(before, confidence), before, cell.counts, confidence, row.mutable_figures());
}

// By bucket, then by group. Without groups, every bucket has a row.
void AddRows(const Timeline& timeline, const Grouping& grouping, const Groups& groups,
             const std::vector<GroupCells>& cells, double confidence, Rows& rows) {
  for (size_t slot = 0; slot < timeline.slots.size(); ++slot) {
    if (!timeline.slots[slot].is_asked_for) continue;
    if (!grouping.is_grouped()) {
      AddRow(timeline, slot, cells[groups.IndexOf("")], confidence, *rows.Add());
      continue;
    }
    for (size_t group = 0; group < cells.size(); ++group) {
      if (slot >= cells[group].size() || cells[group][slot].IsEmpty()) continue;
      v1::ChurnRow& row = *rows.Add();
      row.set_group(groups.NameOf(group));
      AddRow(timeline, slot, cells[group], confidence, row);
    }
  }
}

// The groups that the answer shows. Who is in no bucket can be in the whole period.
absl::StatusOr<Groups> FindGroups(Directory& directory, absl::string_view tenant, const Grouping& grouping,
                                  const std::vector<Timeline>& timelines) {
  if (!grouping.is_grouped()) return Groups({{"", 1}}, 1);
  GroupSizes sizes;
  const absl::Status visited = directory.ForEach(tenant, [&](const CustomerRow& row) {
    for (const Timeline& each : timelines) {
      if (!each.edges.empty()) AddGroupSizes(row, each.edges, grouping, sizes);
    }
  });
  if (!visited.ok()) return visited;
  return Groups(sizes, grouping.most_groups);
}

// One table per timeline; absent when nothing of it has begun.
absl::StatusOr<std::vector<std::optional<ChurnTable>>> CountAll(Directory& directory, absl::string_view tenant,
                                                                const Grouping& grouping, const Groups& groups,
                                                                const std::vector<Timeline>& timelines) {
  std::vector<std::optional<ChurnTable>> tables(timelines.size());
  for (size_t i = 0; i < timelines.size(); ++i) {
    if (!timelines[i].edges.empty()) tables[i].emplace(timelines[i].edges, grouping, groups);
  }
  const absl::Status visited = directory.ForEach(tenant, [&](const CustomerRow& row) {
    for (std::optional<ChurnTable>& table : tables) {
      if (table) table->Add(row);
    }
  });
  if (!visited.ok()) return visited;
  return tables;
}

}  // namespace

absl::Status QueryChurn(Directory& directory, absl::Time now, absl::string_view tenant,
                        const v1::QueryChurnRequest& request, v1::QueryChurnResponse& response) {
  const auto period = ParsePeriod(request.range(), request.time_zone(), request.confidence());
  if (!period.ok()) return period.status();
  const auto buckets = CutPeriod(*period, request.bucket());
  if (!buckets.ok()) return buckets.status();
  const auto grouping = ParseGrouping(request.grouping());
  if (!grouping.ok()) return grouping.status();
  const bool compare = request.compare_with_previous();
  std::vector<Timeline> timelines = {TimelineOfBuckets(*period, *buckets, compare, now)};
  if (!buckets->is_whole_period) timelines.push_back(TimelineOfPeriod(*period, *buckets, compare, now));

  const auto groups = FindGroups(directory, tenant, *grouping, timelines);
  if (!groups.ok()) return groups.status();
  absl::Status fits = CheckRows("bucket", buckets->list.size() * (groups->size() - 1), kMostRows, kSmaller);
  if (!fits.ok()) return fits;
  const auto tables = CountAll(directory, tenant, *grouping, *groups, timelines);
  if (!tables.ok()) return tables.status();
  Rows* const answers[] = {response.mutable_rows(), response.mutable_totals()};
  for (size_t i = 0; i < timelines.size(); ++i) {
    const std::optional<ChurnTable>& table = (*tables)[i];
    AddRows(timelines[i], *grouping, *groups, table ? table->Cells() : std::vector<GroupCells>(groups->size()),
            period->confidence, *answers[i]);
  }
  if (buckets->is_whole_period) *response.mutable_totals() = response.rows();
  return CheckBytes("bucket", response, kSmaller);
}

}  // namespace rapport::churn

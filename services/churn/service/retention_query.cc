#include "services/churn/service/retention_query.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/civil_time.h"
#include "services/churn/core/grouping.h"
#include "services/churn/core/retention.h"
#include "services/churn/service/query_plan.h"

namespace rapport::churn {
namespace {

using storage::v1::CustomerRow;

using TenuresByGroup = absl::flat_hash_map<std::string, std::vector<Tenure>>;

// The first tenures that began in the period.
absl::StatusOr<TenuresByGroup> FindTenures(Directory& directory, absl::string_view tenant, const Interval& range,
                                           const Grouping& grouping) {
  TenuresByGroup groups;
  const absl::Status visited = directory.ForEach(tenant, [&](const CustomerRow& row) {
    if (row.tenures().empty()) return;
    const storage::v1::TenureSpan& first = row.tenures(0);
    const absl::Time start = absl::FromUnixMillis(first.start_ms());
    if (!range.Contains(start) || !grouping.Takes(row, first.start_ms())) return;
    Tenure tenure{start};
    if (first.has_end_ms()) tenure.end = absl::FromUnixMillis(first.end_ms());
    groups[grouping.GroupOf(row, first.start_ms())].push_back(tenure);
  });
  if (!visited.ok()) return visited;
  return groups;
}

std::vector<Tenure> AllOf(const TenuresByGroup& groups) {
  std::vector<Tenure> all;
  for (const auto& [group, tenures] : groups) all.insert(all.end(), tenures.begin(), tenures.end());
  return all;
}

void AddCohorts(const std::vector<Tenure>& tenures, absl::Time now, const Period& period,
                v1::QueryRetentionResponse& response) {
  for (const auto& [month, lifetimes] : CutIntoCohorts(tenures, now, period.zone)) {
    v1::RetentionCohort& cohort = *response.add_cohorts();
    *cohort.mutable_start_month() =
        ToProto(Interval{absl::FromCivil(month, period.zone), absl::FromCivil(month + 1, period.zone)});
    *cohort.mutable_figures() = MakeRetention(lifetimes, period.confidence);
  }
}

void AddGroups(TenuresByGroup tenures, absl::Time now, const Period& period, size_t most_groups,
               v1::QueryRetentionResponse& response) {
  for (const auto& [name, members] : LargestGroups(std::move(tenures), most_groups)) {
    v1::RetentionGroup& group = *response.add_groups();
    group.set_group(name);
    *group.mutable_figures() = MakeRetention(LifetimesOf(members, now, period.zone), period.confidence);
  }
}

}  // namespace

absl::Status QueryRetention(Directory& directory, absl::Time now, absl::string_view tenant,
                            const v1::QueryRetentionRequest& request, v1::QueryRetentionResponse& response) {
  auto period = ParsePeriod(request.range(), request.time_zone(), request.confidence());
  if (!period.ok()) return period.status();
  const auto grouping = ParseGrouping(request.grouping());
  if (!grouping.ok()) return grouping.status();
  // What has not begun is in no group and no cohort.
  period->range.end = std::min(period->range.end, now);
  auto groups = FindTenures(directory, tenant, period->range, *grouping);
  if (!groups.ok()) return groups.status();
  const std::vector<Tenure> all = AllOf(*groups);
  *response.mutable_figures() = MakeRetention(LifetimesOf(all, now, period->zone), period->confidence);
  if (grouping->is_grouped()) {
    AddGroups(*std::move(groups), now, *period, grouping->most_groups, response);
  } else if (request.by_cohort()) {
    AddCohorts(all, now, *period, response);
  }
  return CheckBytes("range", response, "use a shorter range, or a smaller grouping.max_groups");
}

}  // namespace rapport::churn

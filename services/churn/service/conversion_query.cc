#include "services/churn/service/conversion_query.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "common/request/fields.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "services/churn/core/grouping.h"
#include "services/churn/service/query_plan.h"

namespace rapport::churn {
namespace {

using storage::v1::CustomerRow;
using Rows = google::protobuf::RepeatedPtrField<v1::ConversionRow>;
using SignupsByGroup = absl::flat_hash_map<std::string, std::vector<Signup>>;

// Of buckets, groups and windows; bounds what counting holds in memory.
constexpr size_t kMostFigures = 30'000;
constexpr absl::string_view kSmaller =
    "use a coarser bucket, a shorter range, fewer window_months or a smaller grouping.max_groups";

struct Plan {
  Period period;
  Buckets buckets;
  Grouping grouping;
  std::vector<int> windows;
  bool compare = false;
  absl::Time now;
};

absl::StatusOr<std::vector<int>> ParseWindows(const v1::QueryConversionRequest& request) {
  constexpr int kMostWindows = 16;
  constexpr int kMostMonths = 120;
  if (request.window_months().empty()) return std::vector<int>{6, 12};
  if (request.window_months_size() > kMostWindows) {
    return Invalid("window_months", absl::StrCat(request.window_months_size(), " windows"),
                   absl::StrCat("are too many; use at most ", kMostWindows));
  }
  for (int i = 0; i < request.window_months_size(); ++i) {
    if (request.window_months(i) >= 1 && request.window_months(i) <= kMostMonths) continue;
    return Invalid(absl::StrCat("window_months[", i, "]"), absl::StrCat(request.window_months(i)),
                   absl::StrCat("is not within 1 and ", kMostMonths, " months; leave it out for 6 and 12"));
  }
  return std::vector<int>(request.window_months().begin(), request.window_months().end());
}

absl::StatusOr<Plan> ParsePlan(const v1::QueryConversionRequest& request, absl::Time now) {
  auto period = ParsePeriod(request.range(), request.time_zone(), request.confidence());
  if (!period.ok()) return period.status();
  auto buckets = CutPeriod(*period, request.bucket());
  if (!buckets.ok()) return buckets.status();
  auto grouping = ParseGrouping(request.grouping());
  if (!grouping.ok()) return grouping.status();
  auto windows = ParseWindows(request);
  if (!windows.ok()) return windows.status();
  return Plan{*period, *std::move(buckets), *std::move(grouping), *std::move(windows), request.compare_with_previous(),
              now};
}

// The signups that the answer is about: those of the period, and of the bucket before it where it is compared.
absl::StatusOr<SignupsByGroup> FindSignups(Directory& directory, absl::string_view tenant, const Plan& plan) {
  SignupsByGroup groups;
  const absl::Status visited = directory.ForEach(tenant, [&](const CustomerRow& row) {
    if (!row.has_signed_up_ms()) return;
    const Signup signup = SignupOf(row);
    const bool is_before = plan.compare && plan.buckets.previous.Contains(signup.at);
    if (signup.at >= plan.now || !(plan.period.range.Contains(signup.at) || is_before)) return;
    if (!plan.grouping.Takes(row, row.signed_up_ms())) return;
    groups[plan.grouping.GroupOf(row, row.signed_up_ms())].push_back(signup);
  });
  if (!visited.ok()) return visited;
  return groups;
}

// Of one group in one bucket.
struct Cell {
  int64_t signups = 0;
  std::vector<Conversion> windows;  // in the order of the plan

  void Add(const Cell& other) {
    signups += other.signups;
    windows.resize(other.windows.size());
    for (size_t i = 0; i < windows.size(); ++i) {
      windows[i].proportion.count += other.windows[i].proportion.count;
      windows[i].proportion.total += other.windows[i].proportion.total;
      windows[i].censored += other.windows[i].censored;
    }
  }
};

Cell CountCell(const Plan& plan, const std::vector<Signup>& signups) {
  Cell cell;
  cell.signups = static_cast<int64_t>(signups.size());
  for (const int months : plan.windows) {
    cell.windows.push_back(CountConversions(signups, months, plan.now, plan.period.zone));
  }
  return cell;
}

// Of one group: the bucket before the first, then all buckets.
std::vector<Cell> CountBuckets(const Plan& plan, const std::vector<Signup>& signups) {
  std::vector<std::vector<Signup>> buckets(plan.buckets.list.size() + 1);
  for (const Signup& signup : signups) {
    buckets[plan.period.range.Contains(signup.at) ? plan.buckets.IndexOf(signup.at) + 1 : 0].push_back(signup);
  }
  std::vector<Cell> cells;
  cells.reserve(buckets.size());
  for (const std::vector<Signup>& bucket : buckets) cells.push_back(CountCell(plan, bucket));
  return cells;
}

v1::ConversionRow MakeRow(const Plan& plan, const Interval& interval, const std::string& group, const Cell& cell,
                          const Cell* before) {
  v1::ConversionRow row;
  *row.mutable_bucket() = ToProto(interval);
  if (plan.grouping.is_grouped()) row.set_group(group);
  row.set_signup_count(cell.signups);
  for (size_t i = 0; i < plan.windows.size(); ++i) {
    v1::ConversionFigure& figure = *row.add_windows();
    figure = MakeConversion(plan.windows[i], cell.windows[i], plan.period.confidence);
    if (before == nullptr) continue;
    CompareConversion(MakeConversion(plan.windows[i], before->windows[i], plan.period.confidence), before->windows[i],
                      cell.windows[i], plan.period.confidence, &figure);
  }
  return row;
}

using CellsByGroup = std::map<std::string, std::vector<Cell>>;

void AddRows(const Plan& plan, const CellsByGroup& groups, Rows& rows) {
  for (size_t i = 0; i < plan.buckets.list.size(); ++i) {
    for (const auto& [name, cells] : groups) {
      if (plan.grouping.is_grouped() && cells[i + 1].signups == 0) continue;
      *rows.Add() = MakeRow(plan, plan.buckets.list[i], name, cells[i + 1], plan.compare ? &cells[i] : nullptr);
    }
  }
}

void AddTotals(const Plan& plan, const CellsByGroup& groups, Rows& totals) {
  for (const auto& [name, cells] : groups) {
    Cell total;
    for (size_t i = 1; i < cells.size(); ++i) total.Add(cells[i]);
    if (plan.grouping.is_grouped() && total.signups == 0) continue;
    *totals.Add() = MakeRow(plan, plan.period.range, name, total, nullptr);
  }
}

}  // namespace

Signup SignupOf(const CustomerRow& row) {
  Signup signup{absl::FromUnixMillis(row.signed_up_ms())};
  if (row.has_converted_ms()) signup.converted = absl::FromUnixMillis(row.converted_ms());
  return signup;
}

absl::Status QueryConversion(Directory& directory, absl::Time now, absl::string_view tenant,
                             const v1::QueryConversionRequest& request, v1::QueryConversionResponse& response) {
  const auto plan = ParsePlan(request, now);
  if (!plan.ok()) return plan.status();
  auto signups = FindSignups(directory, tenant, *plan);
  if (!signups.ok()) return signups.status();
  if (!plan->grouping.is_grouped()) (*signups)[""];  // always has rows
  const auto groups = LargestGroups(*std::move(signups), plan->grouping.most_groups);
  absl::Status fits =
      CheckRows("bucket", plan->buckets.list.size() * groups.size() * plan->windows.size(), kMostFigures, kSmaller);
  if (!fits.ok()) return fits;
  CellsByGroup cells;
  for (const auto& [name, members] : groups) cells.emplace(name, CountBuckets(*plan, members));
  AddRows(*plan, cells, *response.mutable_rows());
  if (plan->buckets.is_whole_period) {
    *response.mutable_totals() = response.rows();
  } else {
    AddTotals(*plan, cells, *response.mutable_totals());
  }
  return CheckBytes("bucket", response, kSmaller);
}

}  // namespace rapport::churn

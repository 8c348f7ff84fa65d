#include "services/churn/core/grouping.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/request/fields.h"
#include "services/churn/core/customer_row.h"
#include "services/churn/core/filter_matching.h"

namespace rapport::churn {
namespace {

constexpr int kMostGroups = 500;

}  // namespace

bool Grouping::Takes(const storage::v1::CustomerRow& row, int64_t moment_ms) const {
  return MatchFilter(filter, {row, moment_ms}) == Match::kYes;
}

absl::string_view Grouping::GroupOf(const storage::v1::CustomerRow& row, int64_t moment_ms) const {
  if (group_by.empty()) return "";
  if (group_by != "currency") return AttributeAt(row, group_by, moment_ms);
  const storage::v1::RevenueStep* revenue = RevenueAt(row, moment_ms);
  return revenue == nullptr ? absl::string_view() : revenue->currency();
}

absl::StatusOr<Grouping> ParseGrouping(const v1::CustomerGrouping& grouping) {
  if (!grouping.group_by().empty() && !IsAttributeKey(grouping.group_by())) {
    return Invalid("grouping.group_by", Shown(grouping.group_by()),
                   "is no key of 1 to 64 bytes of [a-z0-9_]; use plan, owner, currency or the key of an attribute");
  }
  if (grouping.max_groups() < 0 || grouping.max_groups() > kMostGroups) {
    return Invalid("grouping.max_groups", absl::StrCat(grouping.max_groups()),
                   absl::StrCat("is not within 1 and ", kMostGroups, "; leave it out for 50"));
  }
  absl::StatusOr<FilterNode> filter = ParseSearchFilter(grouping.filter(), FilterScope::kGrouping, "grouping.filter");
  if (!filter.ok()) return filter.status();
  Grouping parsed;
  parsed.group_by = grouping.group_by();
  parsed.filter = *std::move(filter);
  if (grouping.max_groups() > 0) parsed.most_groups = static_cast<size_t>(grouping.max_groups());
  return parsed;
}

Groups::Groups(const GroupSizes& sizes, size_t most) {
  std::vector<std::pair<int64_t, absl::string_view>> largest;
  for (const auto& [name, size] : sizes) {
    if (name != kOtherGroup) largest.emplace_back(-size, name);
  }
  std::sort(largest.begin(), largest.end());
  if (largest.size() > most) largest.resize(most);
  for (const auto& [size, name] : largest) names_.emplace_back(name);
  names_.emplace_back(kOtherGroup);
  std::sort(names_.begin(), names_.end());
  for (size_t i = 0; i < names_.size(); ++i) indexes_.emplace(names_[i], i);
}

size_t Groups::IndexOf(absl::string_view name) const {
  const auto found = indexes_.find(name);
  return found == indexes_.end() ? indexes_.at(kOtherGroup) : found->second;
}

}  // namespace rapport::churn

#ifndef RAPPORT_SERVICES_CHURN_CORE_GROUPING_H_
#define RAPPORT_SERVICES_CHURN_CORE_GROUPING_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "rapport/churn/storage/v1/storage.pb.h"
#include "rapport/churn/v1/queries.pb.h"
#include "services/churn/core/search_filter.h"

namespace rapport::churn {

inline constexpr absl::string_view kOtherGroup = "__other__";

// Who counts in a figure, and in which group.
struct Grouping {
  std::string group_by;  // empty: all are one group, without a name
  FilterNode filter;
  size_t most_groups = 50;

  bool is_grouped() const { return !group_by.empty(); }
  // By what the customer was at the moment.
  bool Takes(const storage::v1::CustomerRow& row, int64_t moment_ms) const;
  absl::string_view GroupOf(const storage::v1::CustomerRow& row, int64_t moment_ms) const;
};

// INVALID_ARGUMENT names the field.
absl::StatusOr<Grouping> ParseGrouping(const v1::CustomerGrouping& grouping);

// How much there is of each group.
using GroupSizes = absl::flat_hash_map<std::string, int64_t>;

// The groups that an answer shows, by name: the largest; all others are one, of the name kOtherGroup.
class Groups {
 public:
  // Of equally large groups those first by name.
  Groups(const GroupSizes& sizes, size_t most);

  size_t size() const { return names_.size(); }
  const std::string& NameOf(size_t group) const { return names_[group]; }
  size_t IndexOf(absl::string_view name) const;

 private:
  std::vector<std::string> names_;
  absl::flat_hash_map<std::string, size_t> indexes_;
};

// Lists of the members of each group, cut down to the groups that an answer shows.
template <class Member>
std::map<std::string, std::vector<Member>> LargestGroups(absl::flat_hash_map<std::string, std::vector<Member>> lists,
                                                         size_t most) {
  GroupSizes sizes;
  for (const auto& [name, members] : lists) sizes.emplace(name, static_cast<int64_t>(members.size()));
  const Groups groups(sizes, most);
  std::map<std::string, std::vector<Member>> largest;
  for (auto& [name, members] : lists) {
    std::vector<Member>& into = largest[groups.NameOf(groups.IndexOf(name))];
    if (into.empty()) {
      into = std::move(members);
    } else {
      into.insert(into.end(), members.begin(), members.end());
    }
  }
  return largest;
}

}  // namespace rapport::churn

#endif  // RAPPORT_SERVICES_CHURN_CORE_GROUPING_H_

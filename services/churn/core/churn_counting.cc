#include "services/churn/core/churn_counting.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "absl/container/inlined_vector.h"
#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "services/churn/core/customer_row.h"

namespace rapport::churn {
namespace {

using storage::v1::CustomerRow;
using storage::v1::RevenueStep;
using storage::v1::TenureSpan;

// What a customer is at an edge.
struct State {
  bool active = false;
  const RevenueStep* revenue = nullptr;

  int64_t minor() const { return revenue == nullptr ? 0 : revenue->monthly_recurring_minor(); }
};

// Buckets in a row in which the same becomes of a customer, who is active at either edge of each.
struct Stay {
  size_t first = 0;  // bucket
  size_t end = 0;    // behind the last
  State before;
  State after;
  bool returned = false;  // of who is won
  int64_t moment_ms = 0;  // at which groups and filter look
};

State StateAt(const CustomerRow& row, int64_t moment_ms) {
  return {ActiveAt(row, moment_ms), RevenueAt(row, moment_ms)};
}

// The edges at which the customer can be another than at the edge before, and the first one.
absl::InlinedVector<size_t, 16> ChangedEdges(const CustomerRow& row, const Edges& edges) {
  absl::InlinedVector<size_t, 16> changed = {0};
  const auto add = [&](int64_t moment_ms) {
    const auto edge = std::lower_bound(edges.begin(), edges.end(), moment_ms);
    if (edge != edges.end()) changed.push_back(static_cast<size_t>(edge - edges.begin()));
  };
  for (const TenureSpan& tenure : row.tenures()) {
    add(tenure.start_ms());
    if (tenure.has_end_ms()) add(tenure.end_ms());
  }
  for (const RevenueStep& step : row.revenue()) add(step.from_ms());
  for (const storage::v1::AttributeStep& step : row.attributes()) add(step.from_ms());
  std::sort(changed.begin(), changed.end());
  changed.erase(std::unique(changed.begin(), changed.end()), changed.end());
  return changed;
}

// The start of the tenure in which the customer is active.
int64_t StartOfTenure(const CustomerRow& row, int64_t moment_ms) {
  int64_t start = moment_ms;
  for (const TenureSpan& tenure : row.tenures()) {
    if (tenure.start_ms() <= moment_ms) start = tenure.start_ms();
  }
  return start;
}

void ForEachStay(const CustomerRow& row, const Edges& edges, absl::FunctionRef<void(const Stay&)> visit) {
  if (row.tenures().empty()) return;
  const auto changed = ChangedEdges(row, edges);
  State state = StateAt(row, edges.front());
  for (size_t i = 0; i < changed.size(); ++i) {
    const size_t first = changed[i];
    const bool last_stretch = i + 1 == changed.size();
    // The bucket in which something changes ends at the next changed edge.
    const size_t changing = (last_stretch ? edges.size() : changed[i + 1]) - 1;
    if (state.active && first < changing) visit({first, changing, state, state, false, edges[first]});
    if (last_stretch) return;
    const State next = StateAt(row, edges[changing + 1]);
    if (state.active) {
      visit({changing, changing + 1, state, next, false, edges[changing]});
    } else if (next.active) {
      const bool returned = row.tenures(0).start_ms() < edges[changing];
      visit({changing, changing + 1, state, next, returned, StartOfTenure(row, edges[changing + 1])});
    }
    state = next;
  }
}

// Counts a stay `times` times.
void Count(const Stay& stay, int64_t times, ChurnCell& cell) {
  if (!stay.before.active) {
    cell.won += times;
    if (stay.returned) cell.returned += times;
    return;
  }
  cell.counts.customers.active_at_start += times;
  if (!stay.after.active) cell.counts.customers.lost += times;
  if (stay.before.minor() <= 0) return;
  const std::string& currency = stay.before.revenue->currency();
  const bool same_currency = stay.after.revenue != nullptr && stay.after.revenue->currency() == currency;
  cell.counts.revenue[currency].AddCustomer(stay.before.minor(), same_currency ? stay.after.minor() : 0, times);
}

}  // namespace

void ChurnCell::Add(const ChurnCell& other) {
  counts.Add(other.counts);
  won += other.won;
  returned += other.returned;
}

void AddGroupSizes(const CustomerRow& row, const Edges& edges, const Grouping& grouping, GroupSizes& sizes) {
  ForEachStay(row, edges, [&](const Stay& stay) {
    if (!grouping.Takes(row, stay.moment_ms)) return;
    sizes[grouping.GroupOf(row, stay.moment_ms)] += static_cast<int64_t>(stay.end - stay.first);
  });
}

ChurnTable::ChurnTable(Edges edges, const Grouping& grouping, Groups groups)
    : edges_(std::move(edges)),
      grouping_(grouping),
      groups_(std::move(groups)),
      differences_(groups_.size(), std::vector<ChurnCell>(edges_.size())) {}

void ChurnTable::Add(const CustomerRow& row) {
  ForEachStay(row, edges_, [&](const Stay& stay) {
    if (!grouping_.Takes(row, stay.moment_ms)) return;
    std::vector<ChurnCell>& cells = differences_[groups_.IndexOf(grouping_.GroupOf(row, stay.moment_ms))];
    Count(stay, 1, cells[stay.first]);
    Count(stay, -1, cells[stay.end]);
  });
}

std::vector<std::vector<ChurnCell>> ChurnTable::Cells() const {
  std::vector<std::vector<ChurnCell>> all;
  for (const std::vector<ChurnCell>& differences : differences_) {
    std::vector<ChurnCell>& cells = all.emplace_back();
    ChurnCell sum;
    for (size_t i = 0; i + 1 < differences.size(); ++i) {
      sum.Add(differences[i]);
      // A currency without customers has no figures.
      auto& revenue = sum.counts.revenue;
      for (auto it = revenue.begin(); it != revenue.end();)
        it = it->second.customers == 0 ? revenue.erase(it) : std::next(it);
      cells.push_back(sum);
    }
  }
  return all;
}

}  // namespace rapport::churn

#ifndef RAPPORT_SERVICES_CHURN_CORE_CHURN_COUNTING_H_
#define RAPPORT_SERVICES_CHURN_CORE_CHURN_COUNTING_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "rapport/churn/storage/v1/storage.pb.h"
#include "services/churn/core/churn_figures.h"
#include "services/churn/core/grouping.h"

// Lives of customers to counts of churn, in many buckets at once: a customer costs time in proportion to the changes of
// their life, not to the number of buckets.
namespace rapport::churn {

// Of one group in one bucket.
struct ChurnCell {
  ChurnCounts counts;
  int64_t won = 0;       // active at the end and not at the start
  int64_t returned = 0;  // of them, those who had been customers before the start

  bool IsEmpty() const { return counts.customers.active_at_start == 0 && won == 0; }
  void Add(const ChurnCell& other);
};

// Moments in milliseconds, ascending: a bucket reaches from each to the next. A customer is at an edge what they are
// from that moment on: who is lost at the very end of a bucket is lost in it, and who begins there is active at the
// start of the next.
using Edges = std::vector<int64_t>;

// Adds how many buckets the customer is counted in, by group.
void AddGroupSizes(const storage::v1::CustomerRow& row, const Edges& edges, const Grouping& grouping,
                   GroupSizes& sizes);

// Counts customers. Groups and filter look at what a customer is at the start of the bucket; for one who is won, at the
// start of their tenure.
class ChurnTable {
 public:
  // `grouping` must outlive the table; at least two edges.
  ChurnTable(Edges edges, const Grouping& grouping, Groups groups);

  void Add(const storage::v1::CustomerRow& row);

  const Groups& groups() const { return groups_; }
  // What was counted, by group, then by bucket.
  std::vector<std::vector<ChurnCell>> Cells() const;

 private:
  const Edges edges_;
  const Grouping& grouping_;
  const Groups groups_;
  // By group, then by edge: how the cell of the bucket that begins there differs from the one before it.
  std::vector<std::vector<ChurnCell>> differences_;
};

}  // namespace rapport::churn

#endif  // RAPPORT_SERVICES_CHURN_CORE_CHURN_COUNTING_H_

#ifndef RAPPORT_SERVICES_RESPONSE_TIMES_SERVICE_TIMES_COUNTER_H_
#define RAPPORT_SERVICES_RESPONSE_TIMES_SERVICE_TIMES_COUNTER_H_

#include <map>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/rollup/dimensions.h"
#include "common/rollup/series.h"
#include "common/time/interval.h"
#include "services/response_times/core/figures.h"
#include "services/response_times/core/policies.h"
#include "services/response_times/service/query_plan.h"
#include "services/response_times/service/reader.h"

namespace rapport::response_times {

// What is counted of one group in one bucket.
struct TimesCell {
  std::vector<TimeCounts> times;  // by what is wanted
  ConversationCounts conversations;
};
using TimesGroups = std::map<rollup::Code, TimesCell>;

// Counts times for a series. Not thread-safe; blocks on the store.
class TimesCounter {
 public:
  // All must outlive the counter.
  TimesCounter(Reader& reader, absl::string_view tenant, const Policies& policies, const rollup::Series& series,
               const std::vector<TimesWanted>& wanted)
      : reader_(reader), tenant_(tenant), policies_(policies), series_(series), wanted_(wanted) {}

  // Counts each interval, by group, without maxima. Intervals ascend and are disjoint.
  absl::Status Count(const std::vector<Interval>& intervals, absl::Span<TimesGroups> groups);

  // Sets the exact maxima of what Count gave for the intervals. Reads stretches of about the length of the longest ones
  // only: their buckets tell how long that is.
  absl::Status SetMaxima(const std::vector<Interval>& intervals, absl::Span<TimesGroups> groups);

 private:
  absl::Status AddOpen(const std::vector<Interval>& intervals, absl::Span<TimesGroups> groups);
  TimesCell& CellOf(rollup::Code group, TimesGroups& groups) const;

  Reader& reader_;
  const absl::string_view tenant_;
  const Policies& policies_;
  const rollup::Series& series_;
  const std::vector<TimesWanted>& wanted_;
};

}  // namespace rapport::response_times

#endif  // RAPPORT_SERVICES_RESPONSE_TIMES_SERVICE_TIMES_COUNTER_H_

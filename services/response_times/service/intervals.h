#ifndef RAPPORT_SERVICES_RESPONSE_TIMES_SERVICE_INTERVALS_H_
#define RAPPORT_SERVICES_RESPONSE_TIMES_SERVICE_INTERVALS_H_

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/time/time.h"
#include "common/time/interval.h"

// Lists of intervals that ascend and are disjoint.
namespace rapport::response_times {

// Which of the intervals holds `time`.
std::optional<size_t> IndexOf(absl::Time time, const std::vector<Interval>& intervals);

// The names of the tables, by `table_of`, of the UTC months that the intervals touch; each once.
std::vector<std::string> TablesOfMonths(const std::vector<Interval>& intervals,
                                        absl::FunctionRef<std::string(absl::Time month)> table_of);

}  // namespace rapport::response_times

#endif  // RAPPORT_SERVICES_RESPONSE_TIMES_SERVICE_INTERVALS_H_

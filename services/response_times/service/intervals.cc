#include "services/response_times/service/intervals.h"

#include <algorithm>
#include <set>

#include "absl/time/civil_time.h"

namespace rapport::response_times {

std::optional<size_t> IndexOf(absl::Time time, const std::vector<Interval>& intervals) {
  const auto after = std::upper_bound(intervals.begin(), intervals.end(), time,
                                      [](absl::Time t, const Interval& interval) { return t < interval.start; });
  if (after == intervals.begin() || !(after - 1)->Contains(time)) return std::nullopt;
  return static_cast<size_t>(after - intervals.begin()) - 1;
}

std::vector<std::string> TablesOfMonths(const std::vector<Interval>& intervals,
                                        absl::FunctionRef<std::string(absl::Time)> table_of) {
  std::set<absl::CivilMonth> months;
  for (const Interval& interval : intervals) {
    if (interval.start >= interval.end) continue;
    const absl::CivilMonth last = absl::ToCivilMonth(interval.end - absl::Milliseconds(1), absl::UTCTimeZone());
    for (absl::CivilMonth month = absl::ToCivilMonth(interval.start, absl::UTCTimeZone()); month <= last; ++month) {
      months.insert(month);
    }
  }
  std::vector<std::string> tables;
  tables.reserve(months.size());
  for (const absl::CivilMonth& month : months) tables.push_back(table_of(absl::FromCivil(month, absl::UTCTimeZone())));
  return tables;
}

}  // namespace rapport::response_times

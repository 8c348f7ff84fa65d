#ifndef RAPPORT_SERVICES_RESPONSE_TIMES_CORE_BUSINESS_TIME_H_
#define RAPPORT_SERVICES_RESPONSE_TIMES_CORE_BUSINESS_TIME_H_

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "rapport/response_times/v1/resources.pb.h"
#include "services/response_times/core/timeline.h"

namespace rapport::response_times {

// Counts the time in which a calendar is open. Each moment is counted by the version that was in effect then; before
// the first one there is no open time. Hours of a local date begin and end where the local clock first shows, or
// skips, their edges: skipped hours have no length, repeated ones count with what is open before them.
// Immutable.
class BusinessTime {
 public:
  // From all versions of one calendar, in the order of their creation. INVALID_ARGUMENT when one does not parse.
  static absl::StatusOr<BusinessTime> Create(const std::vector<v1::BusinessCalendar>& versions);

  const std::string& calendar_id() const { return calendar_id_; }

  // Open time from `start` until `end`, both finite; zero unless `start` is earlier.
  absl::Duration Between(absl::Time start, absl::Time end) const;

  // The earliest moment, not before `start`, up to which `allowance` of open time has passed since `start`: an
  // allowance that fills a day exactly is due at its closing. InfiniteFuture when that takes more than ten years.
  absl::Time Due(absl::Time start, absl::Duration allowance) const;

 private:
  // Minutes of a local day in which it is open, ascending and disjoint.
  struct Hours {
    int opens;
    int closes;
  };
  using Day = std::vector<Hours>;
  struct Week {
    absl::TimeZone zone;
    std::array<Day, 7> days;  // by absl::Weekday
    absl::flat_hash_map<absl::CivilDay, Day> holidays;

    const Day& HoursOf(absl::CivilDay date) const;
  };

  BusinessTime() = default;
  static absl::StatusOr<Week> ParseWeek(const v1::BusinessCalendar& calendar);
  template <typename Visit>
  void ForEachOpen(absl::Time start, absl::Time end, const Visit& visit) const;

  std::string calendar_id_;
  Timeline<Week> timeline_;
};

}  // namespace rapport::response_times

#endif  // RAPPORT_SERVICES_RESPONSE_TIMES_CORE_BUSINESS_TIME_H_

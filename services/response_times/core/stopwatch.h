#ifndef RAPPORT_SERVICES_RESPONSE_TIMES_CORE_STOPWATCH_H_
#define RAPPORT_SERVICES_RESPONSE_TIMES_CORE_STOPWATCH_H_

#include <optional>
#include <vector>

#include "absl/time/time.h"
#include "common/time/interval.h"
#include "services/response_times/core/business_time.h"

// Time on clocks that pause. Lists of intervals are ascending and disjoint; the last may end in the infinite future,
// when it goes on.
namespace rapport::response_times {

// What is left of `whole` without `pauses`. Empty pieces are left out.
std::vector<Interval> Without(const std::vector<Interval>& pauses, const Interval& whole);

// What is left of each of `wholes`.
std::vector<Interval> Without(const std::vector<Interval>& pauses, const std::vector<Interval>& wholes);

// What a clock shows that ran during pieces of time.
struct Reading {
  absl::Duration calendar;                  // of the pieces that ended
  std::optional<absl::Duration> business;   // the open part of it; absent without a calendar
  std::optional<absl::Time> running_since;  // the start of the piece that goes on
};

// `calendar` may be null.
Reading Read(const std::vector<Interval>& pieces, const BusinessTime* calendar);

// When a clock shows a target.
struct DueTime {
  absl::Time at;                            // if the clock goes on from its end, or from its pause
  std::optional<absl::Duration> remaining;  // the clock is paused before it showed the target, with this left
};

// The clock started and stops with `whole`, in the infinite future when it waits still, and ran during `pieces` of it.
// `business` is null for a clock that counts all time. `at` is the infinite future when the calendar is closed for
// good.
DueTime DueAfter(absl::Duration target, const Interval& whole, const std::vector<Interval>& pieces,
                 const BusinessTime* business);

}  // namespace rapport::response_times

#endif  // RAPPORT_SERVICES_RESPONSE_TIMES_CORE_STOPWATCH_H_

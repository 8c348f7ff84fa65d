#ifndef RAPPORT_TESTS_RESPONSE_TIMES_REFERENCE_CALENDAR_H_
#define RAPPORT_TESTS_RESPONSE_TIMES_REFERENCE_CALENDAR_H_

#include <map>
#include <string>
#include <vector>

#include "absl/time/civil_time.h"
#include "rapport/response_times/storage/v1/storage.pb.h"
#include "tests/response_times/spans.h"

// Business time and policies, for the reference.
namespace rapport::response_times::reference {

// Which policy and calendar a clock runs under; null and empty without one.
struct Terms {
  const v1::SlaPolicy* policy = nullptr;
  std::string calendar_id;
};

// Calendars and policies. Looks at every minute of a horizon: versions of calendars must take effect at full minutes,
// and all that is asked about must lie within the horizon. Hours begin and end where the local clock first shows, or
// has skipped, their edges; a minute is therefore placed by the latest local time that was shown by then.
class Rules {
 public:
  Rules(storage::v1::Resources resources, Span horizon);

  // The terms of a clock that starts then.
  Terms At(Ms moment, v1::Priority priority, const std::string& tier, common::v1::Channel channel) const;

  Ms BusinessMs(const std::string& calendar_id, const Spans& spans) const;

  const Span& horizon() const { return horizon_; }
  const storage::v1::Resources& resources() const { return resources_; }

 private:
  // Whether hours of the calendar hold a minute, given the latest local time of each zone.
  bool IsOpen(const std::string& calendar_id, Ms minute, std::map<std::string, absl::CivilMinute>& shown) const;

  const storage::v1::Resources resources_;
  const Span horizon_;
  // Of each calendar how many minutes of the horizon are open before each of them.
  std::map<std::string, std::vector<int32_t>> open_before_;
};

}  // namespace rapport::response_times::reference

#endif  // RAPPORT_TESTS_RESPONSE_TIMES_REFERENCE_CALENDAR_H_

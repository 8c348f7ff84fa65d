#ifndef RAPPORT_SERVICES_CHURN_CORE_RETENTION_H_
#define RAPPORT_SERVICES_CHURN_CORE_RETENTION_H_

#include <cstdint>
#include <map>
#include <vector>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/stats/kaplan_meier.h"
#include "common/stats/proportion.h"
#include "rapport/churn/v1/figures.pb.h"

// How long customers stay, and how many of those who signed up came to pay.
namespace rapport::churn {

// The moment `months` after `start` by the calendar of the zone: the same day of the month and time of day, or the last
// day of a month that is too short.
absl::Time AddMonths(absl::Time start, int64_t months, absl::TimeZone zone);

// How many months lie between, not whole: the n-th anniversary is exactly n, and time passes evenly between two.
// Not negative; `end` is not before `start`.
double MonthsBetween(absl::Time start, absl::Time end, absl::TimeZone zone);

// From when to when somebody was a customer.
struct Tenure {
  absl::Time start;
  absl::Time end = absl::InfiniteFuture();  // of those who have not left
};

// The tenures that began before `now`, as lifetimes in months. Those that end later than `now` are censored there. An
// end before the start counts as one at it.
std::vector<stats::SurvivalTime> LifetimesOf(absl::Span<const Tenure> tenures, absl::Time now, absl::TimeZone zone);

// The same by the month of the start.
std::map<absl::CivilMonth, std::vector<stats::SurvivalTime>> CutIntoCohorts(absl::Span<const Tenure> tenures,
                                                                            absl::Time now, absl::TimeZone zone);

// Lifetimes ascend.
v1::RetentionFigures MakeRetention(absl::Span<const stats::SurvivalTime> lifetimes, double confidence);

// A customer who tried, and may have come to pay.
struct Signup {
  absl::Time at;
  absl::Time converted = absl::InfiniteFuture();  // of those who have not
};

// Who converted within the window, at its last moment included, of those whose window has passed by `now`. The others
// are censored, converted or not: to count the conversions alone would flatter the newest.
struct Conversion {
  stats::Proportion proportion;
  int64_t censored = 0;
};
Conversion CountConversions(absl::Span<const Signup> signups, int months, absl::Time now, absl::TimeZone zone);

v1::ConversionFigure MakeConversion(int months, const Conversion& conversion, double confidence);
void CompareConversion(const v1::ConversionFigure& previous, const Conversion& before, const Conversion& now,
                       double confidence, v1::ConversionFigure* figure);

}  // namespace rapport::churn

#endif  // RAPPORT_SERVICES_CHURN_CORE_RETENTION_H_

#ifndef RAPPORT_SERVICES_RESPONSE_TIMES_CORE_AUDIENCE_H_
#define RAPPORT_SERVICES_RESPONSE_TIMES_CORE_AUDIENCE_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "rapport/response_times/v1/promises.pb.h"
#include "rapport/response_times/v1/response_times.pb.h"
#include "services/response_times/core/figures.h"

// What others than our own people do not get to see.
namespace rapport::response_times {

// INVALID_ARGUMENT for a number that is no audience.
absl::Status ValidateAudience(v1::Audience audience);

// Whether everything may be shown.
bool IsInternal(v1::Audience audience);

// The tail of the distribution that is shown ends at this quantile.
inline constexpr double kShownTail = 0.95;

// Takes out of figures of `answered` what tells of the tail beyond: higher quantiles and ends of intervals, the
// Kaplan-Meier estimates, the maximum, shares of `within` above, and the bounds of the histogram beyond. Quantiles and
// thresholds stay in place without their figures.
void HideTail(const stats::BucketCounts& answered, v1::TimeFigures* figures);

// Takes out a rank beyond.
void HideTail(v1::GetShareRankResponse* response);

// Withholds what would unmask people in small groups: see rollup::Withhold. `rows` are those of a series, `totals`
// those of the whole period, if the answer has them. Of figures that are withheld nothing is left but what they are of,
// and `suppressed`.
void WithholdSmall(int64_t min_group_size, absl::Span<v1::ResponseTimeRow* const> rows,
                   absl::Span<v1::ResponseTimeRow* const> totals);
void WithholdSmall(int64_t min_group_size, absl::Span<v1::PromiseRow* const> rows,
                   absl::Span<v1::PromiseRow* const> totals);

}  // namespace rapport::response_times

#endif  // RAPPORT_SERVICES_RESPONSE_TIMES_CORE_AUDIENCE_H_

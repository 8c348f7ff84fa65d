#ifndef RAPPORT_COMMON_TIME_BUCKETS_H_
#define RAPPORT_COMMON_TIME_BUCKETS_H_

#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/time/interval.h"
#include "rapport/common/v1/common.pb.h"

namespace rapport {

// The zone with this IANA name; empty means UTC. INVALID_ARGUMENT names `field`.
absl::StatusOr<absl::TimeZone> LoadZone(absl::string_view name, absl::string_view field);

// The buckets that cover `range`, in order, the first and the last cut off at its edges. Edges in between are the
// starts of local hours, days, weeks (from Monday) or months: a day on which clocks change has 23 or 25 hours, and a
// day whose midnight is skipped starts at the change. Hours also begin where clocks change by a part of an hour.
// INVALID_ARGUMENT when there would be more than `most`.
absl::StatusOr<std::vector<Interval>> CutIntoBuckets(const Interval& range, common::v1::Bucket bucket,
                                                     absl::TimeZone zone, int most);

// The whole bucket that ends where the bucket holding `t` begins. For BUCKET_ALL: `PreviousPeriod(range, zone)`.
Interval PreviousBucket(const Interval& range, common::v1::Bucket bucket, absl::TimeZone zone);

// The period to compare `range` with: for whole local months as many months before it, for whole local days as many
// days before it, else the same length of time before it.
Interval PreviousPeriod(const Interval& range, absl::TimeZone zone);

}  // namespace rapport

#endif  // RAPPORT_COMMON_TIME_BUCKETS_H_

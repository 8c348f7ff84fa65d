#ifndef RAPPORT_SERVICES_RESPONSE_TIMES_CORE_MEASURES_H_
#define RAPPORT_SERVICES_RESPONSE_TIMES_CORE_MEASURES_H_

#include <optional>

#include "common/rollup/cells.h"
#include "common/stats/log_buckets.h"
#include "rapport/response_times/storage/v1/storage.pb.h"

// What is counted in roll-ups, as numbers. They are a storage format: what one stands for never changes.
namespace rapport::response_times {

// How all of these are counted; promises have their own.
inline constexpr rollup::Pairs kPairs = rollup::Pairs::kMonthsOnly;

// A family for each kind of stretch and clock. Of those stretches that took as long as one bucket of the sketch holds,
// how many there are; and in place of a bucket, the sum of their milliseconds.
inline constexpr rollup::Measure kSumOfMs = 0xfff;
static_assert(stats::kBucketLimit <= kSumOfMs && kSumOfMs < rollup::kFamilySize);

struct TimeMeasure {
  storage::v1::StretchKind kind = storage::v1::STRETCH_KIND_UNSPECIFIED;
  bool business = false;
  rollup::Measure bucket = 0;  // a stats::BucketId, or kSumOfMs
};

constexpr rollup::Measure MeasureOf(const TimeMeasure& time) {
  return static_cast<rollup::Measure>(time.kind) << 13 | static_cast<rollup::Measure>(time.business) << 12 |
         time.bucket;
}

// Nothing when the measure is of another sort.
constexpr std::optional<TimeMeasure> AsTime(rollup::Measure measure) {
  const rollup::Measure kind = measure >> 13;
  if (kind < 1 || kind > 7) return std::nullopt;
  return TimeMeasure{static_cast<storage::v1::StretchKind>(kind), (measure >> 12 & 1) != 0, measure & 0xfff};
}

// Conversations, in the bucket of their begin.
inline constexpr rollup::Measure kBegun = 1;
inline constexpr rollup::Measure kResolvedNow = 2;
inline constexpr rollup::Measure kReopenings = 3;        // of all of them together
inline constexpr rollup::Measure kResolvedReopened = 4;  // resolved now, and reopened at least once
inline constexpr rollup::Measure kOneTouch = 5;          // resolved now with exactly one reply

constexpr bool IsOfConversations(rollup::Measure measure) {
  return measure >= kBegun && measure <= kOneTouch;
}

}  // namespace rapport::response_times

#endif  // RAPPORT_SERVICES_RESPONSE_TIMES_CORE_MEASURES_H_

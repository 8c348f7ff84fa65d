#ifndef RAPPORT_SERVICES_CHURN_CORE_RECORD_H_
#define RAPPORT_SERVICES_CHURN_CORE_RECORD_H_

#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "rapport/churn/storage/v1/storage.pb.h"
#include "rapport/churn/v1/activities.pb.h"

// The record of a customer: what a set of activities comes to, whatever their order.
namespace rapport::churn {

// What one customer may have. A source that sends more has mixed customers up.
inline constexpr int kMostTimeline = 20'000;  // activities that are not kept by day
inline constexpr int kMostFeatures = 4'096;   // names of features of the product

// How many features of the product keep their name: those used first.
inline constexpr int kMostNamedFeatures = 256;
inline constexpr char kOtherFeature[] = "__other__";

// What no attribute can be named, since customers are grouped by it under this name anyway.
inline constexpr char kOwnerKey[] = "owner";
inline constexpr char kPlanKey[] = "plan";
inline constexpr char kCurrencyKey[] = "currency";

v1::ActivityKind KindOf(const v1::Activity& activity);

// Whether activities of this kind are kept as counts by day, in place of one by one.
bool IsKeptByDay(v1::ActivityKind kind);

// INVALID_ARGUMENT names the field, its value and the remedy. Activities later than `now` by more than a tolerance are
// refused.
absl::Status ValidateActivity(const v1::Activity& activity, absl::Time now);

// FAILED_PRECONDITION when the record cannot take an activity more like this one.
absl::Status CheckRoom(const v1::Activity& activity, const storage::v1::CustomerRecord& record);

// Rounds all moments that the sender stated down to the millisecond.
void RoundMoments(v1::Activity& activity);

// Counts a valid activity that is not deleted, or takes back one that was counted.
void AddActivity(const v1::Activity& activity, storage::v1::CustomerRecord& record);
void TakeBackActivity(const v1::Activity& activity, storage::v1::CustomerRecord& record);

// The features past the first kMostNamedFeatures become kOtherFeature. Those used first keep their name (of one day,
// the first by name), so that nothing that happens later renames what was.
void FoldFeatures(storage::v1::CustomerRecord& record);

// What was known at a moment: activities before it, and of those kept by day, the UTC days that had ended by it.
storage::v1::CustomerRecord RecordAsOf(const storage::v1::CustomerRecord& record, absl::Time moment);

// The last UTC day that has a count; nothing when none has.
std::optional<int64_t> LastDay(const storage::v1::DailyCounts& counts);

// Whether anything is known.
bool IsEmpty(const storage::v1::CustomerRecord& record);

}  // namespace rapport::churn

#endif  // RAPPORT_SERVICES_CHURN_CORE_RECORD_H_

#ifndef RAPPORT_SERVICES_CHURN_CORE_RECORD_H_
#define RAPPORT_SERVICES_CHURN_CORE_RECORD_H_

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "rapport/churn/storage/v1/storage.pb.h"
#include "rapport/churn/v1/activities.pb.h"

// The record of a customer: what a set of activities comes to, whatever their order.
namespace rapport::churn {

v1::ActivityKind KindOf(const v1::Activity& activity);

// INVALID_ARGUMENT names the field, its value and the remedy. Activities later than `now` by more than a tolerance are
// refused.
absl::Status ValidateActivity(const v1::Activity& activity, absl::Time now);

// Counts a valid activity that is not deleted, or takes back one that was counted.
void AddActivity(const v1::Activity& activity, storage::v1::CustomerRecord& record);
void TakeBackActivity(const v1::Activity& activity, storage::v1::CustomerRecord& record);

// What was known at a moment: activities before it, and of those kept by day, the UTC days that had ended by it.
storage::v1::CustomerRecord RecordAsOf(const storage::v1::CustomerRecord& record, absl::Time moment);

// Whether anything is known.
bool IsEmpty(const storage::v1::CustomerRecord& record);

}  // namespace rapport::churn

#endif  // RAPPORT_SERVICES_CHURN_CORE_RECORD_H_

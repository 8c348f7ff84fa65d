#ifndef RAPPORT_SERVICES_CHURN_CORE_CUSTOMER_ROW_H_
#define RAPPORT_SERVICES_CHURN_CORE_CUSTOMER_ROW_H_

#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "rapport/churn/storage/v1/storage.pb.h"
#include "rapport/churn/v1/customers.pb.h"

// The life of a customer, as figures and searches see it. Moments are milliseconds since 1970-01-01 UTC.
namespace rapport::churn {

// When the customer was active, what they paid, what they were like. README.md has the rules.
storage::v1::CustomerRow RowOf(absl::string_view customer_id, const storage::v1::CustomerRecord& record);

// A start belongs to its tenure, an end does not.
bool ActiveAt(const storage::v1::CustomerRow& row, int64_t moment_ms);

// What the customer pays at a moment; null when nothing, above all when they are not active.
const storage::v1::RevenueStep* RevenueAt(const storage::v1::CustomerRow& row, int64_t moment_ms);

// The value of an attribute, of `owner` or of `plan` at a moment; empty when there is none. The plan of somebody who is
// not active is the one they had last.
absl::string_view AttributeAt(const storage::v1::CustomerRow& row, absl::string_view key, int64_t moment_ms);

// The customer as known at a moment, from the row of RecordAsOf that moment. `record` gives the days of activity.
v1::Customer MakeCustomer(const storage::v1::CustomerRow& row, const storage::v1::CustomerRecord& record,
                          absl::Time moment);

// The same for all that a row holds: without the last active day.
v1::Customer MakeCustomer(const storage::v1::CustomerRow& row, absl::Time moment);

}  // namespace rapport::churn

#endif  // RAPPORT_SERVICES_CHURN_CORE_CUSTOMER_ROW_H_

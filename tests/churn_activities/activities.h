#ifndef RAPPORT_TESTS_CHURN_ACTIVITIES_ACTIVITIES_H_
#define RAPPORT_TESTS_CHURN_ACTIVITIES_ACTIVITIES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "rapport/churn/v1/activities.pb.h"

// Activities for tests. Ids follow from kind and moment unless they are set.
namespace rapport::churn {

// A moment such as "2026-03-01" or "2026-03-01 12:30", UTC.
absl::Time Moment(absl::string_view text);

v1::Subscription Plan(absl::string_view plan, int64_t minor, absl::string_view currency = "EUR");

v1::Activity SignedUp(absl::string_view customer, absl::Time at);
v1::Activity SignedUp(absl::string_view customer, absl::Time at, const v1::Subscription& subscription);
v1::Activity Converted(absl::string_view customer, absl::Time at, const v1::Subscription& subscription);
v1::Activity PlanChanged(absl::string_view customer, absl::Time at, const v1::Subscription& subscription);
v1::Activity Renewed(absl::string_view customer, absl::Time at);
v1::Activity Cancelled(absl::string_view customer, absl::Time at, absl::string_view reason = "");
v1::Activity CancelledFor(absl::string_view customer, absl::Time at, absl::Time effective_at,
                          absl::string_view reason = "");
v1::Activity Returned(absl::string_view customer, absl::Time at);
v1::Activity Returned(absl::string_view customer, absl::Time at, const v1::Subscription& subscription);
v1::Activity Invoiced(absl::string_view customer, absl::Time at, absl::string_view invoice, int64_t minor,
                      absl::Time due_at);
v1::Activity InvoicePaid(absl::string_view customer, absl::Time at, absl::string_view invoice);
v1::Activity Purchased(absl::string_view customer, absl::Time at, int64_t minor = 1000);
v1::Activity Used(absl::string_view customer, absl::Time at, int64_t quantity = 0);
v1::Activity LoggedIn(absl::string_view customer, absl::Time at);
v1::Activity FeatureUsed(absl::string_view customer, absl::Time at, absl::string_view feature, int64_t quantity = 0);
v1::Activity OwnerAssigned(absl::string_view customer, absl::Time at, absl::string_view owner);
v1::Activity AttributeSet(absl::string_view customer, absl::Time at, absl::string_view key, absl::string_view value);
v1::Activity InterestShown(absl::string_view customer, absl::Time at, absl::string_view topic);
v1::Activity ConcernVoiced(absl::string_view customer, absl::Time at, absl::string_view topic);

// The same with another id, or as a later revision.
v1::Activity WithId(v1::Activity activity, absl::string_view id);
v1::Activity Revised(v1::Activity activity, int64_t revision);
v1::Activity Deleted(v1::Activity activity, int64_t revision);

// What sources send of so many customers, in `days` days from `start`: activities of all kinds, many at the same
// moment, some corrected (to other kinds and moments too), taken out or sent again. In no order.
std::vector<v1::Activity> RandomActivities(uint32_t seed, int customers, int activities, absl::Time start, int days);

}  // namespace rapport::churn

#endif  // RAPPORT_TESTS_CHURN_ACTIVITIES_ACTIVITIES_H_

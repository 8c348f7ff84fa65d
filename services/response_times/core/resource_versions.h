#ifndef RAPPORT_SERVICES_RESPONSE_TIMES_CORE_RESOURCE_VERSIONS_H_
#define RAPPORT_SERVICES_RESPONSE_TIMES_CORE_RESOURCE_VERSIONS_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "rapport/response_times/storage/v1/storage.pb.h"
#include "rapport/response_times/v1/resources.pb.h"

// The calendars and policies of a tenant. Versions are only added: what was in effect stays known. All functions come
// for both kinds. A version that is added is the last one in `resources`.
namespace rapport::response_times {

// Adds the first version, and returns it as stored; without `effective_from` it was always in effect. The same again
// returns it and changes nothing. INVALID_ARGUMENT, ALREADY_EXISTS, RESOURCE_EXHAUSTED when too much is kept.
absl::StatusOr<v1::BusinessCalendar> Create(const v1::BusinessCalendar& calendar, storage::v1::Resources& resources);
absl::StatusOr<v1::SlaPolicy> Create(const v1::SlaPolicy& policy, storage::v1::Resources& resources);

// Adds a version that is in effect from `effective_from` on, or from `now` without it. The same again returns it and
// changes nothing. INVALID_ARGUMENT, also for an `effective_from` before `now`; NOT_FOUND; FAILED_PRECONDITION when
// based on another version than the latest; RESOURCE_EXHAUSTED when too much is kept.
absl::StatusOr<v1::BusinessCalendar> Update(const v1::BusinessCalendar& calendar, absl::Time now,
                                            storage::v1::Resources& resources);
absl::StatusOr<v1::SlaPolicy> Update(const v1::SlaPolicy& policy, absl::Time now, storage::v1::Resources& resources);

// All versions of one, the latest first. NOT_FOUND.
absl::Status Get(const storage::v1::Resources& resources, const v1::GetBusinessCalendarRequest& request,
                 v1::GetBusinessCalendarResponse& response);
absl::Status Get(const storage::v1::Resources& resources, const v1::GetSlaPolicyRequest& request,
                 v1::GetSlaPolicyResponse& response);

// The latest version of each: calendars by id, policies by rank, then by id.
void List(const storage::v1::Resources& resources, v1::ListBusinessCalendarsResponse& response);
void List(const storage::v1::Resources& resources, v1::ListSlaPoliciesResponse& response);

}  // namespace rapport::response_times

#endif  // RAPPORT_SERVICES_RESPONSE_TIMES_CORE_RESOURCE_VERSIONS_H_

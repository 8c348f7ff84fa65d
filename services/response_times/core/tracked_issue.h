#ifndef RAPPORT_SERVICES_RESPONSE_TIMES_CORE_TRACKED_ISSUE_H_
#define RAPPORT_SERVICES_RESPONSE_TIMES_CORE_TRACKED_ISSUE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "rapport/response_times/storage/v1/storage.pb.h"
#include "rapport/response_times/v1/tracked_issues.pb.h"

// Issues that gather conversations, and whom to tell when they are resolved.
namespace rapport::response_times {

// Ids in requests and in answers.
using IdList = google::protobuf::RepeatedPtrField<std::string>;

// The index of issues: their ids, scored with when they were first tracked.
inline constexpr absl::string_view kIssueIndex = "i";

// Whether an issue can be tracked. INVALID_ARGUMENT names the field, the value and the remedy.
absl::Status Validate(const v1::TrackedIssue& issue, absl::Time now);

// 1 to 1,000 ids.
absl::Status ValidateIds(absl::string_view field, const IdList& ids);

// What is done to an issue. Each tells whether the record changed; done again it does not.
//
// ALREADY_EXISTS when the issue is known with another title.
absl::StatusOr<bool> CreateIssue(const v1::TrackedIssue& issue, storage::v1::IssueRecord& record);
// FAILED_PRECONDITION when more than 10,000 conversations would be linked.
absl::StatusOr<bool> Link(const IdList& conversation_ids, storage::v1::IssueRecord& record);
bool Unlink(const IdList& conversation_ids, storage::v1::IssueRecord& record);
// The first call counts. INVALID_ARGUMENT for a moment before the issue was first tracked.
absl::StatusOr<bool> Resolve(absl::Time at, storage::v1::IssueRecord& record);
// Those who were not marked before, by id. FAILED_PRECONDITION while the issue is open.
absl::StatusOr<std::vector<std::string>> MarkTold(const IdList& customer_ids, storage::v1::IssueRecord& record);
// Takes out the mark of a customer.
bool EraseCustomer(absl::string_view customer_id, storage::v1::IssueRecord& record);

// FAILED_PRECONDITION while the issue is open.
absl::Status RequireResolved(const storage::v1::IssueRecord& record);

// Everyone who raised the issue or follows a conversation that did, each once, by customer. `counted` is what is known
// of each linked conversation, in their order.
std::vector<v1::PersonToTell> PeopleOf(const storage::v1::IssueRecord& record,
                                       absl::Span<const storage::v1::Analysis* const> counted);

bool IsTold(absl::string_view customer_id, const storage::v1::IssueRecord& record);

// As answers show it.
v1::TrackedIssue Present(const storage::v1::IssueRecord& record, absl::Span<const v1::PersonToTell> people);

// Which issues a customer was told of: rows of counter tables, spread by customer over several.
struct ToldCustomer {
  absl::string_view customer_id;
  absl::string_view issue_id;
};
std::string ToldTable(absl::string_view customer_id);
std::string EncodeTold(const ToldCustomer& told);
// Points into `bytes`. Nothing when they are none.
std::optional<ToldCustomer> DecodeTold(absl::string_view bytes);

}  // namespace rapport::response_times

#endif  // RAPPORT_SERVICES_RESPONSE_TIMES_CORE_TRACKED_ISSUE_H_

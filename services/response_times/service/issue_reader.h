#ifndef RAPPORT_SERVICES_RESPONSE_TIMES_SERVICE_ISSUE_READER_H_
#define RAPPORT_SERVICES_RESPONSE_TIMES_SERVICE_ISSUE_READER_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "rapport/response_times/storage/v1/storage.pb.h"
#include "rapport/response_times/v1/tracked_issues.pb.h"
#include "services/response_times/service/reader.h"

namespace rapport::response_times {

// NOT_FOUND for an id under which nothing is tracked.
absl::Status UnknownIssue(absl::string_view issue_id);

absl::StatusOr<storage::v1::IssueRecord> LoadIssue(Reader& reader, absl::string_view tenant,
                                                   const std::string& issue_id);

// In order; empty ones for unknown ids.
absl::StatusOr<std::vector<storage::v1::IssueRecord>> LoadIssues(Reader& reader, absl::string_view tenant,
                                                                 const std::vector<std::string>& issue_ids);

// Everyone whom an issue concerns, each once, by customer, told or not.
absl::StatusOr<std::vector<v1::PersonToTell>> LoadPeople(Reader& reader, absl::string_view tenant,
                                                         const storage::v1::IssueRecord& record);

}  // namespace rapport::response_times

#endif  // RAPPORT_SERVICES_RESPONSE_TIMES_SERVICE_ISSUE_READER_H_

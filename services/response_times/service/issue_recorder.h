#ifndef RAPPORT_SERVICES_RESPONSE_TIMES_SERVICE_ISSUE_RECORDER_H_
#define RAPPORT_SERVICES_RESPONSE_TIMES_SERVICE_ISSUE_RECORDER_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/store/store.h"
#include "common/write/write_path.h"
#include "rapport/response_times/storage/v1/storage.pb.h"
#include "rapport/response_times/v1/tracked_issues.pb.h"
#include "services/response_times/service/reader.h"

namespace rapport::response_times {

// The entity of an issue.
store::Key IssueKey(absl::string_view issue_id);
// DATA_LOSS when the bytes are no record.
absl::StatusOr<storage::v1::IssueRecord> UnpackIssue(absl::string_view issue_id, const std::string& bytes);

// Tracks issues, through the write path. Answers when what was asked is durable, with the issue as it stands, or with
// the error of the RPC. Thread-safe; blocks.
class IssueRecorder {
 public:
  // All must outlive the recorder.
  IssueRecorder(write::WritePath& path, Reader& reader, std::function<absl::Time()> clock)
      : path_(path), reader_(reader), clock_(std::move(clock)) {}

  absl::Status Create(absl::string_view tenant, absl::Time deadline, const v1::CreateTrackedIssueRequest& request,
                      v1::CreateTrackedIssueResponse& response);
  absl::Status Link(absl::string_view tenant, absl::Time deadline, const v1::LinkConversationsRequest& request,
                    v1::LinkConversationsResponse& response);
  absl::Status Unlink(absl::string_view tenant, absl::Time deadline, const v1::UnlinkConversationsRequest& request,
                      v1::UnlinkConversationsResponse& response);
  absl::Status Resolve(absl::string_view tenant, absl::Time deadline, const v1::ResolveTrackedIssueRequest& request,
                       v1::ResolveTrackedIssueResponse& response);
  // Customers whom the issue does not concern are passed over.
  absl::Status MarkTold(absl::string_view tenant, absl::Time deadline, const v1::MarkPeopleToldRequest& request,
                        v1::MarkPeopleToldResponse& response);

  // Takes out the marks that a customer was told; how many there were.
  absl::StatusOr<int64_t> Erase(absl::string_view tenant, absl::string_view customer_id);

 private:
  // What is done to an issue; whether the record changed.
  using Change = std::function<absl::StatusOr<bool>(storage::v1::IssueRecord&, write::Changes&)>;

  // The record after the change.
  absl::StatusOr<storage::v1::IssueRecord> Apply(absl::string_view tenant, absl::Time deadline,
                                                 const std::string& issue_id, const Change& change);
  // The same for an issue that is known, else NOT_FOUND.
  absl::StatusOr<storage::v1::IssueRecord> ApplyToKnown(absl::string_view tenant, absl::Time deadline,
                                                        const std::string& issue_id, const Change& change);
  template <typename Response>
  absl::Status Answer(absl::string_view tenant, const absl::StatusOr<storage::v1::IssueRecord>& record,
                      Response& response);

  write::WritePath& path_;
  Reader& reader_;
  const std::function<absl::Time()> clock_;
};

}  // namespace rapport::response_times

#endif  // RAPPORT_SERVICES_RESPONSE_TIMES_SERVICE_ISSUE_RECORDER_H_

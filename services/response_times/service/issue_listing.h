#ifndef RAPPORT_SERVICES_RESPONSE_TIMES_SERVICE_ISSUE_LISTING_H_
#define RAPPORT_SERVICES_RESPONSE_TIMES_SERVICE_ISSUE_LISTING_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "rapport/response_times/v1/tracked_issues.pb.h"
#include "services/response_times/service/reader.h"

// Answers to the RPCs that read tracked issues, with their errors. They block on the store.
namespace rapport::response_times {

absl::Status GetIssue(Reader& reader, absl::string_view tenant, const v1::GetTrackedIssueRequest& request,
                      v1::GetTrackedIssueResponse& response);

absl::Status ListIssues(Reader& reader, absl::string_view tenant, const v1::ListTrackedIssuesRequest& request,
                        v1::ListTrackedIssuesResponse& response);

absl::Status ListPeople(Reader& reader, absl::string_view tenant, const v1::ListPeopleToTellRequest& request,
                        v1::ListPeopleToTellResponse& response);

}  // namespace rapport::response_times

#endif  // RAPPORT_SERVICES_RESPONSE_TIMES_SERVICE_ISSUE_LISTING_H_

#ifndef RAPPORT_SERVICES_CLI_ISSUES_H_
#define RAPPORT_SERVICES_CLI_ISSUES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/cli/session.h"

namespace rapport::cli {

struct CreateIssueOptions {
  std::string id;
  std::string title;
  // Now when empty.
  std::string created_at;
  std::string time_zone = "UTC";
};

// An issue with the conversations, or people, that a command is about.
struct IssueMembersOptions {
  std::string id;
  std::vector<std::string> members;
  std::string time_zone = "UTC";
};

struct IssueOptions {
  std::string id;
  std::string time_zone = "UTC";
};

struct ResolveIssueOptions {
  std::string id;
  // Now, by the server's clock, when empty.
  std::string at;
  std::string time_zone = "UTC";
};

struct ListIssuesOptions {
  bool open = false;
  std::string time_zone = "UTC";
  // 0 means all.
  int64_t limit = 100;
};

struct PeopleToTellOptions {
  std::string id;
  // 0 means all.
  int64_t limit = 0;
};

struct WatchResolutionsOptions {
  std::string resume_token;
  // Ends by itself after so many people; 0 means never.
  int64_t count = 0;
};

absl::StatusOr<int> CreateIssue(Session& session, const CreateIssueOptions& options);
absl::StatusOr<int> LinkConversations(Session& session, const IssueMembersOptions& options);
absl::StatusOr<int> UnlinkConversations(Session& session, const IssueMembersOptions& options);
absl::StatusOr<int> ResolveIssue(Session& session, const ResolveIssueOptions& options);
absl::StatusOr<int> ListIssues(Session& session, const ListIssuesOptions& options);
absl::StatusOr<int> ShowIssue(Session& session, const IssueOptions& options);
absl::StatusOr<int> ListPeopleToTell(Session& session, const PeopleToTellOptions& options);
// Prints those who are left to the caller to tell.
absl::StatusOr<int> MarkPeopleTold(Session& session, const IssueMembersOptions& options);
absl::StatusOr<int> WatchResolutions(Session& session, const WatchResolutionsOptions& options);

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_ISSUES_H_

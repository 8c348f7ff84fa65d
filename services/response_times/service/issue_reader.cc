#include "services/response_times/service/issue_reader.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/request/fields.h"
#include "common/write/partition.h"
#include "services/response_times/core/tracked_issue.h"
#include "services/response_times/service/issue_recorder.h"

namespace rapport::response_times {
namespace {

constexpr size_t kConversationsPerRead = 500;

}  // namespace

absl::Status UnknownIssue(absl::string_view issue_id) {
  return absl::NotFoundError(
      absl::StrCat("issue_id: ", Shown(issue_id), " is not known here; check the id, or create it"));
}

absl::StatusOr<std::vector<storage::v1::IssueRecord>> LoadIssues(Reader& reader, absl::string_view tenant,
                                                                 const std::vector<std::string>& issue_ids) {
  std::vector<storage::v1::IssueRecord> records;
  if (issue_ids.empty()) return records;
  std::vector<store::LoadRequest> requests;
  for (const std::string& id : issue_ids) {
    const uint32_t partition = write::PartitionOf(id, reader.store().partition_count());
    requests.push_back({{std::string(tenant), partition}, {IssueKey(id)}});
  }
  const auto loaded = reader.store().Load(requests);
  if (!loaded.ok()) return loaded.status();
  for (size_t i = 0; i < issue_ids.size(); ++i) {
    auto record = UnpackIssue(issue_ids[i], (*loaded)[i].entities.front().value);
    if (!record.ok()) return record.status();
    records.push_back(*std::move(record));
  }
  return records;
}

absl::StatusOr<storage::v1::IssueRecord> LoadIssue(Reader& reader, absl::string_view tenant,
                                                   const std::string& issue_id) {
  const absl::Status valid = ValidateId("issue_id", issue_id);
  if (!valid.ok()) return valid;
  auto records = LoadIssues(reader, tenant, {issue_id});
  if (!records.ok()) return records.status();
  if (!records->front().has_issue()) return UnknownIssue(issue_id);
  return std::move(records->front());
}

absl::StatusOr<std::vector<v1::PersonToTell>> LoadPeople(Reader& reader, absl::string_view tenant,
                                                         const storage::v1::IssueRecord& record) {
  const auto& ids = record.conversation_ids();
  std::vector<storage::v1::Analysis> analyses;
  for (int begin = 0; begin < ids.size(); begin += kConversationsPerRead) {
    const int end = std::min(ids.size(), begin + static_cast<int>(kConversationsPerRead));
    auto conversations = reader.LoadConversations(tenant, {ids.begin() + begin, ids.begin() + end});
    if (!conversations.ok()) return conversations.status();
    for (auto& each : *conversations) analyses.push_back(std::move(*each.mutable_counted()));
  }
  std::vector<const storage::v1::Analysis*> counted;
  counted.reserve(analyses.size());
  for (const storage::v1::Analysis& each : analyses) counted.push_back(&each);
  return PeopleOf(record, counted);
}

}  // namespace rapport::response_times

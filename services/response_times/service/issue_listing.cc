#include "services/response_times/service/issue_listing.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/request/fields.h"
#include "services/response_times/core/tracked_issue.h"
#include "services/response_times/service/issue_reader.h"

namespace rapport::response_times {
namespace {

// What one page looks at before it is handed out short: the people of an issue are counted conversation by
// conversation.
constexpr int kMostConversations = 10'000;
constexpr int kMostIssues = 10'000;
constexpr size_t kIssuesPerRead = 200;

absl::Status StrangePageToken() {
  return absl::InvalidArgumentError("page.page_token: not a token of this service; repeat the request without it");
}

// An issue in the order of the list.
struct Position {
  int64_t created_ms = 0;
  std::string issue_id;

  friend auto operator<=>(const Position&, const Position&) = default;  // NOLINT(modernize-use-nullptr)
};

std::string EncodeToken(const Position& position) {
  return absl::WebSafeBase64Escape(absl::StrCat(position.created_ms, ",", position.issue_id));
}

absl::StatusOr<std::optional<Position>> DecodeToken(absl::string_view token) {
  if (token.empty()) return std::nullopt;
  std::string plain;
  int64_t created_ms = 0;
  std::pair<absl::string_view, absl::string_view> parts;
  if (absl::WebSafeBase64Unescape(token, &plain)) parts = absl::StrSplit(plain, absl::MaxSplits(',', 1));
  if (!absl::SimpleAtoi(parts.first, &created_ms)) return StrangePageToken();
  return Position{created_ms, std::string(parts.second)};
}

// The newest issues that were first tracked before `before`, or at the same moment under a smaller id.
absl::StatusOr<std::vector<Position>> NewestBefore(Reader& reader, absl::string_view tenant,
                                                   const std::optional<Position>& before) {
  std::vector<Position> list;
  for (uint32_t p = 0; p < reader.store().partition_count(); ++p) {
    store::IndexRange range;
    range.partition = {std::string(tenant), p};
    range.index = std::string(kIssueIndex);
    range.to = before ? before->created_ms : (int64_t{1} << 53) - 1;
    range.descending = true;
    range.limit = kIssuesPerRead;
    for (size_t taken = 0; taken < kIssuesPerRead;) {
      absl::StatusOr<store::IndexPage> page = reader.store().RangeIndex(range);
      if (!page.ok()) return page.status();
      for (store::RankedMember& member : page->members) {
        Position position{member.score, std::move(member.member)};
        if (taken == kIssuesPerRead || (before && position >= *before)) continue;
        list.push_back(std::move(position));
        ++taken;
      }
      if (page->next_cursor.empty()) break;
      range.cursor = std::move(page->next_cursor);
    }
  }
  std::sort(list.begin(), list.end(), std::greater<>());
  if (list.size() > kIssuesPerRead) list.resize(kIssuesPerRead);
  return list;
}

}  // namespace

absl::Status GetIssue(Reader& reader, absl::string_view tenant, const v1::GetTrackedIssueRequest& request,
                      v1::GetTrackedIssueResponse& response) {
  const auto record = LoadIssue(reader, tenant, request.issue_id());
  if (!record.ok()) return record.status();
  const auto people = LoadPeople(reader, tenant, *record);
  if (!people.ok()) return people.status();
  *response.mutable_issue() = Present(*record, *people);
  *response.mutable_conversation_ids() = record->conversation_ids();
  return absl::OkStatus();
}

absl::Status ListIssues(Reader& reader, absl::string_view tenant, const v1::ListTrackedIssuesRequest& request,
                        v1::ListTrackedIssuesResponse& response) {
  auto before = DecodeToken(request.page().page_token());
  if (!before.ok()) return before.status();
  const auto most = static_cast<int>(PageSize(request.page()));
  int conversations = 0;
  for (int looked_at = 0; looked_at < kMostIssues;) {
    const auto list = NewestBefore(reader, tenant, *before);
    if (!list.ok()) return list.status();
    std::vector<std::string> ids;
    for (const Position& each : *list) ids.push_back(each.issue_id);
    const auto records = LoadIssues(reader, tenant, ids);
    if (!records.ok()) return records.status();
    for (size_t i = 0; i < list->size(); ++i) {
      const storage::v1::IssueRecord& record = (*records)[i];
      *before = (*list)[i];
      if (request.only_open() && record.issue().has_resolved_at()) continue;
      const auto people = LoadPeople(reader, tenant, record);
      if (!people.ok()) return people.status();
      *response.add_issues() = Present(record, *people);
      conversations += record.conversation_ids_size();
      if (response.issues_size() < most && conversations < kMostConversations) continue;
      response.set_next_page_token(EncodeToken(**before));
      return absl::OkStatus();
    }
    if (list->size() < kIssuesPerRead) return absl::OkStatus();
    looked_at += static_cast<int>(list->size());
  }
  response.set_next_page_token(EncodeToken(**before));
  return absl::OkStatus();
}

absl::Status ListPeople(Reader& reader, absl::string_view tenant, const v1::ListPeopleToTellRequest& request,
                        v1::ListPeopleToTellResponse& response) {
  std::string after;
  if (!absl::WebSafeBase64Unescape(request.page().page_token(), &after)) return StrangePageToken();
  const auto record = LoadIssue(reader, tenant, request.issue_id());
  if (!record.ok()) return record.status();
  absl::Status resolved = RequireResolved(*record);
  if (!resolved.ok()) return resolved;
  auto people = LoadPeople(reader, tenant, *record);
  if (!people.ok()) return people.status();
  const auto most = static_cast<int>(PageSize(request.page()));
  for (v1::PersonToTell& person : *people) {
    if (person.customer_id() <= after || IsTold(person.customer_id(), *record)) continue;
    if (response.people_size() == most) {
      response.set_next_page_token(absl::WebSafeBase64Escape(response.people(most - 1).customer_id()));
      break;
    }
    *response.add_people() = std::move(person);
  }
  return absl::OkStatus();
}

}  // namespace rapport::response_times

#include "services/response_times/core/tracked_issue.h"

#include <algorithm>
#include <map>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "common/request/fields.h"
#include "common/store/stable_hash.h"
#include "common/time/interval.h"
#include "services/response_times/core/moments.h"
#include "services/response_times/core/row.h"

namespace rapport::response_times {
namespace {

using storage::v1::IssueRecord;

constexpr size_t kMostTitleBytes = 256;
constexpr int kMostIds = 1000;
constexpr size_t kMostConversations = 10'000;
constexpr uint64_t kToldTables = 256;

absl::flat_hash_set<absl::string_view> SetOf(const IdList& ids) {
  return {ids.begin(), ids.end()};
}

}  // namespace

absl::Status Validate(const v1::TrackedIssue& issue, absl::Time now) {
  absl::Status status = ValidateId("issue_id", issue.issue_id());
  if (issue.title().empty()) status.Update(Invalid("title", "missing;", "say what the issue is about"));
  status.Update(ValidateText("title", issue.title(), kMostTitleBytes));
  if (!issue.has_created_at()) {
    status.Update(Invalid("created_at", "missing;", "say when the issue was first tracked"));
  } else {
    status.Update(ValidatePast("created_at", issue.created_at(), now));
  }
  return status;
}

absl::Status ValidateIds(absl::string_view field, const IdList& ids) {
  if (ids.empty() || ids.size() > kMostIds) {
    return Invalid(field, absl::StrCat(ids.size(), " ids"), absl::StrCat("were sent; send 1 to ", kMostIds));
  }
  for (int i = 0; i < ids.size(); ++i) {
    absl::Status valid = ValidateId(absl::StrCat(field, "[", i, "]"), ids[i]);
    if (!valid.ok()) return valid;
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> CreateIssue(const v1::TrackedIssue& issue, IssueRecord& record) {
  if (record.has_issue()) {
    if (record.issue().title() == issue.title()) return false;
    return absl::AlreadyExistsError(absl::StrCat("issue_id: ", Shown(issue.issue_id()), " is tracked already, as ",
                                                 Shown(record.issue().title()), "; use that title or another id"));
  }
  v1::TrackedIssue& created = *record.mutable_issue();
  created.set_issue_id(issue.issue_id());
  created.set_title(issue.title());
  *created.mutable_created_at() = ToProto(absl::FromUnixMillis(ToMillis(issue.created_at())));
  return true;
}

absl::StatusOr<bool> Link(const IdList& conversation_ids, IssueRecord& record) {
  absl::flat_hash_set<absl::string_view> linked = SetOf(record.conversation_ids());
  std::vector<absl::string_view> added;
  for (const std::string& id : conversation_ids) {
    if (linked.insert(id).second) added.emplace_back(id);
  }
  if (linked.size() > kMostConversations) {
    return absl::FailedPreconditionError(
        absl::StrCat("conversation_ids: ", added.size(), " more would make ", linked.size(), " linked to issue ",
                     Shown(record.issue().issue_id()), "; link at most ", kMostConversations, ", or track another"));
  }
  for (const absl::string_view id : added) record.add_conversation_ids(std::string(id));
  return !added.empty();
}

bool Unlink(const IdList& conversation_ids, IssueRecord& record) {
  const absl::flat_hash_set<absl::string_view> unlinked = SetOf(conversation_ids);
  auto& linked = *record.mutable_conversation_ids();
  const auto kept =
      std::remove_if(linked.begin(), linked.end(), [&](const std::string& id) { return unlinked.contains(id); });
  const bool changed = kept != linked.end();
  linked.erase(kept, linked.end());
  return changed;
}

absl::StatusOr<bool> Resolve(absl::Time at, IssueRecord& record) {
  if (record.issue().has_resolved_at()) return false;
  const absl::Time created = FromProto(record.issue().created_at());
  if (ToMillis(at) < ToMillis(created)) {
    return Invalid(
        "resolved_at", ShownMoment(at),
        absl::StrCat("is before the issue was first tracked, ", ShownMoment(created), "; check the source's clock"));
  }
  *record.mutable_issue()->mutable_resolved_at() = ToProto(absl::FromUnixMillis(ToMillis(at)));
  return true;
}

absl::Status RequireResolved(const IssueRecord& record) {
  if (record.issue().has_resolved_at()) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("issue_id: ", Shown(record.issue().issue_id()),
                   " is not resolved, so there is nobody to tell yet; resolve it first"));
}

absl::StatusOr<std::vector<std::string>> MarkTold(const IdList& customer_ids, IssueRecord& record) {
  const absl::Status resolved = RequireResolved(record);
  if (!resolved.ok()) return resolved;
  std::vector<std::string> added(customer_ids.begin(), customer_ids.end());
  std::sort(added.begin(), added.end());
  added.erase(std::unique(added.begin(), added.end()), added.end());
  std::erase_if(added, [&](const std::string& id) { return IsTold(id, record); });
  for (const std::string& id : added) record.add_told_ids(id);
  std::sort(record.mutable_told_ids()->begin(), record.mutable_told_ids()->end());
  return added;
}

bool EraseCustomer(absl::string_view customer_id, IssueRecord& record) {
  auto& told = *record.mutable_told_ids();
  const auto kept = std::remove(told.begin(), told.end(), customer_id);
  const bool changed = kept != told.end();
  told.erase(kept, told.end());
  return changed;
}

std::vector<v1::PersonToTell> PeopleOf(const IssueRecord& record,
                                       absl::Span<const storage::v1::Analysis* const> counted) {
  std::map<absl::string_view, v1::PersonToTell> people;
  const auto add = [&](const std::string& customer_id, size_t i, bool follower) {
    if (customer_id.empty()) return;
    const auto [place, added] = people.try_emplace(customer_id);
    v1::PersonToTell& person = place->second;
    if (!added && (follower || !person.follower())) return;
    person.set_customer_id(customer_id);
    person.set_conversation_id(record.conversation_ids(static_cast<int>(i)));
    person.set_channel(counted[i]->begun_channel());
    person.set_follower(follower);
  };
  for (size_t i = 0; i < counted.size(); ++i) {
    add(counted[i]->customer_id(), i, false);
    for (const std::string& id : counted[i]->follower_ids()) add(id, i, true);
  }
  std::vector<v1::PersonToTell> list;
  list.reserve(people.size());
  for (auto& [unused, person] : people) list.push_back(std::move(person));
  return list;
}

bool IsTold(absl::string_view customer_id, const IssueRecord& record) {
  const auto& told = record.told_ids();
  return std::binary_search(told.begin(), told.end(), customer_id);
}

v1::TrackedIssue Present(const IssueRecord& record, absl::Span<const v1::PersonToTell> people) {
  v1::TrackedIssue issue = record.issue();
  issue.set_conversation_count(record.conversation_ids_size());
  issue.set_people_count(static_cast<int64_t>(people.size()));
  issue.set_told_count(std::count_if(people.begin(), people.end(), [&](const v1::PersonToTell& person) {
    return IsTold(person.customer_id(), record);
  }));
  return issue;
}

std::string ToldTable(absl::string_view customer_id) {
  return absl::StrCat("t", store::StableHash(customer_id) % kToldTables);
}

std::string EncodeTold(const ToldCustomer& told) {
  return RowWriter().Text(told.customer_id).Text(told.issue_id).Take();
}

std::optional<ToldCustomer> DecodeTold(absl::string_view bytes) {
  RowReader row(bytes);
  ToldCustomer told;
  told.customer_id = row.Text();
  told.issue_id = row.Text();
  return row.Complete() ? std::optional(told) : std::nullopt;
}

}  // namespace rapport::response_times

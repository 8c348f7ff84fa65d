#include "services/response_times/service/issue_watch.h"

#include <set>
#include <vector>

#include "absl/strings/escaping.h"
#include "services/response_times/core/tracked_issue.h"
#include "services/response_times/service/change_reader.h"
#include "services/response_times/service/issue_reader.h"

namespace rapport::response_times {
namespace {

constexpr size_t kMostRemembered = 100'000;

}  // namespace

absl::StatusOr<IssueWatch> IssueWatch::Open(Reader& reader, absl::string_view tenant,
                                            const v1::WatchResolutionsRequest& request) {
  std::string place;
  if (!absl::WebSafeBase64Unescape(request.resume_token(), &place)) return service::StrangeToken();
  auto stream = request.resume_token().empty()
                    ? service::StreamCursor::AtEnd(reader.store(), tenant, kChangeStream)
                    : service::StreamCursor::At(reader.store(), tenant, kChangeStream, place);
  if (!stream.ok()) return stream.status();
  IssueWatch watch(reader, tenant, *std::move(stream));
  watch.token_moved_ = true;
  return watch;
}

absl::Status IssueWatch::Tell(const std::string& issue_id) {
  const auto record = LoadIssue(*reader_, tenant_, issue_id);
  if (!record.ok()) return record.status();
  if (!record->issue().has_resolved_at()) return absl::OkStatus();
  auto people = LoadPeople(*reader_, tenant_, *record);
  if (!people.ok()) return people.status();
  const v1::TrackedIssue issue = Present(*record, *people);
  for (v1::PersonToTell& person : *people) {
    if (IsTold(person.customer_id(), *record) || !told_.emplace(issue_id, person.customer_id()).second) continue;
    v1::WatchResolutionsResponse& message = pending_.emplace_back();
    *message.mutable_issue() = issue;
    *message.mutable_person() = std::move(person);
  }
  return absl::OkStatus();
}

absl::Status IssueWatch::ReadOn() {
  const auto changed = ReadChanges(ChangeTag::kIssue, stream_);
  if (!changed.ok()) return changed.status();
  if (told_.size() > kMostRemembered) told_.clear();
  for (const std::string& issue_id : std::set<std::string>(changed->begin(), changed->end())) {
    absl::Status told = Tell(issue_id);
    if (!told.ok()) return told;
  }
  token_moved_ = !changed->empty();
  return absl::OkStatus();
}

// The token moves on only behind the last person of a read, so that a watcher that stops in between is told of all of
// them again, and misses none.
absl::StatusOr<bool> IssueWatch::Next(v1::WatchResolutionsResponse& response) {
  if (pending_.empty() && !token_moved_) {
    const absl::Status read = ReadOn();
    if (!read.ok()) return read;
  }
  if (!pending_.empty()) {
    response = std::move(pending_.front());
    pending_.pop_front();
  } else if (!token_moved_) {
    return false;
  }
  if (pending_.empty()) {
    token_ = absl::WebSafeBase64Escape(stream_.Text());
    token_moved_ = false;
  }
  response.set_resume_token(token_);
  return true;
}

}  // namespace rapport::response_times

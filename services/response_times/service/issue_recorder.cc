#include "services/response_times/service/issue_recorder.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "common/request/fields.h"
#include "common/time/interval.h"
#include "common/write/partition.h"
#include "services/response_times/core/change_stream.h"
#include "services/response_times/core/moments.h"
#include "services/response_times/core/tracked_issue.h"
#include "services/response_times/service/issue_reader.h"

namespace rapport::response_times {
namespace {

using storage::v1::IssueRecord;

class IssueWrite final : public write::Write {
 public:
  using Change = std::function<absl::StatusOr<bool>(IssueRecord&, write::Changes&)>;
  using Done = std::function<void(absl::StatusOr<IssueRecord>)>;

  IssueWrite(absl::string_view tenant, absl::string_view issue_id, uint32_t partition_count, absl::Time deadline,
             Change change, Done done)
      : partition_{std::string(tenant), write::PartitionOf(issue_id, partition_count)},
        key_(IssueKey(issue_id)),
        deadline_(deadline),
        change_(std::move(change)),
        done_(std::move(done)) {}

  const store::Partition& partition() const override { return partition_; }
  absl::Span<const store::Key> keys() const override { return {&key_, 1}; }
  int64_t bytes() const override { return static_cast<int64_t>(key_.id.size()); }
  absl::Time deadline() const override { return deadline_; }

  absl::Status Plan(absl::Span<write::EntityState*> entities, write::Changes& changes) override {
    write::EntityState& state = *entities.front();
    absl::StatusOr<IssueRecord> record = UnpackIssue(key_.id, state.value);
    if (!record.ok()) return record.status();
    const absl::StatusOr<bool> changed = change_(*record, changes);
    if (!changed.ok()) return changed.status();
    if (*changed) {
      changes.Rank(kIssueIndex, key_.id, ToMillis(record->issue().created_at()));
      AppendChange(ChangeTag::kIssue, key_.id, changes.StreamEntry(kChangeStream));
      state.Set(record->SerializeAsString());
    }
    record_ = *std::move(record);
    return absl::OkStatus();
  }

  void Finish(const absl::Status& status) override {
    if (!status.ok()) return done_(status);
    done_(std::move(record_));
  }

 private:
  const store::Partition partition_;
  const store::Key key_;
  const absl::Time deadline_;
  const Change change_;
  const Done done_;
  IssueRecord record_;  // as it stands after this write
};

}  // namespace

store::Key IssueKey(absl::string_view issue_id) {
  return {"issue", std::string(issue_id), false};
}

absl::StatusOr<IssueRecord> UnpackIssue(absl::string_view issue_id, const std::string& bytes) {
  IssueRecord record;
  if (record.ParseFromString(bytes)) return record;
  return absl::DataLossError(
      absl::StrCat("the record of issue \"", issue_id, "\" does not parse; restore the store from a backup"));
}

absl::StatusOr<IssueRecord> IssueRecorder::Apply(absl::string_view tenant, absl::Time deadline,
                                                 const std::string& issue_id, const Change& change) {
  absl::Notification finished;
  absl::StatusOr<IssueRecord> outcome = absl::UnknownError("");
  std::vector<std::unique_ptr<write::Write>> writes;
  writes.push_back(std::make_unique<IssueWrite>(tenant, issue_id, reader_.store().partition_count(), deadline, change,
                                                [&](absl::StatusOr<IssueRecord> record) {
                                                  outcome = std::move(record);
                                                  finished.Notify();
                                                }));
  const absl::Status submitted = path_.Submit(std::move(writes));
  if (!submitted.ok()) return submitted;
  finished.WaitForNotification();
  return outcome;
}

absl::StatusOr<IssueRecord> IssueRecorder::ApplyToKnown(absl::string_view tenant, absl::Time deadline,
                                                        const std::string& issue_id, const Change& change) {
  const absl::Status valid = ValidateId("issue_id", issue_id);
  if (!valid.ok()) return valid;
  return Apply(tenant, deadline, issue_id, [&](IssueRecord& record, write::Changes& changes) -> absl::StatusOr<bool> {
    if (!record.has_issue()) return UnknownIssue(issue_id);
    return change(record, changes);
  });
}

template <typename Response>
absl::Status IssueRecorder::Answer(absl::string_view tenant, const absl::StatusOr<IssueRecord>& record,
                                   Response& response) {
  if (!record.ok()) return record.status();
  const auto people = LoadPeople(reader_, tenant, *record);
  if (!people.ok()) return people.status();
  *response.mutable_issue() = Present(*record, *people);
  return absl::OkStatus();
}

absl::Status IssueRecorder::Create(absl::string_view tenant, absl::Time deadline,
                                   const v1::CreateTrackedIssueRequest& request,
                                   v1::CreateTrackedIssueResponse& response) {
  absl::Status valid = Validate(request.issue(), clock_());
  if (!valid.ok()) return valid;
  return Answer(tenant,
                Apply(tenant, deadline, request.issue().issue_id(),
                      [&](IssueRecord& record, write::Changes&) { return CreateIssue(request.issue(), record); }),
                response);
}

absl::Status IssueRecorder::Link(absl::string_view tenant, absl::Time deadline,
                                 const v1::LinkConversationsRequest& request, v1::LinkConversationsResponse& response) {
  absl::Status valid = ValidateIds("conversation_ids", request.conversation_ids());
  if (!valid.ok()) return valid;
  return Answer(tenant,
                ApplyToKnown(tenant, deadline, request.issue_id(),
                             [&](IssueRecord& record, write::Changes&) {
                               return response_times::Link(request.conversation_ids(), record);
                             }),
                response);
}

absl::Status IssueRecorder::Unlink(absl::string_view tenant, absl::Time deadline,
                                   const v1::UnlinkConversationsRequest& request,
                                   v1::UnlinkConversationsResponse& response) {
  absl::Status valid = ValidateIds("conversation_ids", request.conversation_ids());
  if (!valid.ok()) return valid;
  return Answer(tenant,
                ApplyToKnown(tenant, deadline, request.issue_id(),
                             [&](IssueRecord& record, write::Changes&) -> absl::StatusOr<bool> {
                               return response_times::Unlink(request.conversation_ids(), record);
                             }),
                response);
}

absl::Status IssueRecorder::Resolve(absl::string_view tenant, absl::Time deadline,
                                    const v1::ResolveTrackedIssueRequest& request,
                                    v1::ResolveTrackedIssueResponse& response) {
  const absl::Time now = clock_();
  if (request.has_resolved_at()) {
    absl::Status valid = ValidatePast("resolved_at", request.resolved_at(), now);
    if (!valid.ok()) return valid;
  }
  return Answer(tenant,
                ApplyToKnown(tenant, deadline, request.issue_id(),
                             [&](IssueRecord& record, write::Changes&) {
                               // The source's clock, by which it was created, may be ahead of ours.
                               const absl::Time here = std::max(now, FromProto(record.issue().created_at()));
                               return response_times::Resolve(
                                   request.has_resolved_at() ? FromProto(request.resolved_at()) : here, record);
                             }),
                response);
}

absl::Status IssueRecorder::MarkTold(absl::string_view tenant, absl::Time deadline,
                                     const v1::MarkPeopleToldRequest& request, v1::MarkPeopleToldResponse& response) {
  absl::Status valid = ValidateId("issue_id", request.issue_id());
  valid.Update(ValidateIds("customer_ids", request.customer_ids()));
  if (!valid.ok()) return valid;
  const absl::StatusOr<IssueRecord> known = LoadIssue(reader_, tenant, request.issue_id());
  if (!known.ok()) return known.status();
  const auto people = LoadPeople(reader_, tenant, *known);
  if (!people.ok()) return people.status();
  absl::flat_hash_set<absl::string_view> concerned;
  for (const v1::PersonToTell& person : *people) concerned.insert(person.customer_id());
  IdList to_mark;
  for (const std::string& id : request.customer_ids()) {
    if (concerned.contains(id)) *to_mark.Add() = id;
  }
  std::vector<std::string> marked;
  const auto record = ApplyToKnown(tenant, deadline, request.issue_id(),
                                   [&](IssueRecord& changing, write::Changes& changes) -> absl::StatusOr<bool> {
                                     absl::StatusOr<std::vector<std::string>> newly =
                                         response_times::MarkTold(to_mark, changing);
                                     if (!newly.ok()) return newly.status();
                                     for (const std::string& id : *newly)
                                       changes.Add(ToldTable(id), EncodeTold({id, request.issue_id()}), 1);
                                     marked = *std::move(newly);
                                     return !marked.empty();
                                   });
  if (!record.ok()) return record.status();
  for (std::string& id : marked) response.add_newly_marked_ids(std::move(id));
  return absl::OkStatus();
}

absl::StatusOr<int64_t> IssueRecorder::Erase(absl::string_view tenant, absl::string_view customer_id) {
  std::vector<std::string> issues;
  const absl::Status read =
      reader_.Lasting().ForEach<DecodeTold>(tenant, {ToldTable(customer_id)}, [&](const ToldCustomer& told, int64_t) {
        if (told.customer_id == customer_id) issues.emplace_back(told.issue_id);
      });
  if (!read.ok()) return read;
  int64_t erased = 0;
  for (const std::string& issue_id : issues) {
    bool changed = false;
    const auto record =
        Apply(tenant, absl::InfiniteFuture(), issue_id, [&](IssueRecord& changing, write::Changes& changes) {
          changed = EraseCustomer(customer_id, changing);
          if (changed) changes.Add(ToldTable(customer_id), EncodeTold({customer_id, issue_id}), -1);
          return absl::StatusOr<bool>(changed);
        });
    if (!record.ok()) return record.status();
    erased += changed;
  }
  return erased;
}

}  // namespace rapport::response_times

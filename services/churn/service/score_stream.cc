#include "services/churn/service/score_stream.h"

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"
#include "common/time/interval.h"
#include "services/churn/core/customer_row.h"
#include "services/churn/service/score_store.h"

namespace rapport::churn {
namespace {

constexpr size_t kCustomersPerChunk = 500;
constexpr absl::Duration kChunkDeadline = absl::Seconds(30);

}  // namespace

absl::StatusOr<ScoreStream> ScoreStream::Open(Reader& reader, Directory& directory, Scoring& scoring,
                                              absl::string_view tenant, const v1::StreamScoresRequest& request) {
  if (const absl::Status valid = ValidateScoreOptions(request.options()); !valid.ok()) return valid;
  return ScoreStream(reader, directory, scoring, tenant, request);
}

absl::Status ScoreStream::ListPartition() {
  ids_.clear();
  done_ = 0;
  const int64_t now_ms = ToMillis(reader_->Now());
  return directory_->ForEachInPartition(tenant_, partition_++, [&](const storage::v1::CustomerRow& row) {
    if (ActiveAt(row, now_ms)) ids_.push_back(row.customer_id());
  });
}

absl::StatusOr<bool> ScoreStream::Next(v1::StreamScoresResponse& response) {
  while (response.scores().empty()) {
    if (done_ == ids_.size()) {
      if (partition_ == reader_->store().partition_count()) return false;
      const absl::Status listed = ListPartition();
      if (!listed.ok()) return listed;
    }
    const size_t end = std::min(ids_.size(), done_ + kCustomersPerChunk);
    const std::vector<std::string> ids(ids_.begin() + static_cast<int64_t>(done_),
                                       ids_.begin() + static_cast<int64_t>(end));
    done_ = end;
    const absl::Status added = request_.rescore() ? AddNew(ids, response) : AddStored(ids, response);
    if (!added.ok()) return added;
  }
  return true;
}

absl::Status ScoreStream::AddStored(const std::vector<std::string>& ids, v1::StreamScoresResponse& response) {
  auto scores = LoadScores(*reader_, tenant_, ids);
  if (!scores.ok()) return scores.status();
  for (auto& stored : *scores) {
    if (!stored) continue;
    TrimReasons(request_.options(), *stored->mutable_score());
    *response.add_scores() = std::move(*stored->mutable_score());
  }
  return absl::OkStatus();
}

absl::Status ScoreStream::AddNew(const std::vector<std::string>& ids, v1::StreamScoresResponse& response) {
  if (ids.empty()) return absl::OkStatus();
  auto results = scoring_->ScoreCustomers(tenant_, ids, request_.options(), absl::Now() + kChunkDeadline);
  if (!results.ok()) return results.status();
  for (v1::ScoreResult& result : *results) {
    // Somebody who was erased since the partition was listed has none.
    if (result.has_score()) *response.add_scores() = std::move(*result.mutable_score());
  }
  return absl::OkStatus();
}

}  // namespace rapport::churn

#include "services/ratings/service/watch.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "services/ratings/core/filter.h"
#include "services/ratings/core/record.h"
#include "services/ratings/service/recorder.h"

namespace rapport::ratings {
namespace {

constexpr int32_t kEntriesPerRead = 16;

absl::StatusOr<std::vector<store::StreamPosition>> ParseToken(absl::string_view token, size_t partitions) {
  std::vector<store::StreamPosition> positions;
  std::string plain;
  bool good = absl::WebSafeBase64Unescape(token, &plain);
  for (absl::string_view part : absl::StrSplit(plain, ',')) {
    const std::pair<absl::string_view, absl::string_view> numbers = absl::StrSplit(part, absl::MaxSplits('.', 1));
    store::StreamPosition position;
    good = good && absl::SimpleAtoi(numbers.first, &position.sequence) &&
           absl::SimpleAtoi(numbers.second, &position.index);
    positions.push_back(position);
  }
  if (good && positions.size() == partitions) return positions;
  return absl::InvalidArgumentError("resume_token: not a token of this service; watch without it, from now on");
}

// Behind everything that was committed so far.
absl::StatusOr<std::vector<store::StreamPosition>> Now(store::Store& store, absl::string_view tenant) {
  std::vector<store::LoadRequest> requests;
  for (uint32_t p = 0; p < store.partition_count(); ++p) requests.push_back({{std::string(tenant), p}, {}});
  const auto loaded = store.Load(requests);
  if (!loaded.ok()) return loaded.status();
  std::vector<store::StreamPosition> positions;
  for (const store::Loaded& each : *loaded) positions.push_back({each.sequence, UINT32_MAX});
  return positions;
}

}  // namespace

absl::StatusOr<Watch> Watch::Open(Reader& reader, absl::string_view tenant, const v1::WatchRatingsRequest& request,
                                  Viewer viewer) {
  const absl::Status valid = Validate(request.filter());
  if (!valid.ok()) return valid;
  Watch watch(reader, tenant, request.filter(), std::move(viewer));
  auto positions = request.resume_token().empty()
                       ? Now(reader.store(), tenant)
                       : ParseToken(request.resume_token(), reader.store().partition_count());
  if (!positions.ok()) return positions.status();
  watch.positions_ = *std::move(positions);
  watch.token_ = watch.Token();
  watch.token_moved_ = true;
  return watch;
}

std::string Watch::Token() const {
  std::string plain;
  for (const store::StreamPosition& each : positions_) {
    absl::StrAppend(&plain, plain.empty() ? "" : ",", each.sequence, ".", each.index);
  }
  return absl::WebSafeBase64Escape(plain);
}

absl::Status Watch::ReadOn() {
  std::vector<store::StreamRange> ranges;
  for (uint32_t p = 0; p < positions_.size(); ++p) {
    ranges.push_back({{tenant_, p}, std::string(kChangeStream), positions_[p], kEntriesPerRead});
  }
  const auto pages = reader_->store().ReadStreams(ranges);
  if (!pages.ok()) return pages.status();
  std::vector<std::string> ids;
  for (size_t p = 0; p < pages->size(); ++p) {
    const store::StreamPage& page = (*pages)[p];
    if (page.trimmed) {
      return absl::OutOfRangeError(
          "resume_token: changes after it are no longer kept; list what was missed, then watch without a token");
    }
    for (const store::StreamEntry& entry : page.entries) {
      for (std::string& id : ChangedIds(entry.value)) ids.push_back(std::move(id));
    }
    if (!page.entries.empty()) positions_[p] = page.entries.back().position;
  }
  if (ids.empty()) return absl::OkStatus();
  const auto records = reader_->LoadRecords(tenant_, ids);
  if (!records.ok()) return records.status();
  for (const storage::v1::RatingRecord& record : *records) {
    if (Matches(record, filter_) && MayRead(record, viewer_)) pending_.push_back(PresentCounted(record, viewer_));
  }
  token_moved_ = true;
  return absl::OkStatus();
}

// The token moves on only behind the last rating of a read, so that a watcher that stops in between is told all of them
// again, and misses none.
absl::StatusOr<bool> Watch::Next(v1::WatchRatingsResponse& response) {
  if (pending_.empty() && !token_moved_) {
    const absl::Status read = ReadOn();
    if (!read.ok()) return read;
  }
  if (!pending_.empty()) {
    *response.mutable_rating() = std::move(pending_.front());
    pending_.pop_front();
  } else if (!token_moved_) {
    return false;
  }
  if (pending_.empty()) {
    token_ = Token();
    token_moved_ = false;
  }
  response.set_resume_token(token_);
  return true;
}

}  // namespace rapport::ratings

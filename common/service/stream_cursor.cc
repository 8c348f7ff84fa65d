#include "common/service/stream_cursor.h"

#include <cstdint>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace rapport::service {
namespace {

constexpr int32_t kEntriesPerRead = 16;

}  // namespace

absl::Status StrangeToken() {
  return absl::InvalidArgumentError("resume_token: not a token of this service; watch without it, from now on");
}

absl::StatusOr<StreamCursor> StreamCursor::AtEnd(store::Store& store, absl::string_view tenant,
                                                 absl::string_view stream) {
  StreamCursor cursor(store, tenant, stream);
  std::vector<store::LoadRequest> requests;
  for (uint32_t p = 0; p < store.partition_count(); ++p) requests.push_back({{cursor.tenant_, p}, {}});
  const auto loaded = store.Load(requests);
  if (!loaded.ok()) return loaded.status();
  for (const store::Loaded& each : *loaded) cursor.positions_.push_back({each.sequence, UINT32_MAX});
  return cursor;
}

absl::StatusOr<StreamCursor> StreamCursor::At(store::Store& store, absl::string_view tenant, absl::string_view stream,
                                              absl::string_view text) {
  StreamCursor cursor(store, tenant, stream);
  for (const absl::string_view part : absl::StrSplit(text, ',')) {
    const std::pair<absl::string_view, absl::string_view> numbers = absl::StrSplit(part, absl::MaxSplits('.', 1));
    store::StreamPosition position;
    if (!absl::SimpleAtoi(numbers.first, &position.sequence) || !absl::SimpleAtoi(numbers.second, &position.index)) {
      return StrangeToken();
    }
    cursor.positions_.push_back(position);
  }
  if (cursor.positions_.size() != store.partition_count()) return StrangeToken();
  return cursor;
}

absl::StatusOr<std::vector<std::string>> StreamCursor::ReadOn() {
  std::vector<store::StreamRange> ranges;
  for (uint32_t p = 0; p < positions_.size(); ++p) {
    ranges.push_back({{tenant_, p}, stream_, positions_[p], kEntriesPerRead});
  }
  auto pages = store_->ReadStreams(ranges);
  if (!pages.ok()) return pages.status();
  std::vector<std::string> entries;
  for (size_t p = 0; p < pages->size(); ++p) {
    if ((*pages)[p].trimmed) {
      return absl::OutOfRangeError(
          "resume_token: changes after it are no longer kept; list what was missed, then watch without a token");
    }
    for (store::StreamEntry& entry : (*pages)[p].entries) {
      entries.push_back(std::move(entry.value));
      positions_[p] = entry.position;
    }
  }
  return entries;
}

std::string StreamCursor::Text() const {
  std::string text;
  for (const store::StreamPosition& each : positions_) {
    absl::StrAppend(&text, text.empty() ? "" : ",", each.sequence, ".", each.index);
  }
  return text;
}

}  // namespace rapport::service

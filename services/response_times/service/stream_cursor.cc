#include "services/response_times/service/stream_cursor.h"

#include <cstdint>
#include <optional>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace rapport::response_times {
namespace {

constexpr int32_t kEntriesPerRead = 16;

}  // namespace

absl::Status StrangeToken() {
  return absl::InvalidArgumentError("resume_token: not a token of this service; watch without it, from now on");
}

absl::StatusOr<StreamCursor> StreamCursor::AtEnd(store::Store& store, absl::string_view tenant) {
  StreamCursor cursor(store, tenant);
  std::vector<store::LoadRequest> requests;
  for (uint32_t p = 0; p < store.partition_count(); ++p) requests.push_back({{cursor.tenant_, p}, {}});
  const auto loaded = store.Load(requests);
  if (!loaded.ok()) return loaded.status();
  for (const store::Loaded& each : *loaded) cursor.positions_.push_back({each.sequence, UINT32_MAX});
  return cursor;
}

absl::StatusOr<StreamCursor> StreamCursor::At(store::Store& store, absl::string_view tenant, absl::string_view text) {
  StreamCursor cursor(store, tenant);
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

absl::StatusOr<std::vector<std::string>> StreamCursor::ReadOn(ChangeTag tag) {
  for (;;) {
    std::vector<store::StreamRange> ranges;
    for (uint32_t p = 0; p < positions_.size(); ++p) {
      ranges.push_back({{tenant_, p}, std::string(kChangeStream), positions_[p], kEntriesPerRead});
    }
    const auto pages = store_->ReadStreams(ranges);
    if (!pages.ok()) return pages.status();
    std::vector<std::string> ids;
    bool read = false;
    for (size_t p = 0; p < pages->size(); ++p) {
      const store::StreamPage& page = (*pages)[p];
      if (page.trimmed) {
        return absl::OutOfRangeError(
            "resume_token: changes after it are no longer kept; list what was missed, then watch without a token");
      }
      for (const store::StreamEntry& entry : page.entries) {
        auto changes = ParseChanges(entry.value);
        if (!changes) return absl::DataLossError("the stream of changes is damaged; restore the data folder");
        for (Change& change : *changes) {
          if (change.tag == tag) ids.push_back(std::move(change.id));
        }
        positions_[p] = entry.position;
        read = true;
      }
    }
    if (!ids.empty() || !read) return ids;
  }
}

std::string StreamCursor::Text() const {
  std::string text;
  for (const store::StreamPosition& each : positions_) {
    absl::StrAppend(&text, text.empty() ? "" : ",", each.sequence, ".", each.index);
  }
  return text;
}

}  // namespace rapport::response_times

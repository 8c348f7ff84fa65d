#include "services/response_times/core/change_stream.h"

#include <cstdint>

#include "absl/strings/str_cat.h"

namespace rapport::response_times {

void AppendChange(ChangeTag tag, absl::string_view id, std::string& entry) {
  entry.push_back(static_cast<char>(tag));
  entry.push_back(static_cast<char>(id.size()));
  absl::StrAppend(&entry, id);
}

std::optional<std::vector<Change>> ParseChanges(absl::string_view entry) {
  std::vector<Change> changes;
  while (!entry.empty()) {
    if (entry.size() < 2) return std::nullopt;
    const auto tag = static_cast<ChangeTag>(entry[0]);
    const size_t size = static_cast<uint8_t>(entry[1]);
    entry.remove_prefix(2);
    if (entry.size() < size) return std::nullopt;
    changes.push_back({tag, std::string(entry.substr(0, size))});
    entry.remove_prefix(size);
  }
  return changes;
}

}  // namespace rapport::response_times

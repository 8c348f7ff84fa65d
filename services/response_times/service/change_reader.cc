#include "services/response_times/service/change_reader.h"

#include <utility>

namespace rapport::response_times {

absl::StatusOr<std::vector<std::string>> ReadChanges(ChangeTag tag, service::StreamCursor& stream) {
  for (;;) {
    const auto entries = stream.ReadOn();
    if (!entries.ok()) return entries.status();
    std::vector<std::string> ids;
    for (const std::string& entry : *entries) {
      auto changes = ParseChanges(entry);
      if (!changes) return absl::DataLossError("the stream of changes is damaged; restore the data folder");
      for (Change& change : *changes) {
        if (change.tag == tag) ids.push_back(std::move(change.id));
      }
    }
    if (!ids.empty() || entries->empty()) return ids;
  }
}

}  // namespace rapport::response_times

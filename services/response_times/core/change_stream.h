#ifndef RAPPORT_SERVICES_RESPONSE_TIMES_CORE_CHANGE_STREAM_H_
#define RAPPORT_SERVICES_RESPONSE_TIMES_CORE_CHANGE_STREAM_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

// The stream of what changed: an entry per commit of a partition, which names everything that the commit changed.
namespace rapport::response_times {

inline constexpr absl::string_view kChangeStream = "s";

enum class ChangeTag : char {
  kConversation = 'c',
  kPromise = 'p',  // of a person or of a target: where it stands, or when it is due
  kIssue = 'i',    // what is linked to it, or whether it is resolved
};

struct Change {
  ChangeTag tag;
  std::string id;

  friend bool operator==(const Change&, const Change&) = default;
};

// Appends a change to an entry. Ids have at most 255 bytes.
void AppendChange(ChangeTag tag, absl::string_view id, std::string& entry);

// The changes of an entry, in order; nothing when it is damaged.
std::optional<std::vector<Change>> ParseChanges(absl::string_view entry);

}  // namespace rapport::response_times

#endif  // RAPPORT_SERVICES_RESPONSE_TIMES_CORE_CHANGE_STREAM_H_

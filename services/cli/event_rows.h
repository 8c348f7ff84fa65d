#ifndef RAPPORT_SERVICES_CLI_EVENT_ROWS_H_
#define RAPPORT_SERVICES_CLI_EVENT_ROWS_H_

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "rapport/response_times/v1/conversations.pb.h"
#include "services/cli/column_mapping.h"
#include "services/cli/row_conversion.h"

namespace rapport::cli {

// Which fields a row of a conversation's events can fill.
extern const absl::Span<const FieldName> kEventFields;

// The source's words for what happened, and the kinds of events that they mean.
class EventMapping {
 public:
  // `words` are pairs such as New=CUSTOMER_MESSAGE, Closed=- (ignored) and *=AGENT_MESSAGE (any other word); `ignored`
  // more words to ignore. Without any, the words are ours.
  static absl::StatusOr<EventMapping> Make(const Words& words, const std::vector<std::string>& ignored);

  // An event of the kind that `text` means; nothing when it is to be ignored. The error lists the words known.
  absl::StatusOr<std::optional<response_times::v1::ConversationEvent>> Find(absl::string_view text) const;

 private:
  std::map<std::string, std::optional<response_times::v1::ConversationEvent>> kinds_;
  // The kind of any other word.
  std::optional<std::optional<response_times::v1::ConversationEvent>> other_;
};

// How the values of events are to be read.
struct EventRules : ConversionRules {
  EventMapping events;
  Words priorities;
  Words reasons;
  // Values that stand for none.
  std::vector<std::string> blanks;
  // Whether the time of `opened_at` stands for a customer's message that no row tells.
  bool imply_openings = false;
};

// Remembers about the last `capacity` to twice as many ids.
class RecentIds {
 public:
  explicit RecentIds(size_t capacity) : capacity_(capacity) {}

  // Whether `id` is not remembered yet; from now on it is.
  bool Add(const std::string& id);

 private:
  const size_t capacity_;
  std::set<std::string> recent_;
  std::set<std::string> earlier_;
};

// Reads the rows of one file.
class EventReader {
 public:
  explicit EventReader(EventRules rules) : rules_(std::move(rules)) {}

  // The event of a row with as many fields as the header had; none for a row to be ignored. The error is the reason for
  // rejecting the row. With `imply_openings` the first row of a conversation implies the customer's message that opened
  // it, under the id `CONVERSATION:opened`; a row that comes long after can imply it again, which changes nothing.
  absl::StatusOr<RowEvents<response_times::v1::ConversationEvent>> Read(const std::vector<FieldSource>& sources,
                                                                        const std::vector<std::string>& row);

 private:
  std::string ValueOf(const FieldSource& source, const std::vector<std::string>& row) const;

  const EventRules rules_;
  RecentIds opened_{100'000};
};

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_EVENT_ROWS_H_

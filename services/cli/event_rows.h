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
#include "services/cli/word_mapping.h"

namespace rapport::cli {

// Which fields a row of a conversation's events can fill.
extern const absl::Span<const FieldName> kEventFields;

// What --events means: an event of a kind for each word of the source.
using EventMapping = WordMapping<response_times::v1::ConversationEvent>;
absl::StatusOr<EventMapping> MakeEventMapping(const Words& words, const std::vector<std::string>& ignored);

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

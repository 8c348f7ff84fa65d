#ifndef RAPPORT_SERVICES_CLI_ROW_CONVERSION_H_
#define RAPPORT_SERVICES_CLI_ROW_CONVERSION_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/string_view.h"
#include "rapport/common/v1/common.pb.h"
#include "services/cli/column_mapping.h"
#include "services/cli/time_parsing.h"

namespace rapport::cli {

// The source's words, in lower case, and ours.
using Words = std::map<std::string, std::string>;

// The pairs of a value mapping such as --scores, found without regard to letter case.
Words ValueMap(const Pairs& pairs);

// Our word for `value`; `value` itself when there is none.
std::string Translated(const Words& words, absl::string_view value);

// How the values that every file has are to be read.
struct ConversionRules {
  TimeParser time_parser{"", absl::UTCTimeZone()};
  Words channels;
};

// What a row says.
template <class Event>
struct RowEvents {
  // Absent when the row says nothing, such as one without a score.
  std::optional<Event> event;
  // Another event that the row tells of, such as the opening of its case.
  std::optional<Event> implied;
};

// Protobuf refuses a whole batch over one field that is not UTF-8, so that such a row must not get that far.
absl::Status CheckText(absl::string_view text);

// A blank text is 0.
absl::StatusOr<int64_t> WholeNumber(absl::string_view field, absl::string_view text);
// A blank text is false.
absl::StatusOr<bool> TrueOrFalse(absl::string_view field, absl::string_view text);

absl::StatusOr<common::v1::Channel> ToChannel(const ConversionRules& rules, absl::string_view value);

// Sets the fields that all kinds of rows share.
template <class Message>
absl::Status SetShared(const ConversionRules& rules, const FieldSource& source, const std::string& value,
                       Message* message) {
  switch (source.field) {
    case Field::kCustomer:
      message->set_customer_id(value);
      break;
    case Field::kAgent:
      message->set_agent_id(value);
      break;
    case Field::kConversation:
      message->set_conversation_id(value);
      break;
    case Field::kLabel:
      if (!value.empty()) (*message->mutable_labels())[source.key] = value;
      break;
    case Field::kChannel: {
      if (absl::StripAsciiWhitespace(value).empty()) break;
      const absl::StatusOr<common::v1::Channel> channel = ToChannel(rules, value);
      if (!channel.ok()) return channel.status();
      message->set_channel(*channel);
      break;
    }
    case Field::kOccurredAt: {
      const absl::StatusOr<absl::Time> time = rules.time_parser.Parse(value);
      if (!time.ok()) return time.status();
      *message->mutable_occurred_at() = ToTimestamp(*time);
      break;
    }
    default:
      break;
  }
  return absl::OkStatus();
}

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_ROW_CONVERSION_H_

#include "services/cli/event_words.h"

#include <utility>

#include "absl/algorithm/container.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "services/cli/enum_names.h"

namespace rapport::cli {
namespace {

using response_times::v1::Author;
using response_times::v1::ConversationEvent;
using response_times::v1::Message;
using response_times::v1::StatusChange;

struct Word {
  absl::string_view name;
  void (*set)(ConversationEvent* event);
};

template <Author author>
void SetMessage(ConversationEvent* event) {
  event->mutable_message()->set_author(author);
}

void SetNote(ConversationEvent* event) {
  SetMessage<response_times::v1::AUTHOR_AGENT>(event);
  event->mutable_message()->set_visibility(response_times::v1::VISIBILITY_PRIVATE_NOTE);
}

void SetOutbound(ConversationEvent* event) {
  SetMessage<response_times::v1::AUTHOR_AGENT>(event);
  event->mutable_message()->set_outbound(true);
}

constexpr Word kWords[] = {
    {"CUSTOMER_MESSAGE", &SetMessage<response_times::v1::AUTHOR_CUSTOMER>},
    {"AGENT_MESSAGE", &SetMessage<response_times::v1::AUTHOR_AGENT>},
    {"BOT_MESSAGE", &SetMessage<response_times::v1::AUTHOR_BOT>},
    {"SYSTEM_MESSAGE", &SetMessage<response_times::v1::AUTHOR_SYSTEM>},
    {"PRIVATE_NOTE", &SetNote},
    {"OUTBOUND", &SetOutbound},
    {"RESOLVED", [](ConversationEvent* event) { event->mutable_resolved(); }},
    {"REOPENED", [](ConversationEvent* event) { event->mutable_reopened(); }},
    {"HELD", [](ConversationEvent* event) { event->mutable_held(); }},
    {"RELEASED", [](ConversationEvent* event) { event->mutable_released(); }},
    {"SNOOZED", [](ConversationEvent* event) { event->mutable_snoozed(); }},
    {"MERGED", [](ConversationEvent* event) { event->mutable_merged(); }},
    {"ASSIGNED", [](ConversationEvent* event) { event->mutable_assigned(); }},
    {"ESCALATED", [](ConversationEvent* event) { event->mutable_escalated(); }},
    {"HANDED_OFF", [](ConversationEvent* event) { event->mutable_handed_off(); }},
    {"SELF_SERVICE", [](ConversationEvent* event) { event->mutable_self_service_attempt(); }},
    {"FOLLOWER", [](ConversationEvent* event) { event->mutable_follower_added(); }},
};

std::string MessageWord(const Message& message) {
  std::string word = absl::StrCat(ShortName(message.author()), "_MESSAGE");
  if (message.outbound()) word = "OUTBOUND";
  if (message.visibility() == response_times::v1::VISIBILITY_PRIVATE_NOTE) word = "PRIVATE_NOTE";
  if (message.then() == response_times::v1::STATUS_CHANGE_UNSPECIFIED) return word;
  return absl::StrCat(word, "+", ShortName(message.then()));
}

}  // namespace

std::string EventWords() {
  return absl::StrCat(
      absl::StrJoin(kWords, ", ", [](std::string* text, const Word& word) { absl::StrAppend(text, word.name); }),
      "; a message can add +RESOLVED or +HELD");
}

absl::StatusOr<ConversationEvent> ParseEventWord(absl::string_view what, absl::string_view word) {
  const std::string upper =
      absl::AsciiStrToUpper(absl::StrReplaceAll(absl::StripAsciiWhitespace(word), {{"-", "_"}, {" ", "_"}}));
  const std::vector<absl::string_view> parts = absl::StrSplit(upper, absl::MaxSplits('+', 1));
  const auto found = absl::c_find_if(kWords, [&](const Word& each) { return each.name == parts[0]; });
  if (found == std::end(kWords)) {
    return absl::InvalidArgumentError(absl::StrCat(what, " '", word, "' is not one of ", EventWords()));
  }
  ConversationEvent event;
  found->set(&event);
  if (parts.size() == 1) return event;
  const absl::StatusOr<StatusChange> then = ParseShortName<StatusChange>(what, parts[1]);
  if (!then.ok() || !event.has_message()) {
    return absl::InvalidArgumentError(
        absl::StrCat(what, " '", word, "': only messages can add something, and only +RESOLVED or +HELD"));
  }
  event.mutable_message()->set_then(*then);
  return event;
}

std::string EventWord(const ConversationEvent& event) {
  if (event.has_message()) return MessageWord(event.message());
  for (const Word& word : kWords) {
    ConversationEvent example;
    word.set(&example);
    if (example.kind_case() == event.kind_case()) return std::string(word.name);
  }
  return "";
}

}  // namespace rapport::cli

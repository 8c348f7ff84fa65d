#ifndef RAPPORT_SERVICES_CLI_EVENT_WORDS_H_
#define RAPPORT_SERVICES_CLI_EVENT_WORDS_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "rapport/response_times/v1/conversations.pb.h"

namespace rapport::cli {

// What can happen in a conversation, in one word: `CUSTOMER_MESSAGE`, `HELD`, `AGENT_MESSAGE+RESOLVED`. The part after
// the plus is what a message does to the state.

// All words, as a list for people.
std::string EventWords();

// An event of the kind that `word` names in any letter case, without anything else.
absl::StatusOr<response_times::v1::ConversationEvent> ParseEventWord(absl::string_view what, absl::string_view word);

// The word for the kind of `event`; empty when it has none.
std::string EventWord(const response_times::v1::ConversationEvent& event);

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_EVENT_WORDS_H_

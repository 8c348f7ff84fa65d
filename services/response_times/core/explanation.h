#ifndef RAPPORT_SERVICES_RESPONSE_TIMES_CORE_EXPLANATION_H_
#define RAPPORT_SERVICES_RESPONSE_TIMES_CORE_EXPLANATION_H_

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "rapport/response_times/storage/v1/storage.pb.h"
#include "rapport/response_times/v1/conversations.pb.h"
#include "services/response_times/core/policies.h"

namespace rapport::response_times {

// Everything about a conversation as of `now`: its timeline with what each event did, each stretch with why it counts
// or does not, and the promises that were made by themselves.
v1::GetConversationResponse Explain(absl::string_view conversation_id, const storage::v1::ConversationRecord& record,
                                    const Policies& policies, absl::Time now);

}  // namespace rapport::response_times

#endif  // RAPPORT_SERVICES_RESPONSE_TIMES_CORE_EXPLANATION_H_

#ifndef RAPPORT_SERVICES_RESPONSE_TIMES_CORE_ANALYSIS_H_
#define RAPPORT_SERVICES_RESPONSE_TIMES_CORE_ANALYSIS_H_

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "rapport/response_times/storage/v1/storage.pb.h"
#include "rapport/response_times/v1/conversations.pb.h"
#include "services/response_times/core/policies.h"
#include "services/response_times/core/walk.h"

namespace rapport::response_times {

// All that is counted of a conversation. The rules stand in the README under "How the clocks run".
storage::v1::Analysis Analyze(absl::string_view conversation_id, const storage::v1::ConversationRecord& record,
                              const Policies& policies);

// Whom the conversation waits for at `now`.
v1::ConversationState StateAt(const Walk& walk, absl::Time now);

// The policy and the calendar of a clock that started at `start`; either may be null.
struct Rules {
  const v1::SlaPolicy* policy = nullptr;
  const BusinessTime* calendar = nullptr;
};
Rules RulesAt(absl::Time start, const Terms& terms, common::v1::Channel begun_channel, const Policies& policies);

// What an open or ended stretch shows at `now`, in milliseconds: on the calendar clock, and on the business clock if it
// has one; `policies` knows the calendar that it names.
int64_t CalendarMsAt(absl::Time now, const storage::v1::Stretch& stretch);
std::optional<int64_t> BusinessMsAt(absl::Time now, const storage::v1::Stretch& stretch, const Policies& policies);

}  // namespace rapport::response_times

#endif  // RAPPORT_SERVICES_RESPONSE_TIMES_CORE_ANALYSIS_H_

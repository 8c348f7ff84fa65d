#ifndef RAPPORT_SERVICES_CLI_CONVERSATION_SENDER_H_
#define RAPPORT_SERVICES_CLI_CONVERSATION_SENDER_H_

#include <memory>

#include "rapport/response_times/v1/conversations.pb.h"
#include "services/cli/connection.h"
#include "services/cli/event_sender.h"

namespace rapport::cli {

// Sends events of conversations over IngestEvents with up to `window` batches unacknowledged. `connection` must outlive
// the sender.
std::unique_ptr<EventSender<response_times::v1::ConversationEvent>> MakeConversationSender(const Connection& connection,
                                                                                           RetryPolicy retry,
                                                                                           size_t window,
                                                                                           OnResult on_result);

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_CONVERSATION_SENDER_H_

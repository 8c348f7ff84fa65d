#ifndef RAPPORT_DEPLOY_LOCAL_EXAMPLE_SEND_CONVERSATIONS_H_
#define RAPPORT_DEPLOY_LOCAL_EXAMPLE_SEND_CONVERSATIONS_H_

#include <string>
#include <vector>

#include "rapport/response_times/v1/conversations.pb.h"

namespace rapport::example {

// Sends the example's calendar and policies and these events to the response times service at `server`, and prints what
// became of them. Whether all was taken.
bool SendConversations(const std::string& server, const std::vector<response_times::v1::ConversationEvent>& events);

}  // namespace rapport::example

#endif  // RAPPORT_DEPLOY_LOCAL_EXAMPLE_SEND_CONVERSATIONS_H_

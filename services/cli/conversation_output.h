#ifndef RAPPORT_SERVICES_CLI_CONVERSATION_OUTPUT_H_
#define RAPPORT_SERVICES_CLI_CONVERSATION_OUTPUT_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "rapport/response_times/v1/conversations.pb.h"
#include "rapport/response_times/v1/response_times.pb.h"

namespace rapport::cli {

// One conversation for people: its state, timeline, stretches with their reasons, and promises.
std::string ConversationText(const response_times::v1::GetConversationResponse& response, absl::TimeZone zone);

// Who waits, one a line.
std::string WaitingText(const std::vector<response_times::v1::WaitingConversation>& conversations, absl::TimeZone zone);

// How many wait, in all and by channel.
std::string BacklogText(const response_times::v1::GetBacklogResponse& response, absl::TimeZone zone);

std::string ResponsivenessText(const std::vector<response_times::v1::CustomerResponsiveness>& customers);

// The columns of an export; `rapport conversations import` can read them back.
std::string EventExportHeader();
std::string EventExportLine(const response_times::v1::ConversationEvent& event);

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_CONVERSATION_OUTPUT_H_

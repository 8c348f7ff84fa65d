#ifndef RAPPORT_SERVICES_CLI_SURVEY_SENDER_H_
#define RAPPORT_SERVICES_CLI_SURVEY_SENDER_H_

#include <memory>

#include "rapport/ratings/v1/ratings.pb.h"
#include "services/cli/connection.h"
#include "services/cli/event_sender.h"

namespace rapport::cli {

// Sends surveys with RecordSurveys, one call after the other. `connection` must outlive the sender.
std::unique_ptr<EventSender<ratings::v1::Survey>> MakeSurveySender(const Connection& connection, RetryPolicy retry,
                                                                   OnResult on_result);

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_SURVEY_SENDER_H_

#ifndef RAPPORT_SERVICES_CLI_ACTIVITY_SENDER_H_
#define RAPPORT_SERVICES_CLI_ACTIVITY_SENDER_H_

#include <memory>

#include "rapport/churn/v1/activities.pb.h"
#include "services/cli/connection.h"
#include "services/cli/event_sender.h"

namespace rapport::cli {

// Sends activities over IngestActivities with up to `window` batches unacknowledged. `connection` must outlive the
// sender.
std::unique_ptr<EventSender<churn::v1::Activity>> MakeActivitySender(const Connection& connection, RetryPolicy retry,
                                                                     size_t window, OnResult on_result);

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_ACTIVITY_SENDER_H_

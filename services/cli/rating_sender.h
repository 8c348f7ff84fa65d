#ifndef RAPPORT_SERVICES_CLI_RATING_SENDER_H_
#define RAPPORT_SERVICES_CLI_RATING_SENDER_H_

#include <memory>

#include "rapport/ratings/v1/ratings.pb.h"
#include "services/cli/connection.h"
#include "services/cli/event_sender.h"

namespace rapport::cli {

// Sends ratings over IngestRatings with up to `window` batches unacknowledged. `connection` must outlive the sender.
std::unique_ptr<EventSender<ratings::v1::Rating>> MakeRatingSender(const Connection& connection, RetryPolicy retry,
                                                                   size_t window, OnResult on_result);

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_RATING_SENDER_H_

#ifndef RAPPORT_SERVICES_CHURN_SERVICE_PEER_CALLS_H_
#define RAPPORT_SERVICES_CHURN_SERVICE_PEER_CALLS_H_

#include <memory>
#include <optional>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "rapport/ratings/v1/ratings.pb.h"
#include "rapport/response_times/v1/response_times.pb.h"
#include "services/churn/service/churn_metrics.h"
#include "services/churn/service/peers.h"

namespace rapport::churn {

// One question to each service; one that is absent is not asked.
struct PeerRequests {
  std::optional<ratings::v1::BatchGetCustomerSatisfactionRequest> satisfaction;
  std::optional<response_times::v1::BatchGetCustomerResponsivenessRequest> responsiveness;
};

// Absent where nothing came.
struct PeerResponses {
  std::optional<ratings::v1::BatchGetCustomerSatisfactionResponse> satisfaction;
  std::optional<response_times::v1::BatchGetCustomerResponsivenessResponse> responsiveness;
};

// The calls themselves: with deadline, repetition and circuit breaker, both services at a time. Thread-safe; blocks.
class PeerCalls {
 public:
  // The contract of Peers::Create.
  static absl::StatusOr<std::unique_ptr<PeerCalls>> Create(const PeerOptions& options, ChurnMetrics& metrics);
  virtual ~PeerCalls() = default;

  // Returns before `deadline`; an attempt ends after `timeout`. Requests to a service without an address are not made.
  virtual PeerResponses Ask(absl::string_view tenant, const PeerRequests& requests, absl::Duration timeout,
                            absl::Time deadline) = 0;
};

}  // namespace rapport::churn

#endif  // RAPPORT_SERVICES_CHURN_SERVICE_PEER_CALLS_H_

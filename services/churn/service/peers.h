#ifndef RAPPORT_SERVICES_CHURN_SERVICE_PEERS_H_
#define RAPPORT_SERVICES_CHURN_SERVICE_PEERS_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/store/store.h"
#include "rapport/churn/v1/features.pb.h"
#include "rapport/ratings/v1/ratings.pb.h"
#include "rapport/response_times/v1/response_times.pb.h"
#include "services/churn/service/churn_metrics.h"
#include "services/churn/service/reader.h"

namespace rapport::churn {

// How the other services are asked.
struct PeerOptions {
  // HOST:PORT, or a target of gRPC; empty: not asked, its features are missing.
  std::string ratings_server = {};
  std::string response_times_server = {};
  // File with a JSON object, tenant to bearer token; read again when it changes; empty: without.
  std::string tokens = {};
  // PEM file of who signed the servers' certificates; empty: no TLS.
  std::string ca = {};
  // PEM files for mTLS; may be empty.
  std::string cert = {};
  std::string key = {};
  absl::Duration timeout = absl::Seconds(2);      // of one attempt
  absl::Duration fresh_for = absl::Minutes(10);   // how long an answer is used without asking again
  absl::Duration kept_for = absl::Hours(24 * 7);  // how long it stands in for one that does not come
  absl::Duration first_pause = absl::Seconds(1);  // until the first probe of a service that failed again and again
  // Told what somebody should look at, such as a refused token. Thread-safe; may be null.
  std::function<void(absl::string_view message)> warn = nullptr;
};

// The entity that keeps what the other services said of a customer; it lies in PartitionOf the customer's id.
store::Key PeerAnswerKey(absl::string_view customer_id);

// What a service said of one customer, if it is known.
template <typename Answer>
struct PeerValue {
  std::optional<Answer> answer;
  v1::SourceState state;
};

struct PeerAnswers {
  std::vector<PeerValue<ratings::v1::CustomerSatisfaction>> satisfaction;             // in the order of the ids
  std::vector<PeerValue<response_times::v1::CustomerResponsiveness>> responsiveness;  // the same
};

// Asks the other services for what they know of customers over the last 90 days, and keeps the answers in the store, so
// that all replicas share them. Calls have a deadline, are repeated with growing, jittered pauses while that makes
// sense, and are not made at all while a service has failed again and again (circuit breaker), but for a probe now and
// then. Thread-safe; blocks on the store and on the other services.
class Peers {
 public:
  // INVALID_ARGUMENT names the option. `reader` and `metrics` must outlive this.
  static absl::StatusOr<std::unique_ptr<Peers>> Create(const PeerOptions& options, Reader& reader,
                                                       ChurnMetrics& metrics);
  virtual ~Peers() = default;

  // What was known by the begin of the UTC day: of today, from the cache where that is fresh; or of an earlier moment,
  // past the cache. Returns before `deadline`, with what came until then.
  virtual PeerAnswers Ask(absl::string_view tenant, const std::vector<std::string>& ids,
                          std::optional<absl::Time> as_of, absl::Time deadline) = 0;

  // Whether the service behind these features has an address.
  virtual bool IsAsked(v1::FeatureSource source) const = 0;
};

}  // namespace rapport::churn

#endif  // RAPPORT_SERVICES_CHURN_SERVICE_PEERS_H_

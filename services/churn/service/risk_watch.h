#ifndef RAPPORT_SERVICES_CHURN_SERVICE_RISK_WATCH_H_
#define RAPPORT_SERVICES_CHURN_SERVICE_RISK_WATCH_H_

#include <deque>
#include <string>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/service/stream_cursor.h"
#include "rapport/churn/v1/scores.pb.h"
#include "services/churn/service/reader.h"

namespace rapport::churn {

// Follows the changes of band of a tenant's customers. Not thread-safe; blocks on the store.
class RiskWatch {
 public:
  // From the token's position on, or from now without one. INVALID_ARGUMENT names the field.
  static absl::StatusOr<RiskWatch> Open(Reader& reader, absl::string_view tenant, const v1::WatchRiskRequest& request);

  // Fills in the next message; false when there is none yet. OUT_OF_RANGE when changes after the position are no longer
  // kept.
  absl::StatusOr<bool> Next(v1::WatchRiskResponse& response);

 private:
  explicit RiskWatch(service::StreamCursor stream) : stream_(std::move(stream)) {}

  absl::Status ReadOn();

  service::StreamCursor stream_;
  absl::flat_hash_set<int> bands_;  // empty: all
  std::deque<v1::WatchRiskResponse> pending_;
  std::string token_;         // before everything in pending_
  bool token_moved_ = false;  // since it was last told
};

}  // namespace rapport::churn

#endif  // RAPPORT_SERVICES_CHURN_SERVICE_RISK_WATCH_H_

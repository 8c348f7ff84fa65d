#ifndef RAPPORT_SERVICES_CHURN_SERVICE_PEER_TOKENS_H_
#define RAPPORT_SERVICES_CHURN_SERVICE_PEER_TOKENS_H_

#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace rapport::churn {

// The bearer tokens that the other services are asked with: a file with a JSON object, tenant to token. Looked at once
// a second and read again when it changed; a broken one leaves the tokens as they were. Thread-safe.
class PeerTokens {
 public:
  // INVALID_ARGUMENT says what is wrong with the file.
  static absl::StatusOr<std::unique_ptr<PeerTokens>> Open(const std::string& file);

  // NOT_FOUND when the file names no token for the tenant.
  absl::StatusOr<std::string> Of(absl::string_view tenant);

 private:
  explicit PeerTokens(std::string file) : file_(std::move(file)) {}

  absl::Status Read() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string file_;
  absl::Mutex mutex_;
  absl::flat_hash_map<std::string, std::string> tokens_ ABSL_GUARDED_BY(mutex_);
  std::string content_ ABSL_GUARDED_BY(mutex_);
  absl::Time looked_at_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace rapport::churn

#endif  // RAPPORT_SERVICES_CHURN_SERVICE_PEER_TOKENS_H_

#ifndef RAPPORT_SERVICES_RESPONSE_TIMES_SERVICE_ISSUE_WATCH_H_
#define RAPPORT_SERVICES_RESPONSE_TIMES_SERVICE_ISSUE_WATCH_H_

#include <deque>
#include <string>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/service/stream_cursor.h"
#include "rapport/response_times/v1/tracked_issues.pb.h"
#include "services/response_times/service/reader.h"

namespace rapport::response_times {

// Tells whom to tell, as a tenant's issues are resolved, or conversations are linked to resolved ones. Not thread-safe;
// blocks on the store.
class IssueWatch {
 public:
  // From the token's position on, or from now without one. INVALID_ARGUMENT for a strange token.
  static absl::StatusOr<IssueWatch> Open(Reader& reader, absl::string_view tenant,
                                         const v1::WatchResolutionsRequest& request);

  // Fills in the next message; false when there is none yet. OUT_OF_RANGE when changes after the position are no longer
  // kept.
  absl::StatusOr<bool> Next(v1::WatchResolutionsResponse& response);

 private:
  IssueWatch(Reader& reader, absl::string_view tenant, service::StreamCursor stream)
      : reader_(&reader), tenant_(tenant), stream_(std::move(stream)) {}

  absl::Status ReadOn();
  absl::Status Tell(const std::string& issue_id);

  Reader* reader_;
  std::string tenant_;
  service::StreamCursor stream_;
  std::deque<v1::WatchResolutionsResponse> pending_;
  std::string token_;         // before everything in pending_
  bool token_moved_ = false;  // since it was last told
  // Issues and customers told already. Forgotten when it grows large.
  absl::flat_hash_set<std::pair<std::string, std::string>> told_;
};

}  // namespace rapport::response_times

#endif  // RAPPORT_SERVICES_RESPONSE_TIMES_SERVICE_ISSUE_WATCH_H_

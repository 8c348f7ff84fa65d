#ifndef RAPPORT_SERVICES_RATINGS_SERVICE_WATCH_H_
#define RAPPORT_SERVICES_RATINGS_SERVICE_WATCH_H_

#include <deque>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "rapport/ratings/v1/ratings.pb.h"
#include "services/ratings/core/visibility.h"
#include "services/ratings/service/reader.h"

namespace rapport::ratings {

// Follows the changes of a tenant's ratings. Not thread-safe; blocks on the store.
class Watch {
 public:
  // From the token's position on, or from now without one. INVALID_ARGUMENT for a strange token.
  static absl::StatusOr<Watch> Open(Reader& reader, absl::string_view tenant, const v1::WatchRatingsRequest& request,
                                    Viewer viewer);

  // Fills in the next message; false when there is none yet. OUT_OF_RANGE when changes after the position are no longer
  // kept.
  absl::StatusOr<bool> Next(v1::WatchRatingsResponse& response);

 private:
  Watch(Reader& reader, absl::string_view tenant, v1::RatingFilter filter, Viewer viewer)
      : reader_(&reader), tenant_(tenant), filter_(std::move(filter)), viewer_(std::move(viewer)) {}

  absl::Status ReadOn();
  std::string Token() const;

  Reader* reader_;
  std::string tenant_;
  v1::RatingFilter filter_;
  Viewer viewer_;
  std::vector<store::StreamPosition> positions_;  // by partition: everything up to here is in pending_ or told
  std::deque<v1::Rating> pending_;
  std::string token_;         // before everything in pending_
  bool token_moved_ = false;  // since it was last told
};

}  // namespace rapport::ratings

#endif  // RAPPORT_SERVICES_RATINGS_SERVICE_WATCH_H_

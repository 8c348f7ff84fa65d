#include "services/cli/watch.h"

#include "rapport/ratings/v1/ratings_service.grpc.pb.h"
#include "services/cli/follow_stream.h"
#include "services/cli/json.h"
#include "services/cli/rating_output.h"
#include "services/cli/time_parsing.h"

namespace rapport::cli {

using ratings::v1::WatchRatingsRequest;
using ratings::v1::WatchRatingsResponse;

absl::StatusOr<int> Watch(Session& session, const WatchOptions& options) {
  WatchRatingsRequest request;
  const absl::StatusOr<ratings::v1::RatingFilter> filter = MakeFilter(options.filter);
  if (!filter.ok()) return filter.status();
  *request.mutable_filter() = *filter;
  request.set_resume_token(options.resume_token);
  const absl::StatusOr<absl::TimeZone> zone = LoadZone(options.time_zone);
  if (!zone.ok()) return zone.status();
  return FollowStream(session, &ratings::v1::RatingsService::Stub::WatchRatings, std::move(request), options.count,
                      [&](const WatchRatingsResponse& message) {
                        if (!message.has_rating()) return false;
                        // Flushed line by line, so that a pipe gets each rating at once.
                        session.environment.out
                            << (session.json() ? JsonLine(message) : RatingLine(message.rating(), *zone)) << std::endl;
                        return true;
                      });
}

}  // namespace rapport::cli

#include "services/cli/export.h"

#include "rapport/ratings/v1/ratings_service.grpc.pb.h"
#include "services/cli/export_stream.h"
#include "services/cli/json.h"
#include "services/cli/rating_output.h"

namespace rapport::cli {

using ratings::v1::ExportRatingsRequest;
using ratings::v1::ExportRatingsResponse;
using ratings::v1::Rating;

absl::StatusOr<int> Export(Session& session, const ExportOptions& options) {
  ExportRatingsRequest request;
  const absl::StatusOr<common::v1::TimeRange> range = ResolvePeriod(options.period, session.environment.now());
  if (!range.ok()) return range.status();
  *request.mutable_range() = *range;
  const absl::StatusOr<ratings::v1::RatingFilter> filter = MakeFilter(options.filter);
  if (!filter.ok()) return filter.status();
  *request.mutable_filter() = *filter;
  return ExportStream(session, options, "ratings", &ratings::v1::RatingsService::Stub::ExportRatings,
                      std::move(request), options.csv() ? ExportHeader() : "",
                      [&](const ExportRatingsResponse& chunk, std::ostream& out) {
                        for (const Rating& rating : chunk.ratings()) {
                          out << (options.csv() ? ExportLine(rating) : JsonLine(rating) + "\n");
                        }
                        return chunk.ratings_size();
                      });
}

}  // namespace rapport::cli

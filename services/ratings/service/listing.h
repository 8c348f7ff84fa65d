#ifndef RAPPORT_SERVICES_RATINGS_SERVICE_LISTING_H_
#define RAPPORT_SERVICES_RATINGS_SERVICE_LISTING_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/rollup/dictionary.h"
#include "common/time/interval.h"
#include "rapport/ratings/v1/ratings.pb.h"
#include "services/ratings/core/visibility.h"
#include "services/ratings/service/reader.h"

namespace rapport::ratings {

enum class Direction { kNewestFirst, kOldestFirst };

// Where a list goes on: after the rating at `time` with this id, or, without an id, at the start of the UTC day `time`
// (its end, newest first).
struct ListPosition {
  absl::Time time;
  std::string rating_id;
};

struct ListPage {
  std::vector<v1::Rating> ratings;
  std::optional<ListPosition> next;  // none at the end
};

// Lists the ratings of `range` that match `filter`, as `viewer` may see them. A page can be short, or empty, with more
// to follow: one call looks at a bounded number of facts. Blocks on the store.
absl::StatusOr<ListPage> ListPageOf(Reader& reader, rollup::Dictionary& dictionary, absl::string_view tenant,
                                    const Interval& range, const v1::RatingFilter& filter, const Viewer& viewer,
                                    Direction direction, const std::optional<ListPosition>& after, size_t limit);

// Positions as opaque tokens. INVALID_ARGUMENT names `field`.
std::string EncodeToken(const ListPosition& position);
absl::StatusOr<std::optional<ListPosition>> DecodeToken(absl::string_view token, absl::string_view field);

}  // namespace rapport::ratings

#endif  // RAPPORT_SERVICES_RATINGS_SERVICE_LISTING_H_

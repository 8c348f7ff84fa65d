#ifndef RAPPORT_SERVICES_RATINGS_CORE_VISIBILITY_H_
#define RAPPORT_SERVICES_RATINGS_CORE_VISIBILITY_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "rapport/ratings/storage/v1/storage.pb.h"
#include "rapport/ratings/v1/ratings.pb.h"

namespace rapport::ratings {

// Who looks at ratings, as far as it decides what is shown.
struct Viewer {
  std::string agent_id;                    // empty: no agent
  std::vector<std::string> lead_of_teams;  // `*`: all teams
  bool own_only = false;                   // sees only ratings credited to agent_id
};

bool MayRead(const storage::v1::RatingRecord& record, const Viewer& viewer);

// The revision that counts, as the viewer may see it: credited agent, and the comment only if it is meant for the
// viewer. The record has one.
v1::Rating PresentCounted(const storage::v1::RatingRecord& record, const Viewer& viewer);

// Everything under the id, as the viewer may see it. The comment of an earlier revision is shown only if neither its
// own policy nor that of the revision that counts withholds it.
v1::GetRatingResponse PresentHistory(const storage::v1::RatingRecord& record, const Viewer& viewer);

}  // namespace rapport::ratings

#endif  // RAPPORT_SERVICES_RATINGS_CORE_VISIBILITY_H_

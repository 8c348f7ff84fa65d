#include "services/ratings/core/visibility.h"

#include <algorithm>

#include "services/ratings/core/record.h"

namespace rapport::ratings {
namespace {

v1::CommentVisibility PolicyOf(const v1::Rating& rating) {
  return std::max(rating.comment_visibility(), v1::COMMENT_VISIBILITY_AGENT_ONLY);
}

bool Leads(const Viewer& viewer, const v1::Rating& rating) {
  const auto team = rating.labels().find("team");
  return std::any_of(viewer.lead_of_teams.begin(), viewer.lead_of_teams.end(), [&](const std::string& led) {
    return led == "*" || (team != rating.labels().end() && led == team->second);
  });
}

bool MayReadComment(const v1::Rating& rating, v1::CommentVisibility policy, absl::string_view credited_agent,
                    const Viewer& viewer) {
  if (policy == v1::COMMENT_VISIBILITY_ALL) return true;
  if (!viewer.agent_id.empty() && viewer.agent_id == credited_agent) return true;
  return policy == v1::COMMENT_VISIBILITY_AGENT_AND_LEAD && Leads(viewer, rating);
}

// `strictest` is a policy that holds beside the revision's own. Policies grow more open with their number.
v1::Rating Present(const v1::Rating& stored, v1::CommentVisibility strictest, absl::string_view credited_agent,
                   const Viewer& viewer) {
  v1::Rating shown = stored;
  const v1::CommentVisibility policy = std::min(PolicyOf(stored), strictest);
  if (!stored.comment().empty() && !MayReadComment(stored, policy, credited_agent, viewer)) {
    shown.clear_comment();
    shown.set_comment_withheld(true);
  }
  return shown;
}

}  // namespace

bool MayRead(const storage::v1::RatingRecord& record, const Viewer& viewer) {
  return !viewer.own_only || (!viewer.agent_id.empty() && CreditedAgent(record) == viewer.agent_id);
}

v1::Rating PresentCounted(const storage::v1::RatingRecord& record, const Viewer& viewer) {
  const std::string& agent = CreditedAgent(record);
  v1::Rating shown = Present(Counted(record)->rating(), v1::COMMENT_VISIBILITY_ALL, agent, viewer);
  shown.set_agent_id(agent);
  return shown;
}

v1::GetRatingResponse PresentHistory(const storage::v1::RatingRecord& record, const Viewer& viewer) {
  v1::GetRatingResponse response;
  for (const storage::v1::SurveyEvent& event : record.surveys()) *response.add_surveys() = event.survey();
  const storage::v1::Revision* counted = Counted(record);
  if (counted == nullptr) return response;
  *response.mutable_rating() = PresentCounted(record, viewer);
  const v1::CommentVisibility strictest = PolicyOf(counted->rating());
  for (int i = record.revisions_size() - 1; i >= 0; --i) {
    *response.add_history() = Present(record.revisions(i).rating(), strictest, CreditedAgent(record), viewer);
  }
  return response;
}

}  // namespace rapport::ratings

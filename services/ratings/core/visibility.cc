#include "services/ratings/core/visibility.h"

#include <algorithm>

#include "services/ratings/core/record.h"

namespace rapport::ratings {
namespace {

bool Leads(const Viewer& viewer, const v1::Rating& rating) {
  const auto team = rating.labels().find("team");
  return std::any_of(viewer.lead_of_teams.begin(), viewer.lead_of_teams.end(), [&](const std::string& led) {
    return led == "*" || (team != rating.labels().end() && led == team->second);
  });
}

// Whether the policy of `rating` lets the viewer read its comment.
bool Allows(const v1::Rating& rating, absl::string_view credited_agent, const Viewer& viewer) {
  const v1::CommentVisibility policy = rating.comment_visibility();
  if (policy == v1::COMMENT_VISIBILITY_ALL) return true;
  if (!viewer.agent_id.empty() && viewer.agent_id == credited_agent) return true;
  return policy == v1::COMMENT_VISIBILITY_AGENT_AND_LEAD && Leads(viewer, rating);
}

v1::Rating Present(const v1::Rating& stored, bool comment_allowed) {
  v1::Rating shown = stored;
  if (!stored.comment().empty() && !comment_allowed) {
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
  const v1::Rating& counted = Counted(record)->rating();
  v1::Rating shown = Present(counted, Allows(counted, agent, viewer));
  shown.set_agent_id(agent);
  return shown;
}

v1::GetRatingResponse PresentHistory(const storage::v1::RatingRecord& record, const Viewer& viewer) {
  v1::GetRatingResponse response;
  for (const storage::v1::SurveyEvent& event : record.surveys()) *response.add_surveys() = event.survey();
  const storage::v1::Revision* counted = Counted(record);
  if (counted == nullptr) return response;
  *response.mutable_rating() = PresentCounted(record, viewer);
  const std::string& agent = CreditedAgent(record);
  const bool counted_allows = Allows(counted->rating(), agent, viewer);
  for (int i = record.revisions_size() - 1; i >= 0; --i) {
    const v1::Rating& revision = record.revisions(i).rating();
    *response.add_history() = Present(revision, counted_allows && Allows(revision, agent, viewer));
  }
  return response;
}

}  // namespace rapport::ratings

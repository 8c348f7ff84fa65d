#include "services/ratings/core/visibility.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/ratings/core/record.h"
#include "tests/ratings/events.h"

namespace rapport::ratings {
namespace {

using storage::v1::RatingRecord;

const absl::Time kNow = absl::FromUnixSeconds(1'760'000'000);

const Viewer kRated{.agent_id = "ann", .lead_of_teams = {}, .own_only = true};
const Viewer kOtherAgent{.agent_id = "bob", .lead_of_teams = {}, .own_only = true};
const Viewer kLead{.agent_id = "", .lead_of_teams = {"red", "blue"}};
const Viewer kLeadOfAnother{.agent_id = "", .lead_of_teams = {"green"}};
const Viewer kLeadOfAll{.agent_id = "", .lead_of_teams = {"*"}};
const Viewer kReader{.agent_id = "", .lead_of_teams = {}};

v1::Rating Revision(int number, v1::CommentVisibility policy, const std::string& team = "blue") {
  v1::Rating rating = MakeRating("r", "c", v1::SCALE_CSAT_5, 1, kNow);
  rating.set_revision(number);
  rating.set_agent_id("ann");
  rating.set_comment("words");
  rating.set_comment_visibility(policy);
  if (!team.empty()) (*rating.mutable_labels())["team"] = team;
  return rating;
}

RatingRecord Record(const std::vector<v1::Rating>& revisions) {
  RatingRecord record;
  for (const v1::Rating& revision : revisions) AddRating(revision, {}, kNow, record);
  return record;
}

bool Reads(const RatingRecord& record, const Viewer& viewer) {
  const v1::Rating shown = PresentCounted(record, viewer);
  EXPECT_NE(shown.comment().empty(), !shown.comment_withheld());
  return !shown.comment().empty();
}

// Whether the viewer reads the comment of each revision, the latest first.
std::vector<bool> ReadsHistory(const RatingRecord& record, const Viewer& viewer) {
  std::vector<bool> reads;
  const v1::GetRatingResponse response = PresentHistory(record, viewer);
  for (const v1::Rating& revision : response.history()) {
    reads.push_back(!revision.comment().empty());
    EXPECT_EQ(revision.comment_withheld(), revision.comment().empty());
  }
  return reads;
}

struct Policy {
  v1::CommentVisibility policy;
  bool rated;
  bool other_agent;
  bool lead;
  bool lead_of_another;
  bool lead_of_all;
  bool reader;
};
constexpr Policy kPolicies[] = {
    {v1::COMMENT_VISIBILITY_UNSPECIFIED, true, false, false, false, false, false},
    {v1::COMMENT_VISIBILITY_AGENT_ONLY, true, false, false, false, false, false},
    {v1::COMMENT_VISIBILITY_AGENT_AND_LEAD, true, false, true, false, true, false},
    {v1::COMMENT_VISIBILITY_ALL, true, true, true, true, true, true},
};

TEST(VisibilityTest, CommentsAreReadAsTheirPolicySays) {
  for (const Policy& each : kPolicies) {
    const RatingRecord record = Record({Revision(0, each.policy)});
    const auto expect = [&](const Viewer& viewer, bool reads) {
      EXPECT_EQ(Reads(record, viewer), reads) << each.policy;
      EXPECT_EQ(ReadsHistory(record, viewer), std::vector<bool>{reads}) << each.policy;
    };
    expect(kRated, each.rated);
    expect(kOtherAgent, each.other_agent);
    expect(kLead, each.lead);
    expect(kLeadOfAnother, each.lead_of_another);
    expect(kLeadOfAll, each.lead_of_all);
    expect(kReader, each.reader);
  }
}

TEST(VisibilityTest, WithoutATeamOnlyALeadOfAllReads) {
  const RatingRecord record = Record({Revision(0, v1::COMMENT_VISIBILITY_AGENT_AND_LEAD, "")});
  EXPECT_FALSE(Reads(record, kLead));
  EXPECT_FALSE(Reads(record, {.agent_id = "", .lead_of_teams = {""}}));
  EXPECT_TRUE(Reads(record, kLeadOfAll));
}

TEST(VisibilityTest, ALaterStricterPolicyHidesEarlierComments) {
  const RatingRecord record =
      Record({Revision(0, v1::COMMENT_VISIBILITY_ALL), Revision(1, v1::COMMENT_VISIBILITY_AGENT_ONLY)});
  EXPECT_EQ(ReadsHistory(record, kReader), (std::vector<bool>{false, false}));
  EXPECT_EQ(ReadsHistory(record, kLeadOfAll), (std::vector<bool>{false, false}));
  EXPECT_EQ(ReadsHistory(record, kRated), (std::vector<bool>{true, true}));
}

TEST(VisibilityTest, ALaterOpenerPolicyDoesNotOpenEarlierComments) {
  const RatingRecord record =
      Record({Revision(0, v1::COMMENT_VISIBILITY_AGENT_ONLY), Revision(1, v1::COMMENT_VISIBILITY_AGENT_AND_LEAD),
              Revision(2, v1::COMMENT_VISIBILITY_ALL)});
  EXPECT_EQ(ReadsHistory(record, kReader), (std::vector<bool>{true, false, false}));
  EXPECT_EQ(ReadsHistory(record, kLead), (std::vector<bool>{true, true, false}));
}

TEST(VisibilityTest, ALeadOfTheEarlierTeamAloneReadsNothingAfterAMove) {
  const RatingRecord record = Record({Revision(0, v1::COMMENT_VISIBILITY_AGENT_AND_LEAD, "green"),
                                      Revision(1, v1::COMMENT_VISIBILITY_AGENT_AND_LEAD, "blue")});
  EXPECT_EQ(ReadsHistory(record, kLeadOfAnother), (std::vector<bool>{false, false})) << "the counted one withholds it";
  EXPECT_EQ(ReadsHistory(record, kLead), (std::vector<bool>{true, false})) << "its own policy withholds it";
  EXPECT_EQ(ReadsHistory(record, kLeadOfAll), (std::vector<bool>{true, true}));
}

TEST(VisibilityTest, TheCreditedAgentReadsNotTheNamedOne) {
  RatingRecord record = Record({Revision(0, v1::COMMENT_VISIBILITY_AGENT_ONLY)});
  v1::Survey survey;
  survey.set_survey_id("r");
  survey.set_customer_id("c");
  survey.set_status(v1::SURVEY_STATUS_DELIVERED);
  survey.set_agent_id("bob");
  AddSurvey(survey, {}, record);
  EXPECT_TRUE(Reads(record, kOtherAgent));
  EXPECT_FALSE(Reads(record, kRated));
  EXPECT_EQ(PresentCounted(record, kReader).agent_id(), "bob");
  EXPECT_TRUE(MayRead(record, kOtherAgent));
  EXPECT_FALSE(MayRead(record, kRated));
}

TEST(VisibilityTest, NobodyIsTheAgentOfARatingWithoutOne) {
  v1::Rating rating = Revision(0, v1::COMMENT_VISIBILITY_AGENT_ONLY);
  rating.clear_agent_id();
  const RatingRecord record = Record({rating});
  EXPECT_FALSE(Reads(record, kReader));
  EXPECT_FALSE(MayRead(record, {.agent_id = "", .lead_of_teams = {}, .own_only = true}));
}

TEST(VisibilityTest, AnAgentReadsOwnRatingsOnly) {
  const RatingRecord record = Record({Revision(0, v1::COMMENT_VISIBILITY_ALL)});
  EXPECT_TRUE(MayRead(record, kRated));
  EXPECT_FALSE(MayRead(record, kOtherAgent));
  EXPECT_TRUE(MayRead(record, kReader));
}

TEST(VisibilityTest, NothingIsWithheldWithoutAComment) {
  v1::Rating rating = Revision(0, v1::COMMENT_VISIBILITY_AGENT_ONLY);
  rating.clear_comment();
  EXPECT_FALSE(PresentCounted(Record({rating}), kReader).comment_withheld());
}

}  // namespace
}  // namespace rapport::ratings

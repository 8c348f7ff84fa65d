#include "deploy/local/example/example_month.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>
#include <string>

#include "google/protobuf/util/message_differencer.h"

namespace rapport::example {
namespace {

constexpr uint64_t kSeed = 2013;
const absl::CivilDay kEnd(2014, 1, 1);
constexpr int kDays = 31;

// Four standard errors of a proportion: what a right generator misses about once in 16,000 seeds.
double Tolerance(double share, int count) {
  return 4 * std::sqrt(share * (1 - share) / count);
}

std::vector<Conversation> Conversations() {
  std::vector<Conversation> all;
  for (absl::CivilDay day = kEnd - kDays; day < kEnd; ++day) {
    for (Conversation& conversation : ConversationsOfDay(kSeed, day)) all.push_back(std::move(conversation));
  }
  return all;
}

double ShareRepliedWithin(const std::vector<Conversation>& conversations, absl::Duration limit) {
  int within = 0;
  for (const Conversation& conversation : conversations) {
    if (conversation.first_reply_at - conversation.opened_at <= limit) ++within;
  }
  return static_cast<double>(within) / conversations.size();
}

// The rating that counts of each id.
std::map<std::string, ratings::v1::Rating> FinalRatings(const Feedback& feedback) {
  std::map<std::string, ratings::v1::Rating> last;
  for (const ratings::v1::Rating& rating : feedback.ratings) last[rating.rating_id()] = rating;
  return last;
}

bool Equal(const google::protobuf::Message& a, const google::protobuf::Message& b) {
  return google::protobuf::util::MessageDifferencer::Equals(a, b);
}

TEST(FirstReplyTimeTest, GoesThroughThePublishedShares) {
  EXPECT_EQ(FirstReplyTime(0.55), absl::Hours(1));
  EXPECT_EQ(FirstReplyTime(0.78), absl::Hours(6));
}

TEST(FirstReplyTimeTest, GrowsWithTheQuantile) {
  absl::Duration previous = FirstReplyTime(0);
  EXPECT_GT(previous, absl::ZeroDuration());
  for (int permille = 1; permille <= 1000; ++permille) {
    const absl::Duration time = FirstReplyTime(permille / 1000.0);
    EXPECT_GT(time, previous) << permille;
    previous = time;
  }
}

TEST(ExampleMonthTest, FirstRepliesAreAsFastAsPublished) {
  const std::vector<Conversation> conversations = Conversations();
  ASSERT_GT(conversations.size(), 5000U);
  const int count = static_cast<int>(conversations.size());
  EXPECT_NEAR(ShareRepliedWithin(conversations, absl::Hours(1)), 0.55, Tolerance(0.55, count));
  EXPECT_NEAR(ShareRepliedWithin(conversations, absl::Hours(6)), 0.78, Tolerance(0.78, count));
}

TEST(ExampleMonthTest, CustomersAreAsHappyAsPublished) {
  int happy = 0;
  int count = 0;
  for (const auto& [id, rating] : FinalRatings(FeedbackOfDays(kSeed, kEnd, kDays))) {
    if (rating.scale() != ratings::v1::SCALE_EMOTICON_3) continue;
    ++count;
    if (rating.emoticon() == ratings::v1::EMOTICON_HAPPY) ++happy;
  }
  ASSERT_GT(count, 1000);
  EXPECT_NEAR(static_cast<double>(happy) / count, 0.95, Tolerance(0.95, count));
}

TEST(ExampleMonthTest, AboutAThirdOfTheDeliveredSurveysIsAnswered) {
  const Feedback feedback = FeedbackOfDays(kSeed, kEnd, kDays);
  std::set<std::string> delivered;
  for (const ratings::v1::Survey& survey : feedback.surveys) {
    if (survey.status() == ratings::v1::SURVEY_STATUS_DELIVERED) delivered.insert(survey.survey_id());
  }
  const auto ratings = FinalRatings(feedback);
  for (const auto& [id, rating] : ratings) EXPECT_TRUE(delivered.contains(id)) << id;
  EXPECT_NEAR(static_cast<double>(ratings.size()) / delivered.size(), 0.35, 0.03);
}

TEST(ExampleMonthTest, HasEveryKindOfEvent) {
  const Feedback feedback = FeedbackOfDays(kSeed, kEnd, kDays);
  std::set<int> scales;
  std::set<int> visibilities;
  int revisions = 0;
  int wows = 0;
  for (const ratings::v1::Rating& rating : feedback.ratings) {
    scales.insert(rating.scale());
    if (!rating.comment().empty()) visibilities.insert(rating.comment_visibility());
    revisions += rating.revision() > 0 ? 1 : 0;
    wows += rating.wow() ? 1 : 0;
  }
  EXPECT_EQ(scales,
            (std::set<int>{ratings::v1::SCALE_EMOTICON_3, ratings::v1::SCALE_CSAT_5, ratings::v1::SCALE_NPS_11}));
  EXPECT_EQ(visibilities.size(), 3U);
  EXPECT_GT(revisions, 10);
  EXPECT_GT(wows, 100);
}

TEST(ExampleMonthTest, RatingsFollowTheReplyAndComeBeforeTheEnd) {
  std::map<std::string, absl::Time> replies;
  for (const Conversation& conversation : Conversations()) {
    replies[conversation.conversation_id] = conversation.first_reply_at;
  }
  const absl::Time end = absl::FromCivil(kEnd, absl::UTCTimeZone());
  for (const ratings::v1::Rating& rating : FeedbackOfDays(kSeed, kEnd, kDays).ratings) {
    const absl::Time at = absl::FromUnixSeconds(rating.occurred_at().seconds());
    EXPECT_GT(at, replies.at(rating.conversation_id())) << rating.ShortDebugString();
    EXPECT_LT(at, end) << rating.ShortDebugString();
  }
}

TEST(ExampleMonthTest, IsTheSameForTheSameSeed) {
  const Feedback one = FeedbackOfDays(kSeed, kEnd, kDays);
  const Feedback other = FeedbackOfDays(kSeed, kEnd, kDays);
  ASSERT_EQ(one.ratings.size(), other.ratings.size());
  ASSERT_EQ(one.surveys.size(), other.surveys.size());
  for (size_t i = 0; i < one.ratings.size(); ++i) EXPECT_TRUE(Equal(one.ratings[i], other.ratings[i]));
  for (size_t i = 0; i < one.surveys.size(); ++i) EXPECT_TRUE(Equal(one.surveys[i], other.surveys[i]));
}

TEST(ExampleMonthTest, DiffersForAnotherSeed) {
  EXPECT_FALSE(Equal(FeedbackOfDays(1, kEnd, 1).surveys.front(), FeedbackOfDays(2, kEnd, 1).surveys.front()));
}

TEST(ExampleMonthTest, MonthsThatOverlapShareTheirEvents) {
  const auto earlier = FinalRatings(FeedbackOfDays(kSeed, kEnd - 5, kDays));
  const auto later = FinalRatings(FeedbackOfDays(kSeed, kEnd, kDays));
  int shared = 0;
  for (const auto& [id, rating] : earlier) {
    const auto same = later.find(id);
    if (same == later.end()) continue;
    ++shared;
    if (rating.revision() == same->second.revision()) {
      EXPECT_TRUE(Equal(rating, same->second)) << id;
    }
  }
  EXPECT_GT(shared, 1000);
}

}  // namespace
}  // namespace rapport::example

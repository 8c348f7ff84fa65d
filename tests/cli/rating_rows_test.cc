#include "services/cli/rating_rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/cli/score.h"

namespace rapport::cli {
namespace {

using ratings::v1::Rating;
using ::testing::AllOf;
using ::testing::HasSubstr;

// What becomes of a score text: the score as it is written, or the reason against it.
std::string Score(const std::string& text, ratings::v1::Scale scale) {
  Rating rating;
  rating.set_scale(scale);
  const absl::Status status = SetScore(text, &rating);
  return status.ok() ? ScoreText(rating) : std::string(status.message());
}

TEST(SetScoreTest, ReadsWholeNumbersHoweverTheyAreWritten) {
  EXPECT_EQ(Score("4", ratings::v1::SCALE_CSAT_5), "4");
  EXPECT_EQ(Score(" 4.0 ", ratings::v1::SCALE_CSAT_5), "4");
  EXPECT_EQ(Score("0", ratings::v1::SCALE_NPS_11), "0");
}

TEST(SetScoreTest, RefusesWhatIsNotAWholeNumber) {
  for (const char* text : {"4.5", "four", "nan", "inf", "1e99", "4,0"}) {
    EXPECT_THAT(Score(text, ratings::v1::SCALE_CSAT_5), HasSubstr("is not a whole number"));
  }
}

TEST(SetScoreTest, ReadsNamesInAnyLetterCase) {
  EXPECT_EQ(Score("Happy", ratings::v1::SCALE_EMOTICON_3), "HAPPY");
  EXPECT_EQ(Score("unhappy", ratings::v1::SCALE_EMOTICON_3), "UNHAPPY");
  EXPECT_EQ(Score("down", ratings::v1::SCALE_THUMBS_2), "DOWN");
}

TEST(SetScoreTest, NamesTheValuesOfTheScale) {
  EXPECT_THAT(Score("5", ratings::v1::SCALE_EMOTICON_3), HasSubstr("HAPPY, SATISFIED, UNHAPPY"));
  EXPECT_THAT(Score("unspecified", ratings::v1::SCALE_THUMBS_2), HasSubstr("UP, DOWN"));
}

class ToRatingTest : public testing::Test {
 protected:
  // A row with these values for the required fields and one more field.
  absl::Status Convert(const std::string& score, const std::string& field = "", const std::string& value = "") {
    Pairs columns = {{"rating_id", "a"}, {"customer_id", "b"}, {"score", "c"}, {"occurred_at", "d"}};
    if (!field.empty()) columns.emplace_back(field, "e");
    const auto sources = ResolveMapping(columns, {}, kRatingFields, {"a", "b", "c", "d", "e"});
    EXPECT_TRUE(sources.ok()) << sources.status();
    const auto events = ToRating(rules_, *sources, {"T-1", "C-1", score, "2026-10-31T14:05:00Z", value});
    if (!events.ok()) return events.status();
    rated_ = events->event.has_value();
    rating_ = events->event.value_or(Rating());
    return absl::OkStatus();
  }

  std::string Reason(const std::string& field, const std::string& value) {
    return std::string(Convert("4", field, value).message());
  }

  ToRatingTest() { rules_.scale = ratings::v1::SCALE_CSAT_5; }

  RatingRules rules_;
  bool rated_ = false;
  Rating rating_;
};

TEST_F(ToRatingTest, FillsTheRating) {
  ASSERT_TRUE(Convert("4", "label.plan", "pro").ok());
  EXPECT_EQ(rating_.rating_id(), "T-1");
  EXPECT_EQ(rating_.customer_id(), "C-1");
  EXPECT_EQ(rating_.points(), 4);
  EXPECT_EQ(rating_.occurred_at().seconds(), 1793455500);
  EXPECT_EQ(rating_.labels().at("plan"), "pro");
}

TEST_F(ToRatingTest, TakesABlankScoreForNotRatedWhateverElseIsWrong) {
  ASSERT_TRUE(Convert("", "channel", "nonsense").ok());
  EXPECT_FALSE(rated_);
  ASSERT_TRUE(Convert("  ").ok());
  EXPECT_FALSE(rated_);
}

TEST_F(ToRatingTest, LeavesBlankFieldsUnset) {
  ASSERT_TRUE(Convert("4", "label.plan", "").ok());
  EXPECT_TRUE(rating_.labels().empty());
  ASSERT_TRUE(Convert("4", "channel", " ").ok());
  EXPECT_EQ(rating_.channel(), common::v1::CHANNEL_UNSPECIFIED);
}

TEST_F(ToRatingTest, ReadsChannelsByNameAndByMapping) {
  ASSERT_TRUE(Convert("4", "channel", "self-service").ok());
  EXPECT_EQ(rating_.channel(), common::v1::CHANNEL_SELF_SERVICE);
  EXPECT_THAT(Reason("channel", "e-mail"), AllOf(HasSubstr("channel 'e-mail'"), HasSubstr("EMAIL, CHAT")));
  rules_.channels = ValueMap({{"E-Mail", "EMAIL"}});
  ASSERT_TRUE(Convert("4", "channel", "e-mail").ok());
  EXPECT_EQ(rating_.channel(), common::v1::CHANNEL_EMAIL);
}

TEST_F(ToRatingTest, TranslatesScores) {
  rules_.scale = ratings::v1::SCALE_THUMBS_2;
  rules_.scores = ValueMap({{"good", "UP"}, {"bad", "DOWN"}});
  ASSERT_TRUE(Convert("Good").ok());
  EXPECT_EQ(rating_.thumb(), ratings::v1::THUMB_UP);
}

TEST_F(ToRatingTest, ReadsWowAndRevision) {
  ASSERT_TRUE(Convert("4", "wow", "TRUE").ok());
  EXPECT_TRUE(rating_.wow());
  ASSERT_TRUE(Convert("4", "revision", "7").ok());
  EXPECT_EQ(rating_.revision(), 7);
  EXPECT_THAT(Reason("wow", "maybe"), HasSubstr("neither true nor false"));
  EXPECT_THAT(Reason("revision", "7.5"), HasSubstr("not a whole number"));
}

TEST_F(ToRatingTest, RefusesTextThatWouldSinkTheWholeBatch) {
  EXPECT_THAT(Reason("comment", "caf\xE9"), HasSubstr("not UTF-8"));
  EXPECT_THAT(Reason("comment", std::string("a\0b", 3)), HasSubstr("NUL byte"));
}

TEST_F(ToRatingTest, GivesCommentsTheVisibilityAskedFor) {
  rules_.comment_visibility = ratings::v1::COMMENT_VISIBILITY_ALL;
  ASSERT_TRUE(Convert("4", "comment", "Thanks").ok());
  EXPECT_EQ(rating_.comment_visibility(), ratings::v1::COMMENT_VISIBILITY_ALL);
}

TEST(ToSurveyTest, ReadsStatusesByNameAndByMapping) {
  RatingRules rules;
  rules.scale = ratings::v1::SCALE_NPS_11;
  rules.statuses = ValueMap({{"opened", "DELIVERED"}});
  const Pairs columns = {{"survey_id", "a"}, {"customer_id", "b"}, {"status", "c"}, {"occurred_at", "d"}};
  const auto sources = ResolveMapping(columns, {}, kSurveyFields, {"a", "b", "c", "d"});
  ASSERT_TRUE(sources.ok()) << sources.status();
  const auto read = [&](const std::string& status) {
    return ToSurvey(rules, *sources, {"S-1", "C-1", status, "2026-10-31T14:05:00Z"});
  };
  const auto opened = read("Opened");
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(opened->event->survey_id(), "S-1");
  EXPECT_EQ(opened->event->status(), ratings::v1::SURVEY_STATUS_DELIVERED);
  EXPECT_THAT(std::string(read("lost").status().message()), HasSubstr("OFFERED, DELIVERED, DISMISSED"));
}

}  // namespace
}  // namespace rapport::cli

#include "services/cli/rating_output.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include "services/cli/json.h"
#include "services/cli/time_parsing.h"

namespace rapport::cli {
namespace {

using ratings::v1::Rating;
using ::testing::HasSubstr;
using ::testing::Not;

Rating SomeRating() {
  Rating rating;
  rating.set_rating_id("T-1");
  rating.set_customer_id("C-7");
  rating.set_scale(ratings::v1::SCALE_EMOTICON_3);
  rating.set_emoticon(ratings::v1::EMOTICON_HAPPY);
  rating.set_wow(true);
  rating.set_comment("so \"good\",\nreally");
  (*rating.mutable_labels())["plan"] = "pro";
  (*rating.mutable_labels())["source"] = "web";
  *rating.mutable_occurred_at() = ToTimestamp(absl::FromUnixMillis(1'793'455'500'250));
  return rating;
}

TEST(RatingLineTest, TellsAllInOneLine) {
  EXPECT_EQ(RatingLine(SomeRating(), absl::UTCTimeZone()),
            "2026-10-31 14:05:00.25  EMOTICON_3 HAPPY wow  T-1  customer C-7  so \"good\", really");
}

TEST(RatingLineTest, SaysThatACommentIsWithheld) {
  Rating rating = SomeRating();
  rating.clear_comment();
  rating.set_comment_withheld(true);
  EXPECT_THAT(RatingLine(rating, absl::UTCTimeZone()), HasSubstr("(comment withheld)"));
}

TEST(RatingDetailsTest, ShowsHistoryOnlyWhenThereIsOne) {
  ratings::v1::GetRatingResponse response;
  *response.mutable_rating() = SomeRating();
  *response.add_history() = SomeRating();
  EXPECT_THAT(RatingDetails(response, absl::UTCTimeZone()), Not(HasSubstr("history")));
  *response.add_history() = SomeRating();
  EXPECT_THAT(RatingDetails(response, absl::UTCTimeZone()), HasSubstr("history"));
}

TEST(ExportLineTest, HasAsManyFieldsAsTheHeader) {
  EXPECT_EQ(ExportHeader(),
            "\"rating_id\",\"customer_id\",\"scale\",\"score\",\"wow\",\"agent_id\",\"channel\",\"comment\","
            "\"conversation_id\",\"revision\",\"occurred_at\",\"label.team\",\"label.product\",\"label.plan\","
            "\"label.locale\",\"other_labels\"\n");
  EXPECT_EQ(ExportLine(SomeRating()),
            "\"T-1\",\"C-7\",\"EMOTICON_3\",\"HAPPY\",\"true\",\"\",\"\",\"so \"\"good\"\",\nreally\",\"\",\"0\","
            "\"2026-10-31T14:05:00.25+00:00\",\"\",\"\",\"pro\",\"\",\"{\"\"source\"\":\"\"web\"\"}\"\n");
}

TEST(JsonLineTest, KeepsFieldNamesAndParsesBack) {
  const std::string json = JsonLine(SomeRating());
  EXPECT_THAT(json, HasSubstr("\"rating_id\":\"T-1\""));
  EXPECT_THAT(json, Not(HasSubstr("\n")));
  Rating parsed;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(json, &parsed).ok());
  EXPECT_EQ(parsed.SerializeAsString().size(), SomeRating().SerializeAsString().size());
}

}  // namespace
}  // namespace rapport::cli

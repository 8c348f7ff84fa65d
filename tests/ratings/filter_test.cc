#include "services/ratings/core/filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/ratings/core/record.h"
#include "tests/ratings/events.h"

namespace rapport::ratings {
namespace {

using ::testing::HasSubstr;

const absl::Time kNow = absl::FromUnixSeconds(1'760'000'000);

v1::Rating Good() {
  v1::Rating rating = MakeRating("r", "c", v1::SCALE_CSAT_5, 5, kNow);
  rating.set_agent_id("ann");
  rating.set_channel(common::v1::CHANNEL_EMAIL);
  rating.set_conversation_id("talk");
  rating.set_comment("words");
  (*rating.mutable_labels())["team"] = "blue";
  return rating;
}

storage::v1::RatingRecord RecordOf(const v1::Rating& rating) {
  storage::v1::RatingRecord record;
  AddRating(rating, {}, kNow, record);
  return record;
}

v1::RatingFilter By(common::v1::Dimension dimension, const std::string& value) {
  v1::RatingFilter filter;
  filter.add_dimensions()->set_dimension(dimension);
  filter.mutable_dimensions(0)->set_value(value);
  return filter;
}

TEST(FilterTest, EmptyMatchesEveryRating) {
  EXPECT_TRUE(Matches(RecordOf(Good()), {}));
  EXPECT_FALSE(Matches({}, {})) << "a record without a rating";
}

TEST(FilterTest, EachConditionHasToHold) {
  const auto record = RecordOf(Good());
  const auto with = [](auto set) {
    v1::RatingFilter filter;
    set(filter);
    return filter;
  };
  using F = v1::RatingFilter;
  EXPECT_TRUE(Matches(record, with([](F& f) { f.set_customer_id("c"); })));
  EXPECT_FALSE(Matches(record, with([](F& f) { f.set_customer_id("d"); })));
  EXPECT_TRUE(Matches(record, with([](F& f) { f.set_scale(v1::SCALE_CSAT_5); })));
  EXPECT_FALSE(Matches(record, with([](F& f) { f.set_scale(v1::SCALE_CES_5); })));
  EXPECT_TRUE(Matches(record, with([](F& f) { f.set_sentiment(v1::SENTIMENT_POSITIVE); })));
  EXPECT_FALSE(Matches(record, with([](F& f) { f.set_sentiment(v1::SENTIMENT_NEGATIVE); })));
  EXPECT_TRUE(Matches(record, with([](F& f) { f.set_conversation_id("talk"); })));
  EXPECT_FALSE(Matches(record, with([](F& f) { f.set_conversation_id("other"); })));
  EXPECT_TRUE(Matches(record, with([](F& f) { f.set_with_comment(true); })));
  v1::Rating silent = Good();
  silent.clear_comment();
  EXPECT_FALSE(Matches(RecordOf(silent), with([](F& f) { f.set_with_comment(true); })));
}

TEST(FilterTest, DimensionsAreComparedByteByByte) {
  const auto record = RecordOf(Good());
  EXPECT_TRUE(Matches(record, By(common::v1::DIMENSION_AGENT, "ann")));
  EXPECT_FALSE(Matches(record, By(common::v1::DIMENSION_AGENT, "Ann")));
  EXPECT_TRUE(Matches(record, By(common::v1::DIMENSION_CHANNEL, "EMAIL")));
  EXPECT_TRUE(Matches(record, By(common::v1::DIMENSION_TEAM, "blue")));
  EXPECT_TRUE(Matches(record, By(common::v1::DIMENSION_PLAN, ""))) << "empty stands for no value";
  EXPECT_FALSE(Matches(record, By(common::v1::DIMENSION_TEAM, "")));
  v1::RatingFilter both = By(common::v1::DIMENSION_TEAM, "blue");
  *both.add_dimensions() = By(common::v1::DIMENSION_AGENT, "bob").dimensions(0);
  EXPECT_FALSE(Matches(record, both));
}

TEST(FilterTest, AgentIsTheCreditedOne) {
  auto record = RecordOf(Good());
  v1::Survey survey;
  survey.set_status(v1::SURVEY_STATUS_OFFERED);
  survey.set_agent_id("bob");
  AddSurvey(survey, {}, record);
  EXPECT_TRUE(Matches(record, By(common::v1::DIMENSION_AGENT, "bob")));
  EXPECT_FALSE(Matches(record, By(common::v1::DIMENSION_AGENT, "ann")));
}

TEST(FilterTest, OnlyTheCountedRevisionIsLookedAt) {
  auto record = RecordOf(Good());
  v1::Rating later = Good();
  later.set_revision(1);
  later.set_points(1);
  AddRating(later, {}, kNow, record);
  v1::RatingFilter positive;
  positive.set_sentiment(v1::SENTIMENT_POSITIVE);
  EXPECT_FALSE(Matches(record, positive));
}

TEST(FilterTest, FactsOfMatchingRatingsCouldMatch) {
  RandomEvents random(6, {.start = kNow, .span = absl::Hours(24), .customers = 4});
  for (int round = 0; round < 3000; ++round) {
    const v1::Rating rating = random.Rating("r");
    v1::RatingFilter filter;
    if (random.OneIn(2)) filter.set_customer_id(random.Customer());
    if (random.OneIn(2)) filter.set_scale(static_cast<v1::Scale>(1 + random.UpTo(5)));
    if (random.OneIn(2)) filter.set_sentiment(static_cast<v1::Sentiment>(1 + random.UpTo(2)));
    filter.set_with_comment(random.OneIn(2));
    Fact fact;
    fact.code = *CodeOf(rating);
    fact.has_comment = !rating.comment().empty();
    fact.customer_id = rating.customer_id();
    ASSERT_EQ(CouldMatch(fact, filter), Matches(RecordOf(rating), filter));
  }
}

TEST(FilterTest, FactsOfSurveysAndMentionsNeverMatch) {
  EXPECT_FALSE(CouldMatch({.code = kMention, .codes = {}, .customer_id = "c", .rating_id = "r"}, {}));
  const ScoreCode survey = SurveyCode(v1::SCALE_CSAT_5, SurveyMeasure::kDelivered);
  EXPECT_FALSE(CouldMatch({.code = survey, .codes = {}, .customer_id = "c", .rating_id = "r"}, {}));
}

TEST(ValidateFilterTest, NamesTheField) {
  const auto error = [](const v1::RatingFilter& filter) {
    const absl::Status status = Validate(filter);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    return std::string(status.message());
  };
  EXPECT_TRUE(Validate(v1::RatingFilter()).ok());
  EXPECT_TRUE(Validate(By(common::v1::DIMENSION_LOCALE, "")).ok());
  EXPECT_THAT(error(By(common::v1::DIMENSION_UNSPECIFIED, "x")), HasSubstr("filter.dimensions.dimension: 0"));
  EXPECT_THAT(error(By(static_cast<common::v1::Dimension>(7), "x")), HasSubstr("filter.dimensions.dimension: 7"));
  v1::RatingFilter filter;
  filter.set_scale(static_cast<v1::Scale>(9));
  EXPECT_THAT(error(filter), HasSubstr("filter.scale: 9"));
  filter.clear_scale();
  filter.set_sentiment(static_cast<v1::Sentiment>(4));
  EXPECT_THAT(error(filter), HasSubstr("filter.sentiment: 4"));
}

}  // namespace
}  // namespace rapport::ratings

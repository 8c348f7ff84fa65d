#include "services/ratings/core/score_codes.h"

#include <map>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace rapport::ratings {
namespace {

v1::Rating Points(v1::Scale scale, int points) {
  v1::Rating rating;
  rating.set_scale(scale);
  rating.set_points(points);
  return rating;
}

v1::Rating Emoticon(v1::Emoticon emoticon, bool wow = false) {
  v1::Rating rating;
  rating.set_scale(v1::SCALE_EMOTICON_3);
  rating.set_emoticon(emoticon);
  rating.set_wow(wow);
  return rating;
}

v1::Rating Thumb(v1::Thumb thumb) {
  v1::Rating rating;
  rating.set_scale(v1::SCALE_THUMBS_2);
  rating.set_thumb(thumb);
  return rating;
}

// Every rating that fits its scale, in the order of the codes.
std::vector<v1::Rating> EveryRating() {
  std::vector<v1::Rating> all = {Emoticon(v1::EMOTICON_HAPPY),
                                 Emoticon(v1::EMOTICON_HAPPY, true),
                                 Emoticon(v1::EMOTICON_SATISFIED),
                                 Emoticon(v1::EMOTICON_UNHAPPY),
                                 Thumb(v1::THUMB_UP),
                                 Thumb(v1::THUMB_DOWN)};
  for (int i = 1; i <= 5; ++i) all.push_back(Points(v1::SCALE_CSAT_5, i));
  for (int i = 0; i <= 10; ++i) all.push_back(Points(v1::SCALE_NPS_11, i));
  for (int i = 1; i <= 5; ++i) all.push_back(Points(v1::SCALE_CES_5, i));
  for (int i = 1; i <= 7; ++i) all.push_back(Points(v1::SCALE_CES_7, i));
  return all;
}

TEST(ScoreCodesTest, StoredCodesStayWhatTheyAre) {
  int expected = 1;
  for (const v1::Rating& rating : EveryRating()) EXPECT_EQ(CodeOf(rating), expected++) << rating.ShortDebugString();
  EXPECT_EQ(expected, 35);

  expected = 64;
  for (v1::Scale scale : kScales) {
    for (SurveyMeasure measure :
         {SurveyMeasure::kOffered, SurveyMeasure::kDelivered, SurveyMeasure::kAnswered, SurveyMeasure::kDismissed}) {
      EXPECT_EQ(SurveyCode(scale, measure), expected++);
    }
  }
  EXPECT_EQ(expected, 88);
}

TEST(ScoreCodesTest, DescribesEveryCodeAndNoOther) {
  for (int code = 0; code < 256; ++code) {
    const ScoreInfo* info = Describe(static_cast<ScoreCode>(code));
    EXPECT_EQ(info != nullptr, (code >= 1 && code <= 34) || (code >= 64 && code <= 87)) << code;
    if (info != nullptr) {
      EXPECT_EQ(info->is_survey, code >= 64) << code;
    }
  }
}

TEST(ScoreCodesTest, DescribesTheRatingThatTheCodeWasMadeOf) {
  for (const v1::Rating& rating : EveryRating()) {
    const ScoreInfo* info = Describe(*CodeOf(rating));
    ASSERT_NE(info, nullptr);
    EXPECT_EQ(info->scale, rating.scale());
    EXPECT_EQ(info->wow, rating.wow());
    if (rating.has_points()) {
      EXPECT_EQ(info->points, rating.points());
      EXPECT_EQ(info->name, std::to_string(rating.points()));
    }
  }
  const ScoreInfo* happy = Describe(*CodeOf(Emoticon(v1::EMOTICON_HAPPY, true)));
  EXPECT_EQ(happy->name, "HAPPY");
  EXPECT_EQ(happy->points, 1);
  EXPECT_EQ(Describe(*CodeOf(Emoticon(v1::EMOTICON_SATISFIED)))->points, 0);
  EXPECT_EQ(Describe(*CodeOf(Emoticon(v1::EMOTICON_UNHAPPY)))->points, -1);
  EXPECT_EQ(Describe(*CodeOf(Thumb(v1::THUMB_UP)))->points, 1);
  EXPECT_EQ(Describe(*CodeOf(Thumb(v1::THUMB_DOWN)))->points, 0);
}

TEST(ScoreCodesTest, DescribesSurveys) {
  const ScoreInfo* info = Describe(SurveyCode(v1::SCALE_NPS_11, SurveyMeasure::kAnswered));
  ASSERT_NE(info, nullptr);
  EXPECT_TRUE(info->is_survey);
  EXPECT_EQ(info->scale, v1::SCALE_NPS_11);
  EXPECT_EQ(info->measure, SurveyMeasure::kAnswered);
  EXPECT_EQ(info->name, "ANSWERED");
}

// The sides of the scales as ratings.proto states them, one letter a value in the order of the codes.
TEST(ScoreCodesTest, PutsEachValueOnItsSideOfTheScale) {
  std::map<v1::Scale, std::string> sides;
  for (const v1::Rating& rating : EveryRating()) {
    sides[rating.scale()] += "?+0-"[Describe(*CodeOf(rating))->sentiment];
  }
  EXPECT_THAT(sides, testing::ElementsAre(
                         testing::Pair(v1::SCALE_EMOTICON_3, "++0-"), testing::Pair(v1::SCALE_THUMBS_2, "+-"),
                         testing::Pair(v1::SCALE_CSAT_5, "--0++"), testing::Pair(v1::SCALE_NPS_11, "-------00++"),
                         testing::Pair(v1::SCALE_CES_5, "--0++"), testing::Pair(v1::SCALE_CES_7, "---0+++")));
}

TEST(ScoreCodesTest, RefusesValuesOutsideTheScale) {
  EXPECT_EQ(CodeOf(Points(v1::SCALE_CSAT_5, 0)), std::nullopt);
  EXPECT_EQ(CodeOf(Points(v1::SCALE_CSAT_5, 6)), std::nullopt);
  EXPECT_EQ(CodeOf(Points(v1::SCALE_NPS_11, -1)), std::nullopt);
  EXPECT_EQ(CodeOf(Points(v1::SCALE_NPS_11, 11)), std::nullopt);
  EXPECT_EQ(CodeOf(Points(v1::SCALE_CES_7, 2147483647)), std::nullopt);
  EXPECT_EQ(CodeOf(Emoticon(static_cast<v1::Emoticon>(9))), std::nullopt);
  EXPECT_EQ(CodeOf(Emoticon(v1::EMOTICON_UNSPECIFIED)), std::nullopt);
  EXPECT_EQ(CodeOf(Thumb(static_cast<v1::Thumb>(3))), std::nullopt);
}

TEST(ScoreCodesTest, RefusesValuesOfAnotherKind) {
  EXPECT_EQ(CodeOf(Points(v1::SCALE_EMOTICON_3, 1)), std::nullopt);
  EXPECT_EQ(CodeOf(Points(v1::SCALE_THUMBS_2, 1)), std::nullopt);
  EXPECT_EQ(CodeOf(Points(v1::SCALE_UNSPECIFIED, 1)), std::nullopt);
  EXPECT_EQ(CodeOf(Points(static_cast<v1::Scale>(99), 1)), std::nullopt);
  v1::Rating thumb_as_nps = Thumb(v1::THUMB_UP);
  thumb_as_nps.set_scale(v1::SCALE_NPS_11);
  EXPECT_EQ(CodeOf(thumb_as_nps), std::nullopt) << "an absent number is not the value 0";
}

TEST(ScoreCodesTest, RefusesWowOnAnythingButHappy) {
  EXPECT_EQ(CodeOf(Emoticon(v1::EMOTICON_UNHAPPY, true)), std::nullopt);
  v1::Rating rating = Points(v1::SCALE_CSAT_5, 5);
  rating.set_wow(true);
  EXPECT_EQ(CodeOf(rating), std::nullopt);
}

}  // namespace
}  // namespace rapport::ratings

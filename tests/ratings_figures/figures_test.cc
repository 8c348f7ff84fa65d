#include "services/ratings/core/figures.h"

#include <random>
#include <string>
#include <utility>
#include <vector>

#include "common/stats/proportion.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/ratings_figures/counts.h"

namespace rapport::ratings {
namespace {

using common::v1::Figure;

ScoreCounts Counts(v1::Scale scale, const std::vector<std::pair<std::string, int64_t>>& values) {
  ScoreCounts counts = {};
  for (const auto& [name, count] : values) counts[CodeNamed(scale, name)] = count;
  return counts;
}

std::vector<std::pair<std::string, int64_t>> Distribution(const v1::RatingFigures& figures) {
  std::vector<std::pair<std::string, int64_t>> values;
  for (const v1::ScoreCount& value : figures.distribution()) values.emplace_back(value.score(), value.count());
  return values;
}

TEST(FiguresTest, CountsHappinessOverAllRatings) {
  ScoreCounts counts = Counts(v1::SCALE_EMOTICON_3, {{"HAPPY", 6}, {"SATISFIED", 1}, {"UNHAPPY", 1}});
  counts[CodeNamed(v1::SCALE_EMOTICON_3, "HAPPY", true)] = 2;
  const v1::RatingFigures figures = MakeFigures(v1::SCALE_EMOTICON_3, counts, 0.95);
  EXPECT_EQ(figures.rating_count(), 10);
  EXPECT_DOUBLE_EQ(figures.happiness().value(), 0.8);
  EXPECT_EQ(figures.happiness().count(), 8);
  EXPECT_EQ(figures.happiness().sample_size(), 10);
  EXPECT_EQ(figures.happiness().definition_id(), "ratings.happiness.v1");
  EXPECT_NEAR(figures.happiness().ci_low(), 0.4902, 5e-5);
  EXPECT_NEAR(figures.happiness().ci_high(), 0.9433, 5e-5);
  EXPECT_DOUBLE_EQ(figures.wow().value(), 0.2);
  EXPECT_DOUBLE_EQ(figures.mean().value(), 0.7);
  EXPECT_THAT(Distribution(figures), testing::ElementsAre(testing::Pair("HAPPY", 8), testing::Pair("SATISFIED", 1),
                                                          testing::Pair("UNHAPPY", 1)));
}

TEST(FiguresTest, CountsTheTopTwoBoxesOfCsat) {
  const v1::RatingFigures figures =
      MakeFigures(v1::SCALE_CSAT_5, Counts(v1::SCALE_CSAT_5, {{"1", 1}, {"3", 2}, {"4", 3}, {"5", 4}}), 0.95);
  EXPECT_DOUBLE_EQ(figures.csat().value(), 0.7);
  EXPECT_EQ(figures.csat().definition_id(), "ratings.csat.top2box.v1");
  EXPECT_DOUBLE_EQ(figures.mean().value(), 3.9);
  EXPECT_THAT(Distribution(figures),
              testing::ElementsAre(testing::Pair("5", 4), testing::Pair("4", 3), testing::Pair("3", 2),
                                   testing::Pair("2", 0), testing::Pair("1", 1)));
}

TEST(FiguresTest, SubtractsDetractorsFromPromoters) {
  const v1::RatingFigures figures = MakeFigures(
      v1::SCALE_NPS_11, Counts(v1::SCALE_NPS_11, {{"10", 3}, {"9", 2}, {"8", 1}, {"7", 1}, {"6", 2}, {"0", 1}}), 0.95);
  EXPECT_DOUBLE_EQ(figures.nps().value(), 20);
  EXPECT_EQ(figures.nps().sample_size(), 10);
  EXPECT_LT(figures.nps().ci_low(), 20);
  EXPECT_GT(figures.nps().ci_high(), 20);
  EXPECT_EQ(figures.distribution(0).score(), "10");
  EXPECT_EQ(figures.distribution(10).score(), "0");
}

TEST(FiguresTest, KeepsTheEffortScalesApart) {
  ScoreCounts counts = Counts(v1::SCALE_CES_5, {{"4", 1}, {"1", 3}});
  counts[CodeNamed(v1::SCALE_CES_7, "5")] = 1;
  counts[CodeNamed(v1::SCALE_CES_7, "4")] = 1;
  const std::vector<v1::RatingFigures> all = MakeAllFigures(counts, v1::SCALE_UNSPECIFIED, 0.95);
  ASSERT_EQ(all.size(), 2);
  EXPECT_EQ(all[0].scale(), v1::SCALE_CES_5);
  EXPECT_DOUBLE_EQ(all[0].low_effort().value(), 0.25);
  EXPECT_EQ(all[0].low_effort().definition_id(), "ratings.ces_5.low_effort.v1");
  EXPECT_EQ(all[1].scale(), v1::SCALE_CES_7);
  EXPECT_DOUBLE_EQ(all[1].low_effort().value(), 0.5);
  EXPECT_EQ(all[1].low_effort().definition_id(), "ratings.ces_7.low_effort.v1");
}

TEST(FiguresTest, DividesAnsweredByDeliveredSurveysAlone) {
  ScoreCounts counts = Counts(v1::SCALE_THUMBS_2, {{"UP", 9}, {"DOWN", 1}});
  counts[SurveyCode(v1::SCALE_THUMBS_2, SurveyMeasure::kOffered)] = 100;
  counts[SurveyCode(v1::SCALE_THUMBS_2, SurveyMeasure::kDelivered)] = 40;
  counts[SurveyCode(v1::SCALE_THUMBS_2, SurveyMeasure::kAnswered)] = 8;
  counts[SurveyCode(v1::SCALE_THUMBS_2, SurveyMeasure::kDismissed)] = 5;
  const v1::RatingFigures figures = MakeFigures(v1::SCALE_THUMBS_2, counts, 0.95);
  EXPECT_DOUBLE_EQ(figures.response_rate().value(), 0.2);
  EXPECT_EQ(figures.response_rate().sample_size(), 40);
  EXPECT_DOUBLE_EQ(figures.thumbs_up().value(), 0.9) << "surveys are in no other denominator";
}

TEST(FiguresTest, LeavesOutWhatTheScaleDoesNotDefine) {
  const v1::RatingFigures figures = MakeFigures(v1::SCALE_CSAT_5, Counts(v1::SCALE_CSAT_5, {{"5", 3}}), 0.95);
  EXPECT_FALSE(figures.has_happiness());
  EXPECT_FALSE(figures.has_thumbs_up());
  EXPECT_FALSE(figures.has_nps());
  EXPECT_FALSE(figures.has_low_effort());
  EXPECT_FALSE(figures.has_wow());
  EXPECT_FALSE(figures.suppressed());
}

TEST(FiguresTest, HasNoValueWithoutData) {
  ScoreCounts counts = {};
  counts[SurveyCode(v1::SCALE_NPS_11, SurveyMeasure::kOffered)] = 1;
  const std::vector<v1::RatingFigures> all = MakeAllFigures(counts, v1::SCALE_UNSPECIFIED, 0.95);
  ASSERT_EQ(all.size(), 1) << "a survey alone makes the scale appear";
  for (const Figure& figure : {all[0].nps(), all[0].mean(), all[0].response_rate()}) {
    EXPECT_FALSE(figure.has_value());
    EXPECT_FALSE(figure.has_ci_low());
    EXPECT_FALSE(figure.has_count());
    EXPECT_EQ(figure.sample_size(), 0);
    EXPECT_FALSE(figure.definition_id().empty());
  }
}

TEST(FiguresTest, ListsNoScaleWithoutCounts) {
  EXPECT_TRUE(MakeAllFigures({}, v1::SCALE_UNSPECIFIED, 0.95).empty());
  EXPECT_TRUE(MakeAllFigures(Counts(v1::SCALE_CSAT_5, {{"5", 3}}), v1::SCALE_NPS_11, 0.95).empty());
}

TEST(FiguresTest, GivesTheMeanOfOneRatingWithoutInterval) {
  const v1::RatingFigures figures = MakeFigures(v1::SCALE_CSAT_5, Counts(v1::SCALE_CSAT_5, {{"4", 1}}), 0.95);
  EXPECT_EQ(figures.mean().value(), 4);
  EXPECT_FALSE(figures.mean().has_ci_low());
  EXPECT_TRUE(figures.csat().has_ci_low());
}

TEST(FiguresTest, KeepsTheIntervalOfTheMeanInsideTheScale) {
  const v1::RatingFigures figures = MakeFigures(v1::SCALE_CSAT_5, Counts(v1::SCALE_CSAT_5, {{"4", 1}, {"5", 1}}), 0.95);
  EXPECT_EQ(figures.mean().ci_high(), 5);
  EXPECT_EQ(figures.mean().ci_low(), 1);
}

// Every rating on its own, as a check of the sums.
TEST(FiguresTest, AgreesWithTheRatingsOneByOne) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 50; ++round) {
    const ScoreCounts counts = RandomCounts(30, random);
    for (const v1::RatingFigures& figures : MakeAllFigures(counts, v1::SCALE_UNSPECIFIED, 0.9)) {
      std::vector<double> points;
      int64_t positive = 0;
      int64_t negative = 0;
      for (ScoreCode code : RatingCodes(figures.scale())) {
        for (int64_t i = 0; i < counts[code]; ++i) {
          points.push_back(Describe(code)->points);
          positive += Describe(code)->sentiment == v1::SENTIMENT_POSITIVE ? 1 : 0;
          negative += Describe(code)->sentiment == v1::SENTIMENT_NEGATIVE ? 1 : 0;
        }
      }
      const auto n = static_cast<double>(points.size());
      const stats::Sample sample = stats::SampleOfValues(points);
      ASSERT_EQ(figures.rating_count(), static_cast<int64_t>(points.size()));
      if (points.empty()) continue;
      EXPECT_DOUBLE_EQ(figures.mean().value(), sample.mean);
      if (figures.has_nps()) {
        EXPECT_DOUBLE_EQ(figures.nps().value(), 100 * static_cast<double>(positive - negative) / n);
      }
      for (const Figure& figure : {figures.happiness(), figures.thumbs_up(), figures.csat(), figures.low_effort()}) {
        if (!figure.has_value()) continue;
        const stats::Estimate wilson = *stats::EstimateProportion({positive, figures.rating_count()}, 0.9);
        EXPECT_DOUBLE_EQ(figure.value(), wilson.value);
        EXPECT_DOUBLE_EQ(figure.ci_low(), wilson.interval->low);
        EXPECT_DOUBLE_EQ(figure.ci_high(), wilson.interval->high);
      }
    }
  }
}

}  // namespace
}  // namespace rapport::ratings

#include "services/ratings/core/comparison.h"

#include "gtest/gtest.h"
#include "services/ratings/core/figures.h"
#include "tests/ratings_figures/counts.h"

namespace rapport::ratings {
namespace {

using common::v1::Comparison;

v1::RatingFigures Compared(v1::Scale scale, const ScoreCounts& previous, const ScoreCounts& current) {
  v1::RatingFigures figures = MakeFigures(scale, current, 0.95);
  Compare(MakeFigures(scale, previous, 0.95), previous, current, 0.95, &figures);
  return figures;
}

ScoreCounts Emoticons(int64_t happy, int64_t satisfied, int64_t unhappy) {
  ScoreCounts counts = {};
  counts[CodeNamed(v1::SCALE_EMOTICON_3, "HAPPY")] = happy;
  counts[CodeNamed(v1::SCALE_EMOTICON_3, "SATISFIED")] = satisfied;
  counts[CodeNamed(v1::SCALE_EMOTICON_3, "UNHAPPY")] = unhappy;
  return counts;
}

ScoreCounts Nps(int64_t promoters, int64_t passives, int64_t detractors) {
  ScoreCounts counts = {};
  counts[CodeNamed(v1::SCALE_NPS_11, "10")] = promoters;
  counts[CodeNamed(v1::SCALE_NPS_11, "7")] = passives;
  counts[CodeNamed(v1::SCALE_NPS_11, "3")] = detractors;
  return counts;
}

// Buffer, December 2013.
TEST(ComparisonTest, DoesNotCallBuffersRiseSignificant) {
  const v1::RatingFigures figures = Compared(v1::SCALE_EMOTICON_3, Emoticons(660, 22, 20), Emoticons(674, 15, 13));
  const Comparison& comparison = figures.happiness().comparison();
  EXPECT_NEAR(comparison.previous_value(), 0.940, 5e-4);
  EXPECT_EQ(comparison.previous_sample_size(), 702);
  EXPECT_NEAR(comparison.difference(), 0.0199, 5e-5);
  EXPECT_LT(comparison.ci_low(), 0);
  EXPECT_GT(comparison.ci_high(), 0.0199);
  EXPECT_NEAR(comparison.p_value(), 0.086, 5e-4);
  EXPECT_FALSE(comparison.significant());
  EXPECT_TRUE(comparison.has_significant());
  EXPECT_EQ(comparison.definition_id(), "difference.newcombe.v1");
}

TEST(ComparisonTest, CallsALargeFallSignificant) {
  const v1::RatingFigures figures = Compared(v1::SCALE_EMOTICON_3, Emoticons(660, 22, 20), Emoticons(550, 80, 72));
  EXPECT_TRUE(figures.happiness().comparison().significant());
  EXPECT_LT(figures.happiness().comparison().ci_high(), 0);
  EXPECT_TRUE(figures.mean().comparison().significant());
  EXPECT_LT(figures.mean().comparison().difference(), 0);
  EXPECT_EQ(figures.mean().comparison().definition_id(), "difference.welch.v1");
}

TEST(ComparisonTest, ComparesNetPromoterScores) {
  const v1::RatingFigures figures = Compared(v1::SCALE_NPS_11, Nps(40, 30, 30), Nps(45, 30, 25));
  EXPECT_DOUBLE_EQ(figures.nps().comparison().previous_value(), 10);
  EXPECT_DOUBLE_EQ(figures.nps().comparison().difference(), 10);
  EXPECT_FALSE(figures.nps().comparison().significant());
  EXPECT_EQ(figures.nps().comparison().definition_id(), "difference.nps_adjusted_wald.v1");
}

TEST(ComparisonTest, ComparesResponseRates) {
  ScoreCounts previous = {};
  previous[SurveyCode(v1::SCALE_CSAT_5, SurveyMeasure::kDelivered)] = 200;
  previous[SurveyCode(v1::SCALE_CSAT_5, SurveyMeasure::kAnswered)] = 20;
  ScoreCounts current = previous;
  current[SurveyCode(v1::SCALE_CSAT_5, SurveyMeasure::kAnswered)] = 80;
  const v1::RatingFigures figures = Compared(v1::SCALE_CSAT_5, previous, current);
  EXPECT_DOUBLE_EQ(figures.response_rate().comparison().difference(), 0.3);
  EXPECT_TRUE(figures.response_rate().comparison().significant());
}

TEST(ComparisonTest, SaysThatThereWasNothingBefore) {
  const ScoreCounts current = Emoticons(5, 1, 1);
  v1::RatingFigures figures = MakeFigures(v1::SCALE_EMOTICON_3, current, 0.95);
  Compare({}, {}, current, 0.95, &figures);
  const Comparison& comparison = figures.happiness().comparison();
  EXPECT_EQ(comparison.definition_id(), "difference.newcombe.v1");
  EXPECT_EQ(comparison.previous_sample_size(), 0);
  EXPECT_FALSE(comparison.has_previous_value());
  EXPECT_FALSE(comparison.has_difference());
  EXPECT_FALSE(comparison.has_significant());
}

TEST(ComparisonTest, GivesOnlyTheDifferenceWhereTheSpreadIsUnknown) {
  const v1::RatingFigures figures = Compared(v1::SCALE_EMOTICON_3, Emoticons(1, 0, 0), Emoticons(0, 0, 1));
  EXPECT_DOUBLE_EQ(figures.mean().comparison().difference(), -2);
  EXPECT_FALSE(figures.mean().comparison().has_ci_low());
  EXPECT_FALSE(figures.mean().comparison().has_significant());
}

TEST(ComparisonTest, GivesNothingAwayThatIsWithheld) {
  const ScoreCounts few = Emoticons(1, 1, 1);
  const ScoreCounts many = Emoticons(50, 3, 2);
  v1::RatingFigures withheld;
  withheld.set_scale(v1::SCALE_EMOTICON_3);
  withheld.set_suppressed(true);

  v1::RatingFigures figures = MakeFigures(v1::SCALE_EMOTICON_3, many, 0.95);
  Compare(withheld, few, many, 0.95, &figures);
  EXPECT_FALSE(figures.happiness().has_comparison());
  EXPECT_FALSE(figures.wow().has_comparison());
  EXPECT_FALSE(figures.mean().has_comparison());

  figures = withheld;
  Compare(MakeFigures(v1::SCALE_EMOTICON_3, many, 0.95), many, few, 0.95, &figures);
  EXPECT_EQ(figures.SerializeAsString(), withheld.SerializeAsString());
}

}  // namespace
}  // namespace rapport::ratings

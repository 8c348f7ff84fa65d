#include "services/churn/core/calibration.h"

#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include "gtest/gtest.h"
#include "services/churn/core/evaluation.h"

namespace rapport::churn {
namespace {

struct Scored {
  std::vector<float> raw_scores;
  std::vector<uint8_t> labels;
};

// Outcomes whose true log-odds are `slope` times the score plus `shift`.
Scored Outcomes(double slope, double shift) {
  std::mt19937 random(3);
  std::normal_distribution<double> score(0, 1.5);
  std::uniform_real_distribution<double> uniform;
  Scored scored;
  for (int i = 0; i < 20'000; ++i) {
    const double raw_score = score(random);
    scored.raw_scores.push_back(static_cast<float>(raw_score));
    scored.labels.push_back(uniform(random) < 1 / (1 + std::exp(-slope * raw_score - shift)) ? 1 : 0);
  }
  return scored;
}

double CalibratedError(const Scored& scored) {
  const v1::Calibration calibration = FitCalibration(scored.raw_scores, scored.labels);
  std::vector<double> probabilities;
  for (float raw_score : scored.raw_scores) probabilities.push_back(CalibratedProbability(calibration, raw_score));
  return CalibrationError(probabilities, scored.labels);
}

TEST(CalibrationTest, LeavesGoodScoresAsTheyAre) {
  const Scored scored = Outcomes(1, 0);
  const v1::Calibration calibration = FitCalibration(scored.raw_scores, scored.labels);
  EXPECT_NEAR(calibration.a(), 1, 0.1);
  EXPECT_NEAR(calibration.b(), 1, 0.1);
  EXPECT_NEAR(CalibratedProbability(calibration, 0), 0.5, 0.02);
}

TEST(CalibrationTest, CorrectsScoresThatAreTooSureOrShifted) {
  EXPECT_LT(CalibratedError(Outcomes(0.4, -1)), 0.01);
  EXPECT_LT(CalibratedError(Outcomes(2, 1)), 0.01);
}

TEST(CalibrationTest, UselessScoresGetTheBaseRate) {
  const Scored scored = Outcomes(-1, -1);
  const v1::Calibration calibration = FitCalibration(scored.raw_scores, scored.labels);
  EXPECT_EQ(calibration.a(), 0);
  EXPECT_EQ(calibration.b(), 0);
  double churned = 0;
  for (uint8_t label : scored.labels) churned += label;
  EXPECT_NEAR(CalibratedProbability(calibration, 5), churned / static_cast<double>(scored.labels.size()), 1e-6);
}

TEST(CalibrationTest, KeepsTheOrderOfScores) {
  const Scored scored = Outcomes(0.5, 0.3);
  const v1::Calibration calibration = FitCalibration(scored.raw_scores, scored.labels);
  double last = -1;
  for (double raw_score = -30; raw_score <= 30; raw_score += 0.25) {
    const double probability = CalibratedProbability(calibration, raw_score);
    EXPECT_GE(probability, last);
    EXPECT_LE(probability, 1);
    last = probability;
  }
}

TEST(CalibrationTest, IsFiniteWhenScoresPartTheOutcomes) {
  const v1::Calibration calibration =
      FitCalibration(std::vector<float>{-2, -1, 1, 2}, std::vector<uint8_t>{0, 0, 1, 1});
  EXPECT_TRUE(std::isfinite(calibration.a()) && std::isfinite(calibration.b()) && std::isfinite(calibration.c()));
  EXPECT_GT(CalibratedProbability(calibration, 2), 0.9);
  EXPECT_LT(CalibratedProbability(calibration, -2), 0.1);
}

}  // namespace
}  // namespace rapport::churn

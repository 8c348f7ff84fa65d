#ifndef RAPPORT_TESTS_RATINGS_FIGURES_COUNTS_H_
#define RAPPORT_TESTS_RATINGS_FIGURES_COUNTS_H_

#include <cstdint>
#include <random>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/ratings/core/score_codes.h"

// Counts for tests of what is made of counts.
namespace rapport::ratings {

// The codes of the scale's ratings.
inline std::vector<ScoreCode> RatingCodes(v1::Scale scale) {
  std::vector<ScoreCode> codes;
  for (int code = 0; code < kScoreCodeLimit; ++code) {
    const ScoreInfo* info = Describe(static_cast<ScoreCode>(code));
    if (info != nullptr && info->scale == scale && !info->is_survey) codes.push_back(static_cast<ScoreCode>(code));
  }
  return codes;
}

// The code of the value with this name; of HAPPY, the one with or without the flag.
inline ScoreCode CodeNamed(v1::Scale scale, absl::string_view name, bool wow = false) {
  for (ScoreCode code : RatingCodes(scale)) {
    if (Describe(code)->name == name && Describe(code)->wow == wow) return code;
  }
  return 0;
}

// Counts from 0 to `most` for every rating of every scale, and surveys of which some are answered.
inline ScoreCounts RandomCounts(int64_t most, std::mt19937_64& random) {
  const auto whole = [&](int64_t to) { return std::uniform_int_distribution<int64_t>(0, to)(random); };
  ScoreCounts counts = {};
  for (v1::Scale scale : kScales) {
    for (ScoreCode code : RatingCodes(scale)) counts[code] = whole(most);
    const int64_t delivered = whole(most);
    counts[SurveyCode(scale, SurveyMeasure::kOffered)] = delivered + whole(most);
    counts[SurveyCode(scale, SurveyMeasure::kDelivered)] = delivered;
    counts[SurveyCode(scale, SurveyMeasure::kAnswered)] = whole(delivered);
  }
  return counts;
}

}  // namespace rapport::ratings

#endif  // RAPPORT_TESTS_RATINGS_FIGURES_COUNTS_H_

#ifndef RAPPORT_SERVICES_RATINGS_CORE_SCORE_CODES_H_
#define RAPPORT_SERVICES_RATINGS_CORE_SCORE_CODES_H_

#include <array>
#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"
#include "rapport/ratings/v1/ratings.pb.h"

// What is counted, as small numbers: each value of each scale, and how far the surveys of each scale came.
namespace rapport::ratings {

// Names of counters in the store. What a code stands for never changes; new meanings get new codes. 0 is none.
using ScoreCode = uint8_t;

inline constexpr int kScoreCodeLimit = 128;

// How often each code was counted, indexed by code.
using ScoreCounts = std::array<int64_t, kScoreCodeLimit>;

// Every scale, in the order of v1::Scale.
inline constexpr std::array<v1::Scale, 6> kScales = {v1::SCALE_EMOTICON_3, v1::SCALE_THUMBS_2, v1::SCALE_CSAT_5,
                                                     v1::SCALE_NPS_11,     v1::SCALE_CES_5,    v1::SCALE_CES_7};

// What is counted of a survey, all in the time bucket and group of its delivery, so that a response rate has the same
// surveys above and below the line.
enum class SurveyMeasure : uint8_t { kOffered, kDelivered, kAnswered, kDismissed };

// What a code stands for. Either a rating, with its points, sentiment and flag, or a measure of surveys.
struct ScoreInfo {
  v1::Scale scale = v1::SCALE_UNSPECIFIED;
  bool is_survey = false;
  SurveyMeasure measure = SurveyMeasure::kOffered;  // of a survey
  double points = 0;                                // a whole number: sums of it and of its square are exact
  v1::Sentiment sentiment = v1::SENTIMENT_UNSPECIFIED;
  bool wow = false;
  absl::string_view name;  // as in v1::ScoreCount, the same with and without `wow`; of a survey, the measure
};

// The code of the rating's value; none when the value is not of the kind or outside the bounds of the scale, or when
// `wow` is set on anything but HAPPY.
std::optional<ScoreCode> CodeOf(const v1::Rating& rating);

// The code of a measure of the surveys of `scale`, which is specified.
ScoreCode SurveyCode(v1::Scale scale, SurveyMeasure measure);

// What the code stands for; null when nothing.
const ScoreInfo* Describe(ScoreCode code);

}  // namespace rapport::ratings

#endif  // RAPPORT_SERVICES_RATINGS_CORE_SCORE_CODES_H_

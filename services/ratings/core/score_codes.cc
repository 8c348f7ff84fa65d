#include "services/ratings/core/score_codes.h"

#include <cstddef>

namespace rapport::ratings {
namespace {

using Infos = std::array<ScoreInfo, kScoreCodeLimit>;

constexpr std::array<absl::string_view, 11> kNumbers = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10"};
constexpr std::array<absl::string_view, 4> kMeasures = {"OFFERED", "DELIVERED", "ANSWERED", "DISMISSED"};

constexpr ScoreCode kHappy = 1;
constexpr ScoreCode kHappyWow = 2;
constexpr ScoreCode kSatisfied = 3;
constexpr ScoreCode kUnhappy = 4;
constexpr ScoreCode kUp = 5;
constexpr ScoreCode kDown = 6;

// A scale of whole numbers; the code of its value v is first_code + v - lowest.
struct NumericScale {
  v1::Scale scale;
  ScoreCode first_code;
  int lowest;
  int highest;
  int lowest_neutral;
  int lowest_positive;
};
constexpr std::array<NumericScale, 4> kNumericScales = {{
    {v1::SCALE_CSAT_5, 7, 1, 5, 3, 4},
    {v1::SCALE_NPS_11, 12, 0, 10, 7, 9},
    {v1::SCALE_CES_5, 23, 1, 5, 3, 4},
    {v1::SCALE_CES_7, 28, 1, 7, 4, 5},
}};

// The code of a measure m of scale s is kFirstSurveyCode + 4 (s - 1) + m.
constexpr ScoreCode kFirstSurveyCode = 64;

constexpr ScoreCode MakeSurveyCode(v1::Scale scale, SurveyMeasure measure) {
  return static_cast<ScoreCode>(kFirstSurveyCode + kMeasures.size() * (scale - 1) + static_cast<size_t>(measure));
}

constexpr ScoreInfo Named(v1::Scale scale, absl::string_view name, double points, v1::Sentiment sentiment) {
  return {.scale = scale, .points = points, .sentiment = sentiment, .name = name};
}

constexpr void AddNumericScale(const NumericScale& numeric, Infos& infos) {
  for (int value = numeric.lowest; value <= numeric.highest; ++value) {
    v1::Sentiment sentiment = value >= numeric.lowest_positive  ? v1::SENTIMENT_POSITIVE
                              : value >= numeric.lowest_neutral ? v1::SENTIMENT_NEUTRAL
                                                                : v1::SENTIMENT_NEGATIVE;
    infos[numeric.first_code + value - numeric.lowest] = Named(numeric.scale, kNumbers[value], value, sentiment);
  }
}

constexpr void AddSurveys(v1::Scale scale, Infos& infos) {
  for (size_t measure = 0; measure < kMeasures.size(); ++measure) {
    auto survey_measure = static_cast<SurveyMeasure>(measure);
    infos[MakeSurveyCode(scale, survey_measure)] = {
        .scale = scale, .is_survey = true, .measure = survey_measure, .name = kMeasures[measure]};
  }
}

constexpr Infos MakeInfos() {
  Infos infos = {};
  infos[kHappy] = Named(v1::SCALE_EMOTICON_3, "HAPPY", 1, v1::SENTIMENT_POSITIVE);
  infos[kHappyWow] = infos[kHappy];
  infos[kHappyWow].wow = true;
  infos[kSatisfied] = Named(v1::SCALE_EMOTICON_3, "SATISFIED", 0, v1::SENTIMENT_NEUTRAL);
  infos[kUnhappy] = Named(v1::SCALE_EMOTICON_3, "UNHAPPY", -1, v1::SENTIMENT_NEGATIVE);
  infos[kUp] = Named(v1::SCALE_THUMBS_2, "UP", 1, v1::SENTIMENT_POSITIVE);
  infos[kDown] = Named(v1::SCALE_THUMBS_2, "DOWN", 0, v1::SENTIMENT_NEGATIVE);
  for (const NumericScale& numeric : kNumericScales) AddNumericScale(numeric, infos);
  for (v1::Scale scale : kScales) AddSurveys(scale, infos);
  return infos;
}

constexpr Infos kInfos = MakeInfos();

std::optional<ScoreCode> EmoticonCode(const v1::Rating& rating) {
  switch (rating.emoticon()) {  // unspecified also when the value is of another kind
    case v1::EMOTICON_HAPPY:
      return rating.wow() ? kHappyWow : kHappy;
    case v1::EMOTICON_SATISFIED:
      return kSatisfied;
    case v1::EMOTICON_UNHAPPY:
      return kUnhappy;
    default:
      return std::nullopt;
  }
}

std::optional<ScoreCode> ThumbCode(const v1::Rating& rating) {
  switch (rating.thumb()) {  // unspecified also when the value is of another kind
    case v1::THUMB_UP:
      return kUp;
    case v1::THUMB_DOWN:
      return kDown;
    default:
      return std::nullopt;
  }
}

std::optional<ScoreCode> NumericCode(const v1::Rating& rating) {
  if (!rating.has_points()) return std::nullopt;
  for (const NumericScale& numeric : kNumericScales) {
    if (numeric.scale != rating.scale()) continue;
    if (rating.points() < numeric.lowest || rating.points() > numeric.highest) return std::nullopt;
    return static_cast<ScoreCode>(numeric.first_code + rating.points() - numeric.lowest);
  }
  return std::nullopt;
}

std::optional<ScoreCode> CodeIgnoringWow(const v1::Rating& rating) {
  switch (rating.scale()) {
    case v1::SCALE_EMOTICON_3:
      return EmoticonCode(rating);
    case v1::SCALE_THUMBS_2:
      return ThumbCode(rating);
    default:
      return NumericCode(rating);
  }
}

}  // namespace

std::optional<ScoreCode> CodeOf(const v1::Rating& rating) {
  std::optional<ScoreCode> code = CodeIgnoringWow(rating);
  if (code.has_value() && rating.wow() && !kInfos[*code].wow) return std::nullopt;
  return code;
}

ScoreCode SurveyCode(v1::Scale scale, SurveyMeasure measure) {
  return MakeSurveyCode(scale, measure);
}

const ScoreInfo* Describe(ScoreCode code) {
  if (code >= kScoreCodeLimit || kInfos[code].scale == v1::SCALE_UNSPECIFIED) return nullptr;
  return &kInfos[code];
}

}  // namespace rapport::ratings

#include "services/ratings/core/figures.h"

#include <algorithm>
#include <array>

#include "common/estimates/figure.h"

namespace rapport::ratings {
namespace {

using Figures = v1::RatingFigures;

stats::Proportion Positive(const ScaleTotals& totals) {
  return {totals.ratings.positive, totals.ratings.count};
}
stats::Proportion Wow(const ScaleTotals& totals) {
  return {totals.ratings.wow, totals.ratings.count};
}
stats::Proportion Answered(const ScaleTotals& totals) {
  return {totals.answered, totals.delivered};
}

constexpr std::array<ProportionRule, 7> kProportionRules = {{
    {v1::SCALE_EMOTICON_3, "ratings.happiness.v1", &Figures::has_happiness, &Figures::happiness,
     &Figures::mutable_happiness, Positive},
    {v1::SCALE_THUMBS_2, "ratings.thumbs_up.v1", &Figures::has_thumbs_up, &Figures::thumbs_up,
     &Figures::mutable_thumbs_up, Positive},
    {v1::SCALE_CSAT_5, "ratings.csat.top2box.v1", &Figures::has_csat, &Figures::csat, &Figures::mutable_csat, Positive},
    {v1::SCALE_CES_5, "ratings.ces_5.low_effort.v1", &Figures::has_low_effort, &Figures::low_effort,
     &Figures::mutable_low_effort, Positive},
    {v1::SCALE_CES_7, "ratings.ces_7.low_effort.v1", &Figures::has_low_effort, &Figures::low_effort,
     &Figures::mutable_low_effort, Positive},
    {v1::SCALE_EMOTICON_3, "ratings.wow.v1", &Figures::has_wow, &Figures::wow, &Figures::mutable_wow, Wow},
    {v1::SCALE_UNSPECIFIED, "ratings.response_rate.v1", &Figures::has_response_rate, &Figures::response_rate,
     &Figures::mutable_response_rate, Answered},
}};

void AddSurveys(const ScoreInfo& info, int64_t count, ScaleTotals& totals) {
  if (info.measure == SurveyMeasure::kDelivered) totals.delivered += count;
  if (info.measure == SurveyMeasure::kAnswered) totals.answered += count;
}

// Calls `visit(info, count)` for every code of the scale.
template <class Visit>
void ForEachCode(v1::Scale scale, const ScoreCounts& counts, Visit visit) {
  for (int code = 0; code < kScoreCodeLimit; ++code) {
    const ScoreInfo* info = Describe(static_cast<ScoreCode>(code));
    if (info != nullptr && info->scale == scale) visit(*info, counts[code]);
  }
}

bool HasAnyCount(v1::Scale scale, const ScoreCounts& counts) {
  bool any = false;
  ForEachCode(scale, counts, [&](const ScoreInfo&, int64_t count) { any = any || count != 0; });
  return any;
}

void SetDistribution(v1::Scale scale, const ScoreCounts& counts, Figures& figures) {
  struct Value {
    double points;
    absl::string_view name;
    int64_t count;
  };
  std::vector<Value> values;
  ForEachCode(scale, counts, [&](const ScoreInfo& info, int64_t count) {
    if (info.is_survey) return;
    if (!values.empty() && values.back().name == info.name) {
      values.back().count += count;
    } else {
      values.push_back({info.points, info.name, count});
    }
  });
  std::sort(values.begin(), values.end(), [](const Value& a, const Value& b) { return a.points > b.points; });
  for (const Value& value : values) {
    v1::ScoreCount& score = *figures.add_distribution();
    score.set_score(value.name.data(), value.name.size());
    score.set_count(value.count);
  }
}

}  // namespace

absl::Span<const ProportionRule> ProportionRules() {
  return kProportionRules;
}

void RatingTotals::Add(const ScoreInfo& rating, int64_t times) {
  const auto value = static_cast<int64_t>(rating.points);
  count += times;
  points += value * times;
  squared_points += value * value * times;
  if (rating.sentiment == v1::SENTIMENT_POSITIVE) positive += times;
  if (rating.sentiment == v1::SENTIMENT_NEGATIVE) negative += times;
  if (rating.wow) wow += times;
}

ScaleTotals SumUp(v1::Scale scale, const ScoreCounts& counts) {
  ScaleTotals totals;
  ForEachCode(scale, counts, [&](const ScoreInfo& info, int64_t count) {
    if (info.is_survey) {
      AddSurveys(info, count, totals);
    } else {
      totals.ratings.Add(info, count);
    }
  });
  return totals;
}

stats::Sample PointsOf(const RatingTotals& ratings) {
  return stats::SampleOfSums(ratings.count, static_cast<double>(ratings.points),
                             static_cast<double>(ratings.squared_points));
}

stats::NetCounts NetCountsOf(const RatingTotals& ratings) {
  return {.promoters = ratings.positive,
          .passives = ratings.count - ratings.positive - ratings.negative,
          .detractors = ratings.negative};
}

stats::Interval PointRange(v1::Scale scale) {
  std::optional<stats::Interval> range;
  ForEachCode(scale, {}, [&](const ScoreInfo& info, int64_t) {
    if (info.is_survey) return;
    if (!range.has_value()) range = {info.points, info.points};
    range->low = std::min(range->low, info.points);
    range->high = std::max(range->high, info.points);
  });
  return range.value_or(stats::Interval());
}

v1::RatingFigures MakeFigures(v1::Scale scale, const ScoreCounts& counts, double confidence) {
  const ScaleTotals totals = SumUp(scale, counts);
  Figures figures;
  figures.set_scale(scale);
  figures.set_rating_count(totals.ratings.count);
  for (const ProportionRule& rule : kProportionRules) {
    if (rule.AppliesTo(scale))
      estimates::SetProportion(rule.definition_id, rule.of(totals), confidence, (figures.*rule.set)());
  }
  if (scale == v1::SCALE_NPS_11) {
    estimates::SetFigure("ratings.nps.v1", totals.ratings.count,
                         stats::EstimateNetScore(NetCountsOf(totals.ratings), confidence), figures.mutable_nps());
  }
  estimates::SetMean("ratings.mean.v1", PointsOf(totals.ratings), PointRange(scale), confidence,
                     figures.mutable_mean());
  SetDistribution(scale, counts, figures);
  return figures;
}

std::vector<v1::RatingFigures> MakeAllFigures(const ScoreCounts& counts, v1::Scale scale, double confidence) {
  std::vector<v1::RatingFigures> all;
  for (v1::Scale each : kScales) {
    const bool wanted = scale == v1::SCALE_UNSPECIFIED || scale == each;
    if (wanted && HasAnyCount(each, counts)) all.push_back(MakeFigures(each, counts, confidence));
  }
  return all;
}

}  // namespace rapport::ratings

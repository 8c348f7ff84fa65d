#include "services/ratings/service/ratings_metrics.h"

#include <prometheus/counter.h>
#include <prometheus/histogram.h>

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/rollup/dimensions.h"
#include "common/time/interval.h"

namespace rapport::ratings {
namespace {

template <typename Name>
absl::string_view WithoutPrefix(const Name& name, absl::string_view prefix) {
  return absl::string_view(name).substr(prefix.size());
}

absl::string_view NameOf(v1::Scale scale) {
  return WithoutPrefix(v1::Scale_Name(scale), "SCALE_");
}
absl::string_view NameOf(v1::Outcome outcome) {
  return WithoutPrefix(v1::Outcome_Name(outcome), "OUTCOME_");
}
absl::string_view NameOf(v1::SurveyStatus status) {
  return WithoutPrefix(v1::SurveyStatus_Name(status), "SURVEY_STATUS_");
}
absl::string_view NameOf(common::v1::Channel channel) {
  return channel == common::v1::CHANNEL_UNSPECIFIED ? "none" : rollup::NameOf(channel);
}

}  // namespace

TenantMetrics::TenantMetrics(metrics::Registry& registry, absl::string_view tenant)
    : rejected_(&registry.GetCounter(kEventsTotal, {tenant, "any", "REJECTED"})),
      lag_(&registry.GetHistogram(kIngestLag, {tenant})) {
  for (size_t c = 0; c < kChannels; ++c) {
    const absl::string_view channel = NameOf(static_cast<common::v1::Channel>(c));
    for (int code = 0; code < kScoreCodeLimit; ++code) {
      const ScoreInfo* info = Describe(static_cast<ScoreCode>(code));
      if (info == nullptr || info->is_survey) continue;
      const std::string value = absl::StrCat(info->name, info->wow ? "_WOW" : "");
      ratings_[code][c] = &registry.GetCounter(kRatingsTotal, {tenant, NameOf(info->scale), value, channel});
    }
    for (const v1::Scale scale : kScales) {
      negative_[scale][c] = &registry.GetCounter(kNegativeTotal, {tenant, NameOf(scale), channel});
    }
  }
  for (size_t o = 1; o < kOutcomes; ++o) {
    const absl::string_view outcome = NameOf(static_cast<v1::Outcome>(o));
    rating_outcomes_[o] = &registry.GetCounter(kEventsTotal, {tenant, "rating", outcome});
    survey_outcomes_[o] = &registry.GetCounter(kEventsTotal, {tenant, "survey", outcome});
  }
  for (const v1::Scale scale : kScales) {
    for (size_t s = 1; s < kSurveyStatuses; ++s) {
      surveys_[scale][s] =
          &registry.GetCounter(kSurveysTotal, {tenant, NameOf(scale), NameOf(static_cast<v1::SurveyStatus>(s))});
    }
  }
}

void TenantMetrics::OnRecorded(const v1::Rating& rating, v1::Outcome outcome, absl::Time received_at) {
  rating_outcomes_[outcome]->Increment();
  const std::optional<ScoreCode> code = CodeOf(rating);
  if (outcome != v1::OUTCOME_CREATED || !code) return;
  ratings_[*code][rating.channel()]->Increment();
  if (Describe(*code)->sentiment == v1::SENTIMENT_NEGATIVE) negative_[rating.scale()][rating.channel()]->Increment();
  lag_->Observe(std::max(0.0, absl::ToDoubleSeconds(received_at - rapport::FromProto(rating.occurred_at()))));
}

void TenantMetrics::OnRecorded(const v1::Survey& survey, v1::Outcome outcome, absl::Time) {
  survey_outcomes_[outcome]->Increment();
  if (outcome == v1::OUTCOME_CREATED) surveys_[survey.scale()][survey.status()]->Increment();
}

void TenantMetrics::OnRejected() {
  rejected_->Increment();
}

}  // namespace rapport::ratings

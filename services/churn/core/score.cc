#include "services/churn/core/score.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/churn/core/features.h"
#include "services/churn/core/health_score.h"

namespace rapport::churn {
namespace {

constexpr double kRedFactor = 2;
constexpr double kRedInAnyCase = 0.5;
constexpr double kRanksPerUnit = 1e9;
constexpr char kOtherReasons[] = "__other__";

// Up to two digits behind the point, without zeros at the end; two digits that count for what is small.
std::string Rounded(double number) {
  if (number == std::floor(number) && std::abs(number) < 1e15) return absl::StrFormat("%.0f", number);
  if (std::abs(number) < 1) return absl::StrFormat("%.2g", number);
  std::string text = absl::StrFormat("%.2f", number);
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text;
}

// Days are named by the descriptions.
std::string NumberText(double number, absl::string_view unit) {
  if (unit == "share") return absl::StrCat(Rounded(std::round(number * 1000) / 10), " %");
  if (unit == "log ratio") return absl::StrFormat("%+.0f %%", std::expm1(number) * 100);
  if (unit == "seconds") return absl::FormatDuration(absl::Seconds(std::llround(number)));
  return Rounded(number);
}

std::string ValueText(const v1::FeatureValue& value, absl::string_view unit) {
  switch (value.value_case()) {
    case v1::FeatureValue::kNumber:
      return NumberText(value.number(), unit);
    case v1::FeatureValue::kBoolean:
      return value.boolean() ? "yes" : "no";
    case v1::FeatureValue::kCategory:
      return value.category();
    case v1::FeatureValue::VALUE_NOT_SET:
      break;
  }
  return "unknown";
}

// Other features are called by their names.
void SetText(v1::Reason& reason) {
  const v1::FeatureDefinition* definition = FindStandardFeature(reason.name());
  reason.set_text(absl::StrCat(definition == nullptr ? reason.name() : definition->description(), ": ",
                               ValueText(reason.value(), definition == nullptr ? "" : definition->unit())));
}

// Of a model's features only: a health score has no reasons for what is missing.
bool IsMissing(const v1::Reason& reason) {
  return reason.name() != kOtherReasons && reason.value().value_case() == v1::FeatureValue::VALUE_NOT_SET;
}

void AddMissingInputs(v1::Score& score) {
  for (const v1::Reason& reason : score.reasons()) {
    if (IsMissing(reason)) score.add_missing_inputs(reason.name());
  }
}

void AddReason(const v1::HealthPart& part, v1::Score& score) {
  const v1::FeatureDefinition* definition = FindStandardFeature(part.name());
  v1::Reason& reason = *score.add_reasons();
  reason.set_name(part.name());
  if (definition != nullptr && definition->feature().kind() == v1::FEATURE_KIND_BOOLEAN) {
    reason.mutable_value()->set_boolean(part.value() != 0);
  } else {
    reason.mutable_value()->set_number(part.value());
  }
  const std::string& words = !part.description().empty() ? part.description()
                             : definition != nullptr     ? definition->description()
                                                         : part.name();
  reason.set_text(
      absl::StrCat(words, ": ", ValueText(reason.value(), definition == nullptr ? "" : definition->unit())));
  reason.set_contribution(part.contribution());
  reason.set_raises_risk(part.contribution() < 0);
}

v1::HealthSignal Signal(const char* name, double weight, double worst, double best) {
  v1::HealthSignal signal;
  signal.set_name(name);
  signal.set_description(FindStandardFeature(name)->description());
  signal.set_weight(weight);
  signal.set_worst(worst);
  signal.set_best(best);
  return signal;
}

// What shows that a customer drifts away, first in what they do, then in what they pay and say, then in how they were
// treated. Trends are logarithms of ratios: -1.1 is a third of what was usual.
v1::HealthRules MakeDefaultRules() {
  v1::HealthRules rules;
  for (const v1::HealthSignal& signal : {
           Signal("days_since_active", 3, 30, 3),
           Signal("active_days_trend_30d", 2, -1.1, 0),
           Signal("feature_count_30d", 1, 0, 4),
           Signal("overdue_invoice_count", 2, 2, 0),
           Signal("revenue_change_share_90d", 1, -0.3, 0),
           Signal("leaving_concern_count_90d", 2, 2, 0),
           Signal("positive_rating_share_90d", 2, 0.4, 0.9),
           Signal("first_response_within_6h_share_90d", 1, 0.5, 0.95),
           Signal("promise_kept_share_90d", 2, 0.5, 1),
           Signal("escalation_count_90d", 1, 3, 0),
       }) {
    *rules.add_signals() = signal;
  }
  return rules;
}

}  // namespace

v1::HealthBand BandOfProbability(double probability, double base_rate) {
  if (probability >= std::min(kRedFactor * base_rate, kRedInAnyCase)) return v1::HEALTH_BAND_RED;
  return probability >= base_rate ? v1::HEALTH_BAND_YELLOW : v1::HEALTH_BAND_GREEN;
}

void SetReasons(absl::Span<const v1::Contribution> contributions, v1::Score& score) {
  std::vector<size_t> order(contributions.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return std::abs(contributions[a].contribution()) > std::abs(contributions[b].contribution());
  });
  for (const size_t i : order) {
    const v1::Contribution& contribution = contributions[i];
    v1::Reason& reason = *score.add_reasons();
    reason.set_name(contribution.feature());
    if (contribution.has_value()) *reason.mutable_value() = contribution.value();
    reason.set_contribution(contribution.contribution());
    reason.set_raises_risk(contribution.contribution() > 0);
    SetText(reason);
  }
}

void SetHealth(const v1::HealthScore& health, v1::Score& score) {
  score.set_kind(v1::SCORE_KIND_HEALTH_SCORE);
  score.set_definition_id(health.definition_id());
  score.set_band(health.band());
  score.set_baseline(health.baseline());
  score.set_raw_score(health.baseline());
  if (health.has_score()) {
    score.set_health_score(health.score());
    score.set_raw_score(health.score());
  }
  for (const v1::HealthPart& part : health.parts()) AddReason(part, score);
  std::stable_sort(
      score.mutable_reasons()->begin(), score.mutable_reasons()->end(),
      [](const v1::Reason& a, const v1::Reason& b) { return std::abs(a.contribution()) > std::abs(b.contribution()); });
  *score.mutable_missing_inputs() = health.missing_signals();
}

void TrimReasons(const v1::ScoreOptions& options, v1::Score& score) {
  if (options.skip_reasons()) return score.clear_reasons();
  const int most = options.max_reasons();
  const int others = score.reasons_size() - most;
  if (most <= 0 || others <= 0) return;
  v1::Reason other;
  other.set_name(kOtherReasons);
  other.set_text(absl::StrCat(others, others == 1 ? " other" : " others"));
  for (int i = most; i < score.reasons_size(); ++i) {
    other.set_contribution(other.contribution() + score.reasons(i).contribution());
  }
  const bool more_is_worse = score.kind() == v1::SCORE_KIND_PROBABILITY;
  other.set_raises_risk(more_is_worse ? other.contribution() > 0 : other.contribution() < 0);
  score.mutable_reasons()->DeleteSubrange(most, others);
  *score.add_reasons() = std::move(other);
}

void Condense(v1::Score& score) {
  if (score.kind() != v1::SCORE_KIND_PROBABILITY) return;
  score.clear_missing_inputs();
  for (v1::Reason& reason : *score.mutable_reasons()) reason.clear_text();
}

void Restore(v1::Score& score) {
  if (score.kind() != v1::SCORE_KIND_PROBABILITY) return;
  for (v1::Reason& reason : *score.mutable_reasons()) SetText(reason);
  AddMissingInputs(score);
}

std::optional<int64_t> RiskRank(const v1::Score& score) {
  if (score.kind() == v1::SCORE_KIND_PROBABILITY) return std::llround(score.probability() * kRanksPerUnit);
  if (!score.has_health_score()) return std::nullopt;
  return -1 - std::llround(score.health_score() * kRanksPerUnit);
}

RankedScore FromRiskRank(int64_t rank) {
  if (rank >= 0) return {v1::SCORE_KIND_PROBABILITY, static_cast<double>(rank) / kRanksPerUnit};
  return {v1::SCORE_KIND_HEALTH_SCORE, static_cast<double>(-1 - rank) / kRanksPerUnit};
}

const v1::HealthRules& DefaultHealthRules() {
  static const v1::HealthRules& rules = *new v1::HealthRules(MakeDefaultRules());
  return rules;
}

absl::Status ValidateCustomerHealthRules(const v1::HealthRules& rules) {
  if (absl::Status valid = ValidateHealthRules(rules); !valid.ok()) return valid;
  for (int i = 0; i < rules.signals_size(); ++i) {
    const v1::FeatureDefinition* definition = FindStandardFeature(rules.signals(i).name());
    if (definition != nullptr && definition->feature().kind() != v1::FEATURE_KIND_CATEGORICAL) continue;
    return absl::InvalidArgumentError(absl::StrCat("signals[", i, "].name: \"", rules.signals(i).name(),
                                                   "\" is no numeric or boolean standard feature; GetFeatureSchema "
                                                   "lists them"));
  }
  return absl::OkStatus();
}

}  // namespace rapport::churn

#include "services/churn/core/health_score.h"

#include <algorithm>
#include <cmath>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace rapport::churn {
namespace {

constexpr absl::string_view kDefinition = "churn.health.v1";
constexpr double kBest = 100;
constexpr double kDefaultNeutral = 50;
constexpr double kHighestRed = 50;
constexpr double kHighestYellow = 75;
constexpr int kMostSignals = 64;
constexpr size_t kMostNameBytes = 64;
constexpr size_t kMostDescriptionBytes = 256;

double NeutralOf(const v1::HealthRules& rules) {
  return rules.has_neutral() ? rules.neutral() : kDefaultNeutral;
}

absl::Status Wrong(absl::string_view field, double value, absl::string_view remedy) {
  return absl::InvalidArgumentError(absl::StrCat(field, " is ", value, "; ", remedy));
}

absl::Status ValidateSignal(const v1::HealthSignal& signal) {
  if (signal.name().empty() || signal.name().size() > kMostNameBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("name has ", signal.name().size(), " bytes; give it 1 to ", kMostNameBytes));
  }
  if (signal.description().size() > kMostDescriptionBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("description has ", signal.description().size(), " bytes; give it up to ", kMostDescriptionBytes));
  }
  if (!std::isfinite(signal.weight()) || signal.weight() <= 0) {
    return Wrong("weight", signal.weight(), "it must be above 0; leave out a signal that is not to count");
  }
  if (!std::isfinite(signal.worst())) return Wrong("worst", signal.worst(), "it must be a finite number");
  if (!std::isfinite(signal.best()) || signal.best() == signal.worst()) {
    return Wrong("best", signal.best(), "it must be a finite number other than worst");
  }
  return absl::OkStatus();
}

double PointsOf(const v1::HealthSignal& signal, double value) {
  return kBest * std::clamp((value - signal.worst()) / (signal.best() - signal.worst()), 0.0, 1.0);
}

void AddPart(const v1::HealthSignal& signal, double value, v1::HealthScore& score) {
  v1::HealthPart& part = *score.add_parts();
  part.set_name(signal.name());
  part.set_description(signal.description());
  part.set_value(value);
  part.set_points(PointsOf(signal, value));
  part.set_weight_share(signal.weight());
}

}  // namespace

absl::Status ValidateHealthRules(const v1::HealthRules& rules) {
  if (rules.signals().empty() || rules.signals_size() > kMostSignals) {
    return absl::InvalidArgumentError(
        absl::StrCat("signals has ", rules.signals_size(), " entries; give it 1 to ", kMostSignals));
  }
  // Negated, so that not-a-number is refused.
  if (!(NeutralOf(rules) >= 0 && NeutralOf(rules) <= kBest)) {
    return Wrong("neutral", rules.neutral(), "it must be 0 to 100");
  }
  absl::flat_hash_set<absl::string_view> names;
  for (int i = 0; i < rules.signals_size(); ++i) {
    const v1::HealthSignal& signal = rules.signals(i);
    if (const absl::Status status = ValidateSignal(signal); !status.ok()) {
      return {status.code(), absl::StrCat("signals[", i, "].", status.message())};
    }
    if (!names.insert(signal.name()).second) {
      return absl::InvalidArgumentError(absl::StrCat("signals[", i, "].name is `", signal.name(),
                                                     "` once more; give every signal a name of its own"));
    }
  }
  return absl::OkStatus();
}

v1::HealthScore ScoreHealth(const v1::HealthRules& rules, const SignalValues& values) {
  v1::HealthScore score;
  score.set_definition_id(kDefinition.data(), kDefinition.size());
  score.set_baseline(NeutralOf(rules));
  double all = 0;
  double available = 0;
  for (const v1::HealthSignal& signal : rules.signals()) {
    all += signal.weight();
    const auto found = values.find(signal.name());
    if (found == values.end() || !std::isfinite(found->second)) {
      score.add_missing_signals(signal.name());
      continue;
    }
    available += signal.weight();
    AddPart(signal, found->second, score);
  }
  score.set_weight_covered(available / all);
  if (score.parts().empty()) return score;
  double points = 0;
  for (v1::HealthPart& part : *score.mutable_parts()) {
    part.set_weight_share(part.weight_share() / available);
    part.set_contribution((part.points() - score.baseline()) * part.weight_share());
    points += part.points() * part.weight_share();
  }
  // Rounding must not push it past its ends.
  score.set_score(std::clamp(points, 0.0, kBest));
  score.set_band(BandOf(score.score()));
  return score;
}

v1::HealthBand BandOf(double score) {
  const double whole = std::floor(score + 0.5);
  if (whole <= kHighestRed) return v1::HEALTH_BAND_RED;
  return whole <= kHighestYellow ? v1::HEALTH_BAND_YELLOW : v1::HEALTH_BAND_GREEN;
}

}  // namespace rapport::churn

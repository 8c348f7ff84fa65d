#include "services/churn/model/profile.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "services/churn/core/drift.h"

namespace rapport::churn {
namespace {

constexpr int kBins = 10;
constexpr double kDriftConfidence = 0.99;

std::vector<double> NumbersOf(const FeatureMatrix& features, size_t feature) {
  std::vector<double> numbers;
  numbers.reserve(features.rows());
  for (size_t row = 0; row < features.rows(); ++row) numbers.push_back(features.row(row)[feature]);
  return numbers;
}

std::string NameOf(const v1::Feature& feature, size_t value) {
  if (feature.kind() == v1::FEATURE_KIND_BOOLEAN) return value == 0 ? "false" : "true";
  return feature.categories(static_cast<int>(value));
}

void CountValues(const v1::Feature& feature, const std::vector<double>& numbers,
                 storage::v1::FeatureHistogram& histogram) {
  std::vector<int64_t> counts(
      feature.kind() == v1::FEATURE_KIND_BOOLEAN ? 2 : static_cast<size_t>(feature.categories_size()));
  int64_t missing = 0;
  for (double number : numbers) ++(std::isnan(number) ? missing : counts[static_cast<size_t>(number)]);
  auto& categories = *histogram.mutable_categories();
  for (size_t value = 0; value < counts.size(); ++value) {
    if (counts[value] > 0) categories[NameOf(feature, value)] += counts[value];
  }
  if (missing > 0) categories[""] += missing;
}

void CountNumbers(const std::vector<double>& numbers, storage::v1::FeatureHistogram& histogram) {
  const std::vector<double> edges(histogram.edges().begin(), histogram.edges().end());
  const std::vector<int64_t> counts = CountBins(edges, numbers);
  histogram.mutable_counts()->Resize(static_cast<int>(counts.size()), 0);
  for (size_t bin = 0; bin < counts.size(); ++bin) {
    histogram.set_counts(static_cast<int>(bin), histogram.counts(static_cast<int>(bin)) + counts[bin]);
  }
}

std::optional<Stability> Compare(const storage::v1::FeatureHistogram& before,
                                 const storage::v1::FeatureHistogram& now) {
  if (!before.counts().empty()) return CompareHistograms(before.counts(), now.counts(), kDriftConfidence);
  return CompareCategories({before.categories().begin(), before.categories().end()},
                           {now.categories().begin(), now.categories().end()}, kDriftConfidence);
}

}  // namespace

storage::v1::TrainingProfile ProfileOf(const v1::FeatureSchema& schema, const FeatureMatrix& features) {
  storage::v1::TrainingProfile profile;
  for (int i = 0; i < schema.features_size(); ++i) {
    storage::v1::FeatureHistogram& histogram = *profile.add_features();
    histogram.set_feature(schema.features(i).name());
    if (schema.features(i).kind() != v1::FEATURE_KIND_NUMERIC) continue;
    const std::vector<double> edges = EvenEdges(NumbersOf(features, static_cast<size_t>(i)), kBins);
    histogram.mutable_edges()->Add(edges.begin(), edges.end());
  }
  CountInto(schema, features, *profile.mutable_features());
  return profile;
}

FeatureHistograms EmptyHistograms(const storage::v1::TrainingProfile& profile) {
  FeatureHistograms histograms = profile.features();
  for (storage::v1::FeatureHistogram& histogram : histograms) {
    histogram.clear_counts();
    histogram.clear_categories();
  }
  return histograms;
}

void CountInto(const v1::FeatureSchema& schema, const FeatureMatrix& features, FeatureHistograms& histograms) {
  for (int i = 0; i < schema.features_size(); ++i) {
    const std::vector<double> numbers = NumbersOf(features, static_cast<size_t>(i));
    if (schema.features(i).kind() == v1::FEATURE_KIND_NUMERIC) {
      CountNumbers(numbers, histograms[i]);
    } else {
      CountValues(schema.features(i), numbers, histograms[i]);
    }
  }
}

void AddHistograms(const FeatureHistograms& from, FeatureHistograms& into) {
  for (int i = 0; i < into.size(); ++i) {
    auto& counts = *into[i].mutable_counts();
    counts.Resize(std::max(counts.size(), from[i].counts_size()), 0);
    for (int bin = 0; bin < from[i].counts_size(); ++bin) counts[bin] += from[i].counts(bin);
    for (const auto& [category, count] : from[i].categories()) (*into[i].mutable_categories())[category] += count;
  }
}

std::vector<v1::FeatureDrift> CompareProfiles(const FeatureHistograms& before, const FeatureHistograms& now) {
  std::vector<v1::FeatureDrift> drifts;
  for (int i = 0; i < std::min(before.size(), now.size()); ++i) {
    const std::optional<Stability> stability = Compare(before[i], now[i]);
    if (!stability) continue;
    v1::FeatureDrift& drift = drifts.emplace_back();
    drift.set_feature(before[i].feature());
    drift.set_stability_index(stability->index);
    drift.set_by_chance(stability->by_chance);
    drift.set_drifting(stability->IsDrift());
  }
  std::stable_sort(drifts.begin(), drifts.end(), [](const v1::FeatureDrift& a, const v1::FeatureDrift& b) {
    return a.stability_index() > b.stability_index();
  });
  return drifts;
}

}  // namespace rapport::churn

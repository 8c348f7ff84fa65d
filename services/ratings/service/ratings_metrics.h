#ifndef RAPPORT_SERVICES_RATINGS_SERVICE_RATINGS_METRICS_H_
#define RAPPORT_SERVICES_RATINGS_SERVICE_RATINGS_METRICS_H_

#include <array>
#include <cstddef>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/metrics/definition.h"
#include "common/metrics/per_tenant.h"
#include "common/metrics/registry.h"
#include "rapport/ratings/v1/ratings.pb.h"
#include "services/ratings/core/score_codes.h"

namespace rapport::ratings {

inline constexpr double kLagSeconds[] = {1, 5, 15, 60, 300, 900, 3600, 21600, 86400};

inline constexpr metrics::Definition kRatingsTotal{
    .name = "rapport_ratings_total",
    .help = "Ratings recorded for the first time, by tenant, scale, value and channel.",
    .type = metrics::Type::kCounter,
    .labels = {"tenant", "scale", "value", "channel"}};
inline constexpr metrics::Definition kNegativeTotal{
    .name = "rapport_ratings_negative_total",
    .help = "Ratings recorded for the first time on the negative side of their scale, by tenant, scale and channel.",
    .type = metrics::Type::kCounter,
    .labels = {"tenant", "scale", "channel"}};
inline constexpr metrics::Definition kEventsTotal{
    .name = "rapport_ratings_events_total",
    .help = "Ratings and surveys received, by tenant, kind and what became of them.",
    .type = metrics::Type::kCounter,
    .labels = {"tenant", "kind", "outcome"}};
inline constexpr metrics::Definition kSurveysTotal{
    .name = "rapport_ratings_surveys_total",
    .help = "Survey events recorded for the first time, by tenant, scale and status.",
    .type = metrics::Type::kCounter,
    .labels = {"tenant", "scale", "status"}};
inline constexpr metrics::Definition kIngestLag{
    .name = "rapport_ratings_ingest_lag_seconds",
    .help = "How long after it occurred a rating was recorded for the first time, by tenant.",
    .type = metrics::Type::kHistogram,
    .labels = {"tenant"},
    .buckets = kLagSeconds};

inline constexpr const metrics::Definition* kRatingsMetrics[] = {&kRatingsTotal, &kNegativeTotal, &kEventsTotal,
                                                                 &kSurveysTotal, &kIngestLag};

// Counts what is recorded of a tenant. All its series exist from the start, so that a rate has a 0 to begin from.
// Thread-safe.
class TenantMetrics {
 public:
  TenantMetrics(metrics::Registry& registry, absl::string_view tenant);

  void OnRecorded(const v1::Rating& rating, v1::Outcome outcome, absl::Time received_at);
  void OnRecorded(const v1::Survey& survey, v1::Outcome outcome, absl::Time received_at);
  void OnRejected();

 private:
  static constexpr size_t kChannels = 12;
  static constexpr size_t kOutcomes = 6;
  static constexpr size_t kSurveyStatuses = 4;

  std::array<std::array<metrics::Counter*, kChannels>, kScoreCodeLimit> ratings_{};
  std::array<std::array<metrics::Counter*, kChannels>, kScales.size() + 1> negative_{};
  std::array<metrics::Counter*, kOutcomes> rating_outcomes_{};
  std::array<metrics::Counter*, kOutcomes> survey_outcomes_{};
  std::array<std::array<metrics::Counter*, kSurveyStatuses>, kScales.size() + 1> surveys_{};
  metrics::Counter* rejected_;
  metrics::Histogram* lag_;
};

using RatingsMetrics = metrics::PerTenant<TenantMetrics>;

}  // namespace rapport::ratings

#endif  // RAPPORT_SERVICES_RATINGS_SERVICE_RATINGS_METRICS_H_

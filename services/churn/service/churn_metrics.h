#ifndef RAPPORT_SERVICES_CHURN_SERVICE_CHURN_METRICS_H_
#define RAPPORT_SERVICES_CHURN_SERVICE_CHURN_METRICS_H_

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/metrics/definition.h"
#include "common/metrics/per_tenant.h"
#include "common/metrics/registry.h"
#include "rapport/churn/v1/activities.pb.h"
#include "rapport/churn/v1/health.pb.h"
#include "rapport/churn/v1/scores.pb.h"
#include "rapport/churn/v1/training.pb.h"

namespace rapport::churn {

inline constexpr double kActivityLagSeconds[] = {1, 5, 15, 60, 300, 900, 3600, 21600, 86400};
inline constexpr double kPeerSeconds[] = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};
inline constexpr double kSweepSeconds[] = {1, 5, 15, 60, 300, 900, 3600, 21600};

inline constexpr metrics::Definition kActivitiesTotal{
    .name = "rapport_churn_activities_total",
    .help = "Activities received, by kind and by what became of them.",
    .type = metrics::Type::kCounter,
    .labels = {"tenant", "kind", "outcome"}};
inline constexpr metrics::Definition kActivityLag{
    .name = "rapport_churn_ingest_lag_seconds",
    .help = "How long after it occurred an activity was recorded for the first time.",
    .type = metrics::Type::kHistogram,
    .labels = {"tenant"},
    .buckets = kActivityLagSeconds};
inline constexpr metrics::Definition kCustomers{
    .name = "rapport_churn_customers",
    .help = "Active customers by the band of their last score; UNKNOWN without one. The same on every replica.",
    .type = metrics::Type::kGauge,
    .labels = {"tenant", "band"}};
inline constexpr metrics::Definition kScoresTotal{.name = "rapport_churn_scores_total",
                                                  .help = "Scores made, by kind.",
                                                  .type = metrics::Type::kCounter,
                                                  .labels = {"tenant", "kind"}};
inline constexpr metrics::Definition kBandChangesTotal{.name = "rapport_churn_band_changes_total",
                                                       .help = "Customers whose band changed, by both bands.",
                                                       .type = metrics::Type::kCounter,
                                                       .labels = {"tenant", "from", "to"}};
inline constexpr metrics::Definition kSweepFinished{
    .name = "rapport_churn_sweep_last_finished_timestamp_seconds",
    .help = "When everyone had been scored last, in seconds since the Unix epoch. The same on every replica.",
    .type = metrics::Type::kGauge,
    .labels = {"tenant"}};
inline constexpr metrics::Definition kSweepDuration{
    .name = "rapport_churn_sweep_duration_seconds",
    .help = "How long it took to score the customers of a partition, when this replica did it.",
    .type = metrics::Type::kHistogram,
    .buckets = kSweepSeconds};
inline constexpr metrics::Definition kSweptTotal{.name = "rapport_churn_sweep_customers_total",
                                                 .help = "Customers scored by sweeps of this replica.",
                                                 .type = metrics::Type::kCounter,
                                                 .labels = {"tenant"}};
inline constexpr metrics::Definition kModelInfo{
    .name = "rapport_churn_model_info",
    .help = "1 for each model in use, by the first 12 digits of its version. The same on every replica.",
    .type = metrics::Type::kGauge,
    .labels = {"tenant", "version", "state"}};
inline constexpr metrics::Definition kModelAge{
    .name = "rapport_churn_model_age_seconds",
    .help = "Time since the model in use was trained. The same on every replica.",
    .type = metrics::Type::kGauge,
    .labels = {"tenant", "state"}};
inline constexpr metrics::Definition kInputDrift{
    .name = "rapport_churn_input_drift_index",
    .help = "Population stability index of the feature that moved most since the active model was trained.",
    .type = metrics::Type::kGauge,
    .labels = {"tenant"}};
inline constexpr metrics::Definition kDriftingFeatures{
    .name = "rapport_churn_drifting_features",
    .help = "Features that moved by more than chance, with an index above 0.1, since the active model was trained.",
    .type = metrics::Type::kGauge,
    .labels = {"tenant"}};
inline constexpr metrics::Definition kOutcomeObserved{
    .name = "rapport_churn_outcome_observed_ratio",
    .help = "Share lost among the customers whose horizon has passed since they were scored.",
    .type = metrics::Type::kGauge,
    .labels = {"tenant"}};
inline constexpr metrics::Definition kOutcomePredicted{.name = "rapport_churn_outcome_predicted_ratio",
                                                       .help = "Mean probability that had been given to them.",
                                                       .type = metrics::Type::kGauge,
                                                       .labels = {"tenant"}};
inline constexpr metrics::Definition kOutcomeDrift{
    .name = "rapport_churn_outcome_drift_significant",
    .help = "1 while observed and predicted losses differ by more than chance.",
    .type = metrics::Type::kGauge,
    .labels = {"tenant"}};
inline constexpr metrics::Definition kLogoChurn{
    .name = "rapport_churn_logo_churn_ratio",
    .help = "Customers lost in the last 30 days over customers active at their begin.",
    .type = metrics::Type::kGauge,
    .labels = {"tenant"}};
inline constexpr metrics::Definition kRevenueChurn{
    .name = "rapport_churn_revenue_churn_ratio",
    .help = "Recurring revenue lost in the last 30 days over that of their begin, gross and net.",
    .type = metrics::Type::kGauge,
    .labels = {"tenant", "kind", "currency"}};
inline constexpr metrics::Definition kActiveCustomers{.name = "rapport_churn_active_customers",
                                                      .help = "Active customers.",
                                                      .type = metrics::Type::kGauge,
                                                      .labels = {"tenant"}};
inline constexpr metrics::Definition kRecurringRevenue{
    .name = "rapport_churn_recurring_revenue_minor",
    .help = "Monthly recurring revenue in minor units of the currency, such as cents.",
    .type = metrics::Type::kGauge,
    .labels = {"tenant", "currency"}};
inline constexpr metrics::Definition kRetention{
    .name = "rapport_churn_retention_ratio",
    .help = "Kaplan-Meier estimate of the share of customers who stay for longer than so many months.",
    .type = metrics::Type::kGauge,
    .labels = {"tenant", "months"}};
inline constexpr metrics::Definition kConversion{
    .name = "rapport_churn_conversion_ratio",
    .help =
        "Customers converted within so many months over those signed up, of the latest 12 months whose window has "
        "passed.",
    .type = metrics::Type::kGauge,
    .labels = {"tenant", "months"}};
inline constexpr metrics::Definition kTrainingsTotal{.name = "rapport_churn_trainings_total",
                                                     .help = "Trainings that ended on this replica, by outcome.",
                                                     .type = metrics::Type::kCounter,
                                                     .labels = {"tenant", "outcome"}};
inline constexpr metrics::Definition kPeerCalls{
    .name = "rapport_churn_peer_calls_total",
    .help = "Calls of the other services, by what became of them; CIRCUIT_OPEN was not made.",
    .type = metrics::Type::kCounter,
    .labels = {"peer", "outcome"}};
inline constexpr metrics::Definition kPeerCallDuration{.name = "rapport_churn_peer_call_duration_seconds",
                                                       .help = "Time of a call of another service.",
                                                       .type = metrics::Type::kHistogram,
                                                       .labels = {"peer"},
                                                       .buckets = kPeerSeconds};
inline constexpr metrics::Definition kPeerCache{
    .name = "rapport_churn_peer_cache_total",
    .help = "Customers for whom another service's answer was needed, by where it came from.",
    .type = metrics::Type::kCounter,
    .labels = {"peer", "outcome"}};
inline constexpr metrics::Definition kPeerCircuitOpen{
    .name = "rapport_churn_peer_circuit_open",
    .help = "1 while this replica does not call the other service because it failed again and again.",
    .type = metrics::Type::kGauge,
    .labels = {"peer"}};

inline constexpr const metrics::Definition* kChurnMetrics[] = {
    &kActivitiesTotal,  &kActivityLag,      &kCustomers,    &kScoresTotal,    &kBandChangesTotal, &kSweepFinished,
    &kSweepDuration,    &kSweptTotal,       &kModelInfo,    &kModelAge,       &kInputDrift,       &kDriftingFeatures,
    &kOutcomeObserved,  &kOutcomePredicted, &kOutcomeDrift, &kLogoChurn,      &kRevenueChurn,     &kActiveCustomers,
    &kRecurringRevenue, &kRetention,        &kConversion,   &kTrainingsTotal, &kPeerCalls,        &kPeerCallDuration,
    &kPeerCache,        &kPeerCircuitOpen};

// The other services.
enum class Peer { kRatings, kResponseTimes };
enum class PeerOutcome { kOk, kError, kCircuitOpen };
enum class CacheOutcome { kFresh, kFetched, kStale, kMissing };

// A tenant's figures that are looked up, not counted. What is absent is not shown.
struct TenantFigures {
  std::map<v1::HealthBand, int64_t> customers_by_band;  // unspecified: without a score
  int64_t active_customers = 0;
  std::optional<double> logo_churn;
  std::map<std::string, double> gross_revenue_churn;  // by currency
  std::map<std::string, double> net_revenue_churn;
  std::map<std::string, int64_t> recurring_revenue_minor;
  std::map<int, double> retention;   // by months
  std::map<int, double> conversion;  // by months
};

struct ModelFigures {
  struct InUse {
    std::string version;
    absl::Duration age;
  };
  std::optional<InUse> active;
  std::optional<InUse> shadow;
  std::optional<double> input_drift;
  int64_t drifting_features = 0;
  std::optional<double> outcome_observed;
  double outcome_predicted = 0;
  bool outcome_drift = false;
};

// Counts what is done. Thread-safe.
class ChurnMetrics {
 public:
  explicit ChurnMetrics(metrics::Registry& registry);
  ~ChurnMetrics();

  // Makes the series of a tenant, so that rates have a 0 to begin from.
  void Meet(absl::string_view tenant);

  void OnRecorded(absl::string_view tenant, const v1::Activity& activity, v1::Outcome outcome, absl::Time received_at);
  void OnRejected(absl::string_view tenant);

  void OnScored(absl::string_view tenant, v1::ScoreKind kind, int64_t count);
  void OnBandChange(absl::string_view tenant, v1::HealthBand from, v1::HealthBand to);
  void OnPartitionSwept(absl::string_view tenant, int64_t customers, absl::Duration duration);
  void OnTrainingEnded(absl::string_view tenant, v1::TrainingState state);

  void OnPeerCall(Peer peer, PeerOutcome outcome, absl::Duration duration);
  void OnPeerCache(Peer peer, CacheOutcome outcome, int64_t customers);
  void OnCircuit(Peer peer, bool open);

  // For hooks of the registry's collection.
  void ShowFigures(absl::string_view tenant, const TenantFigures& figures);
  void ShowModels(absl::string_view tenant, const ModelFigures& figures);
  void ShowSweepFinished(absl::string_view tenant, absl::Time finished);

 private:
  class Tenant;

  struct PeerMetrics {
    std::array<metrics::Counter*, 3> calls{};
    std::array<metrics::Counter*, 4> cache{};
    metrics::Histogram* duration = nullptr;
    metrics::Gauge* circuit_open = nullptr;
  };

  metrics::Histogram& sweep_duration_;
  std::array<PeerMetrics, 2> peers_;
  std::unique_ptr<metrics::PerTenant<Tenant>> tenants_;
};

}  // namespace rapport::churn

#endif  // RAPPORT_SERVICES_CHURN_SERVICE_CHURN_METRICS_H_

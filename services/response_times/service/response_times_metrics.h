#ifndef RAPPORT_SERVICES_RESPONSE_TIMES_SERVICE_RESPONSE_TIMES_METRICS_H_
#define RAPPORT_SERVICES_RESPONSE_TIMES_SERVICE_RESPONSE_TIMES_METRICS_H_

#include <array>
#include <cstddef>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/metrics/definition.h"
#include "common/metrics/per_tenant.h"
#include "common/metrics/registry.h"
#include "rapport/response_times/storage/v1/storage.pb.h"
#include "rapport/response_times/v1/conversations.pb.h"
#include "rapport/response_times/v1/promises.pb.h"

namespace rapport::response_times {

// 1, 5, 15 and 60 minutes, 6 hours, 1, 3, 7 and 30 days.
inline constexpr double kResponseSeconds[] = {60, 300, 900, 3600, 21600, 86400, 259200, 604800, 2592000};
inline constexpr double kEventLagSeconds[] = {1, 5, 15, 60, 300, 900, 3600, 21600, 86400};

inline constexpr metrics::Definition kEventsTotal{
    .name = "rapport_response_times_events_total",
    .help = "Conversation events received, by tenant, kind and what became of them.",
    .type = metrics::Type::kCounter,
    .labels = {"tenant", "kind", "outcome"}};
inline constexpr metrics::Definition kResponseTime{
    .name = "rapport_response_time_seconds",
    .help = "Times measured, when they were measured first, by tenant, metric, clock and channel.",
    .type = metrics::Type::kHistogram,
    .labels = {"tenant", "metric", "clock", "channel"},
    .buckets = kResponseSeconds};
inline constexpr metrics::Definition kPromisesTotal{
    .name = "rapport_promises_total",
    .help = "Promises that were kept, kept late or cancelled, by tenant and origin, when that was recorded.",
    .type = metrics::Type::kCounter,
    .labels = {"tenant", "origin", "outcome"}};
inline constexpr metrics::Definition kPromisesOpen{
    .name = "rapport_promises_open",
    .help =
        "Promises not kept: pending, about to break within 15 minutes (also counted as pending), or broken within "
        "the last 24 hours. The same on every replica.",
    .type = metrics::Type::kGauge,
    .labels = {"tenant", "state"}};
inline constexpr metrics::Definition kBacklog{
    .name = "rapport_backlog_conversations",
    .help = "Conversations that wait for us now, by tenant and channel. The same on every replica.",
    .type = metrics::Type::kGauge,
    .labels = {"tenant", "channel"}};
inline constexpr metrics::Definition kBacklogAge{
    .name = "rapport_backlog_oldest_wait_seconds",
    .help =
        "How long the conversation that waits longest has waited, by tenant and channel. The same on every replica.",
    .type = metrics::Type::kGauge,
    .labels = {"tenant", "channel"}};
inline constexpr metrics::Definition kEscalationsTotal{
    .name = "rapport_escalations_total",
    .help = "Escalations recorded for the first time, by tenant and reason.",
    .type = metrics::Type::kCounter,
    .labels = {"tenant", "reason"}};
inline constexpr metrics::Definition kEventLag{
    .name = "rapport_response_times_ingest_lag_seconds",
    .help = "How long after it occurred an event was recorded for the first time, by tenant.",
    .type = metrics::Type::kHistogram,
    .labels = {"tenant"},
    .buckets = kEventLagSeconds};

inline constexpr const metrics::Definition* kResponseTimesMetrics[] = {
    &kEventsTotal, &kResponseTime, &kPromisesTotal,    &kPromisesOpen,
    &kBacklog,     &kBacklogAge,   &kEscalationsTotal, &kEventLag};

// What waits of a tenant at one moment.
struct BacklogSnapshot {
  static constexpr size_t kChannels = 12;
  struct Channel {
    int64_t waiting = 0;
    absl::Duration oldest;
  };
  std::array<Channel, kChannels> channels;
  int64_t promises_pending = 0;
  int64_t promises_about_to_break = 0;
  int64_t promises_broken = 0;
};

// Counts what is recorded of a tenant. All its series exist from the start, so that a rate has a 0 to begin from.
// Thread-safe.
class TenantMetrics {
 public:
  TenantMetrics(metrics::Registry& registry, absl::string_view tenant);

  void OnRecorded(const v1::ConversationEvent& event, v1::Outcome outcome, absl::Time received_at);
  void OnRejected();
  // What is measured of a conversation now, and was measured before.
  void OnMeasured(const storage::v1::Analysis& before, const storage::v1::Analysis& after);
  void OnPromise(v1::PromiseOrigin origin, v1::PromiseState state);
  void OnBacklog(const BacklogSnapshot& snapshot);

 private:
  static constexpr size_t kChannels = BacklogSnapshot::kChannels;
  static constexpr size_t kKinds = 13;  // 0: none, of a deleted event
  static constexpr size_t kOutcomes = 6;
  static constexpr size_t kMetrics = 5;  // up to METRIC_FULL_RESOLUTION_TIME
  static constexpr size_t kReasons = 11;
  using Histograms = std::array<std::array<metrics::Histogram*, kChannels>, 2>;

  void Observe(v1::Metric metric, const storage::v1::Stretch& stretch);

  std::array<std::array<metrics::Counter*, kOutcomes>, kKinds> events_{};
  std::array<Histograms, kMetrics> times_{};
  std::array<std::array<metrics::Counter*, 6>, 3> promises_{};
  std::array<metrics::Counter*, kReasons> escalations_{};
  std::array<metrics::Gauge*, kChannels> backlog_{};
  std::array<metrics::Gauge*, kChannels> oldest_{};
  metrics::Gauge* pending_;
  metrics::Gauge* about_to_break_;
  metrics::Gauge* broken_;
  metrics::Counter* rejected_;
  metrics::Histogram* lag_;
};

using ResponseTimesMetrics = metrics::PerTenant<TenantMetrics>;

}  // namespace rapport::response_times

#endif  // RAPPORT_SERVICES_RESPONSE_TIMES_SERVICE_RESPONSE_TIMES_METRICS_H_

#include "services/churn/service/churn_metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "common/time/interval.h"
#include "services/churn/core/record.h"

namespace rapport::churn {
namespace {

constexpr size_t kKinds = v1::ActivityKind_ARRAYSIZE;  // 0: none, of a deleted activity
constexpr size_t kOutcomes = v1::Outcome_ARRAYSIZE;
constexpr size_t kBands = v1::HealthBand_ARRAYSIZE;
constexpr size_t kScoreKinds = v1::ScoreKind_ARRAYSIZE;
constexpr absl::string_view kPeerNames[] = {"ratings", "response_times"};
constexpr absl::string_view kPeerOutcomes[] = {"OK", "ERROR", "CIRCUIT_OPEN"};
constexpr absl::string_view kCacheOutcomes[] = {"FRESH", "FETCHED", "STALE", "MISSING"};
constexpr size_t kVersionDigits = 12;

template <typename Name>
absl::string_view WithoutPrefix(const Name& name, absl::string_view prefix) {
  return absl::string_view(name).substr(prefix.size());
}

absl::string_view NameOf(v1::ActivityKind kind) {
  return kind == v1::ACTIVITY_KIND_UNSPECIFIED ? "NONE" : WithoutPrefix(v1::ActivityKind_Name(kind), "ACTIVITY_KIND_");
}
absl::string_view NameOf(v1::Outcome outcome) {
  return WithoutPrefix(v1::Outcome_Name(outcome), "OUTCOME_");
}
absl::string_view NameOf(v1::HealthBand band) {
  return band == v1::HEALTH_BAND_UNSPECIFIED ? "UNKNOWN" : WithoutPrefix(v1::HealthBand_Name(band), "HEALTH_BAND_");
}
absl::string_view NameOf(v1::ScoreKind kind) {
  return WithoutPrefix(v1::ScoreKind_Name(kind), "SCORE_KIND_");
}
absl::string_view NameOf(v1::TrainingState state) {
  return WithoutPrefix(v1::TrainingState_Name(state), "TRAINING_STATE_");
}

// Gauges of one definition that come and go: one that is no longer told says NaN, as Prometheus has it for "no value",
// and is gone when it is not told the next time either. So versions of models do not add up.
class Gauges {
 public:
  Gauges(metrics::Registry& registry, const metrics::Definition& definition)
      : registry_(registry), definition_(definition) {}

  void Begin() {
    for (auto each = gauges_.begin(); each != gauges_.end();) {
      metrics::Gauge& gauge = *each->second;
      if (std::isnan(gauge.Value())) {
        registry_.Drop(definition_, gauge);
        each = gauges_.erase(each);
        continue;
      }
      gauge.Set(std::numeric_limits<double>::quiet_NaN());
      ++each;
    }
  }
  // `first` to `third` are the values of the labels, as many as the definition has.
  void Set(double value, const std::string& first, const std::string& second = "", const std::string& third = "") {
    metrics::Gauge*& gauge = gauges_[{first, second, third}];
    if (gauge == nullptr) gauge = &Get(first, second, third);
    gauge->Set(value);
  }

 private:
  metrics::Gauge& Get(const std::string& first, const std::string& second, const std::string& third) {
    if (definition_.label_count() == 1) return registry_.GetGauge(definition_, {first});
    if (definition_.label_count() == 2) return registry_.GetGauge(definition_, {first, second});
    return registry_.GetGauge(definition_, {first, second, third});
  }

  metrics::Registry& registry_;
  const metrics::Definition& definition_;
  std::map<std::array<std::string, 3>, metrics::Gauge*> gauges_;
};

}  // namespace

// The instruments of one tenant.
class ChurnMetrics::Tenant {
 public:
  Tenant(metrics::Registry& registry, absl::string_view tenant)
      : registry_(registry),
        name_(tenant),
        lag_(registry.GetHistogram(kActivityLag, {tenant})),
        rejected_(registry.GetCounter(kActivitiesTotal, {tenant, "ANY", "REJECTED"})),
        swept_(registry.GetCounter(kSweptTotal, {tenant})),
        active_customers_(registry, kActiveCustomers),
        customers_(registry, kCustomers),
        logo_churn_(registry, kLogoChurn),
        revenue_churn_(registry, kRevenueChurn),
        recurring_revenue_(registry, kRecurringRevenue),
        retention_(registry, kRetention),
        conversion_(registry, kConversion),
        model_info_(registry, kModelInfo),
        model_age_(registry, kModelAge),
        input_drift_(registry, kInputDrift),
        drifting_features_(registry, kDriftingFeatures),
        outcome_observed_(registry, kOutcomeObserved),
        outcome_predicted_(registry, kOutcomePredicted),
        outcome_drift_(registry, kOutcomeDrift),
        sweep_finished_(registry, kSweepFinished) {
    for (size_t kind = 0; kind < kKinds; ++kind) {
      for (size_t outcome = 1; outcome < kOutcomes; ++outcome) {
        activities_[kind][outcome] = &registry.GetCounter(
            kActivitiesTotal,
            {tenant, NameOf(static_cast<v1::ActivityKind>(kind)), NameOf(static_cast<v1::Outcome>(outcome))});
      }
    }
    for (size_t kind = 1; kind < kScoreKinds; ++kind) {
      scores_[kind] = &registry.GetCounter(kScoresTotal, {tenant, NameOf(static_cast<v1::ScoreKind>(kind))});
    }
    for (size_t from = 0; from < kBands; ++from) {
      for (size_t to = 0; to < kBands; ++to) {
        if (from == to) continue;
        band_changes_[from][to] = &registry.GetCounter(
            kBandChangesTotal,
            {tenant, NameOf(static_cast<v1::HealthBand>(from)), NameOf(static_cast<v1::HealthBand>(to))});
      }
    }
    for (const v1::TrainingState state :
         {v1::TRAINING_STATE_SUCCEEDED, v1::TRAINING_STATE_FAILED, v1::TRAINING_STATE_CANCELLED}) {
      OnTrainingEnded(state, 0);
    }
  }

  void OnRecorded(const v1::Activity& activity, v1::Outcome outcome, absl::Time received_at) {
    activities_[KindOf(activity)][outcome]->Increment();
    if (outcome != v1::OUTCOME_CREATED) return;
    const absl::Duration lag = received_at - FromProto(activity.occurred_at());
    lag_.Observe(std::max(absl::ToDoubleSeconds(lag), 0.0));
  }
  void OnRejected() { rejected_.Increment(); }
  void OnScored(v1::ScoreKind kind, int64_t count) { scores_[kind]->Increment(static_cast<double>(count)); }
  void OnBandChange(v1::HealthBand from, v1::HealthBand to) {
    if (from != to) band_changes_[from][to]->Increment();
  }
  void OnSwept(int64_t customers) { swept_.Increment(static_cast<double>(customers)); }
  void OnTrainingEnded(v1::TrainingState state, double times = 1) {
    registry_.GetCounter(kTrainingsTotal, {name_, NameOf(state)}).Increment(times);
  }

  void ShowFigures(const TenantFigures& figures) {
    if (is_shared_) return;
    const absl::MutexLock lock(&mutex_);
    for (Gauges* gauges :
         {&customers_, &logo_churn_, &revenue_churn_, &recurring_revenue_, &retention_, &conversion_}) {
      gauges->Begin();
    }
    for (size_t band = 0; band < kBands; ++band) {
      const auto found = figures.customers_by_band.find(static_cast<v1::HealthBand>(band));
      const int64_t count = found == figures.customers_by_band.end() ? 0 : found->second;
      customers_.Set(static_cast<double>(count), name_, std::string(NameOf(static_cast<v1::HealthBand>(band))));
    }
    active_customers_.Set(static_cast<double>(figures.active_customers), name_);
    if (figures.logo_churn) logo_churn_.Set(*figures.logo_churn, name_);
    for (const auto& [currency, value] : figures.gross_revenue_churn)
      revenue_churn_.Set(value, name_, "GROSS", currency);
    for (const auto& [currency, value] : figures.net_revenue_churn) revenue_churn_.Set(value, name_, "NET", currency);
    for (const auto& [currency, minor] : figures.recurring_revenue_minor) {
      recurring_revenue_.Set(static_cast<double>(minor), name_, currency);
    }
    for (const auto& [months, value] : figures.retention) retention_.Set(value, name_, absl::StrCat(months));
    for (const auto& [months, value] : figures.conversion) conversion_.Set(value, name_, absl::StrCat(months));
  }

  void ShowModels(const ModelFigures& figures) {
    if (is_shared_) return;
    const absl::MutexLock lock(&mutex_);
    for (Gauges* gauges : {&model_info_, &model_age_, &input_drift_, &drifting_features_, &outcome_observed_,
                           &outcome_predicted_, &outcome_drift_}) {
      gauges->Begin();
    }
    ShowInUse(figures.active, "ACTIVE");
    ShowInUse(figures.shadow, "SHADOW");
    if (figures.input_drift) {
      input_drift_.Set(*figures.input_drift, name_);
      drifting_features_.Set(static_cast<double>(figures.drifting_features), name_);
    }
    if (figures.outcome_observed) {
      outcome_observed_.Set(*figures.outcome_observed, name_);
      outcome_predicted_.Set(figures.outcome_predicted, name_);
      outcome_drift_.Set(figures.outcome_drift ? 1 : 0, name_);
    }
  }

  void ShowSweepFinished(absl::Time finished) {
    if (is_shared_) return;
    const absl::MutexLock lock(&mutex_);
    sweep_finished_.Set(absl::ToDoubleSeconds(finished - absl::UnixEpoch()), name_);
  }

 private:
  void ShowInUse(const std::optional<ModelFigures::InUse>& model, const std::string& state)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (!model) return;
    model_info_.Set(1, name_, model->version.substr(0, kVersionDigits), state);
    model_age_.Set(absl::ToDoubleSeconds(model->age), name_, state);
  }

  metrics::Registry& registry_;
  const std::string name_;
  // Counts of several tenants add up, their figures do not.
  const bool is_shared_ = name_ == metrics::kOtherTenants;
  std::array<std::array<metrics::Counter*, kOutcomes>, kKinds> activities_{};
  std::array<metrics::Counter*, kScoreKinds> scores_{};
  std::array<std::array<metrics::Counter*, kBands>, kBands> band_changes_{};
  metrics::Histogram& lag_;
  metrics::Counter& rejected_;
  metrics::Counter& swept_;
  absl::Mutex mutex_;
  Gauges active_customers_ ABSL_GUARDED_BY(mutex_);
  Gauges customers_ ABSL_GUARDED_BY(mutex_);
  Gauges logo_churn_ ABSL_GUARDED_BY(mutex_);
  Gauges revenue_churn_ ABSL_GUARDED_BY(mutex_);
  Gauges recurring_revenue_ ABSL_GUARDED_BY(mutex_);
  Gauges retention_ ABSL_GUARDED_BY(mutex_);
  Gauges conversion_ ABSL_GUARDED_BY(mutex_);
  Gauges model_info_ ABSL_GUARDED_BY(mutex_);
  Gauges model_age_ ABSL_GUARDED_BY(mutex_);
  Gauges input_drift_ ABSL_GUARDED_BY(mutex_);
  Gauges drifting_features_ ABSL_GUARDED_BY(mutex_);
  Gauges outcome_observed_ ABSL_GUARDED_BY(mutex_);
  Gauges outcome_predicted_ ABSL_GUARDED_BY(mutex_);
  Gauges outcome_drift_ ABSL_GUARDED_BY(mutex_);
  Gauges sweep_finished_ ABSL_GUARDED_BY(mutex_);
};

ChurnMetrics::ChurnMetrics(metrics::Registry& registry)
    : sweep_duration_(registry.GetHistogram(kSweepDuration)),
      tenants_(std::make_unique<metrics::PerTenant<Tenant>>(registry)) {
  for (size_t peer = 0; peer < peers_.size(); ++peer) {
    const absl::string_view name = kPeerNames[peer];
    PeerMetrics& metrics = peers_[peer];
    for (size_t i = 0; i < metrics.calls.size(); ++i) {
      metrics.calls[i] = &registry.GetCounter(kPeerCalls, {name, kPeerOutcomes[i]});
    }
    for (size_t i = 0; i < metrics.cache.size(); ++i) {
      metrics.cache[i] = &registry.GetCounter(kPeerCache, {name, kCacheOutcomes[i]});
    }
    metrics.duration = &registry.GetHistogram(kPeerCallDuration, {name});
    metrics.circuit_open = &registry.GetGauge(kPeerCircuitOpen, {name});
  }
}

ChurnMetrics::~ChurnMetrics() = default;

void ChurnMetrics::Meet(absl::string_view tenant) {
  tenants_->Of(tenant);
}

void ChurnMetrics::OnRecorded(absl::string_view tenant, const v1::Activity& activity, v1::Outcome outcome,
                              absl::Time received_at) {
  tenants_->Of(tenant).OnRecorded(activity, outcome, received_at);
}

void ChurnMetrics::OnRejected(absl::string_view tenant) {
  tenants_->Of(tenant).OnRejected();
}

void ChurnMetrics::OnScored(absl::string_view tenant, v1::ScoreKind kind, int64_t count) {
  tenants_->Of(tenant).OnScored(kind, count);
}

void ChurnMetrics::OnBandChange(absl::string_view tenant, v1::HealthBand from, v1::HealthBand to) {
  tenants_->Of(tenant).OnBandChange(from, to);
}

void ChurnMetrics::OnPartitionSwept(absl::string_view tenant, int64_t customers, absl::Duration duration) {
  tenants_->Of(tenant).OnSwept(customers);
  sweep_duration_.Observe(absl::ToDoubleSeconds(duration));
}

void ChurnMetrics::OnTrainingEnded(absl::string_view tenant, v1::TrainingState state) {
  tenants_->Of(tenant).OnTrainingEnded(state);
}

void ChurnMetrics::OnPeerCall(Peer peer, PeerOutcome outcome, absl::Duration duration) {
  PeerMetrics& metrics = peers_[static_cast<size_t>(peer)];
  metrics.calls[static_cast<size_t>(outcome)]->Increment();
  if (outcome != PeerOutcome::kCircuitOpen) metrics.duration->Observe(absl::ToDoubleSeconds(duration));
}

void ChurnMetrics::OnPeerCache(Peer peer, CacheOutcome outcome, int64_t customers) {
  peers_[static_cast<size_t>(peer)].cache[static_cast<size_t>(outcome)]->Increment(static_cast<double>(customers));
}

void ChurnMetrics::OnCircuit(Peer peer, bool open) {
  peers_[static_cast<size_t>(peer)].circuit_open->Set(open ? 1 : 0);
}

void ChurnMetrics::ShowFigures(absl::string_view tenant, const TenantFigures& figures) {
  tenants_->Of(tenant).ShowFigures(figures);
}

void ChurnMetrics::ShowModels(absl::string_view tenant, const ModelFigures& figures) {
  tenants_->Of(tenant).ShowModels(figures);
}

void ChurnMetrics::ShowSweepFinished(absl::string_view tenant, absl::Time finished) {
  tenants_->Of(tenant).ShowSweepFinished(finished);
}

}  // namespace rapport::churn

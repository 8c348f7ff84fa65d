#ifndef RAPPORT_TESTS_CHURN_SCORES_REPLICA_H_
#define RAPPORT_TESTS_CHURN_SCORES_REPLICA_H_

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/metrics/registry.h"
#include "common/service/tenants.h"
#include "common/store/store.h"
#include "common/write/write_path.h"
#include "rapport/churn/v1/activities.pb.h"
#include "services/churn/service/active_models.h"
#include "services/churn/service/churn_metrics.h"
#include "services/churn/service/directory.h"
#include "services/churn/service/feature_reader.h"
#include "services/churn/service/health_rules_store.h"
#include "services/churn/service/model_store.h"
#include "services/churn/service/peers.h"
#include "services/churn/service/reader.h"
#include "services/churn/service/recorder.h"
#include "services/churn/service/scoring.h"
#include "services/churn/service/sweep.h"

namespace rapport::churn {

inline constexpr char kTenant[] = "acme";

std::shared_ptr<store::Store> OpenChurnStore(const std::string& url);

// Services that say what tests let them, and note who was asked for.
class FakePeers final : public Peers {
 public:
  PeerAnswers Ask(absl::string_view tenant, const std::vector<std::string>& ids, std::optional<absl::Time> as_of,
                  absl::Time deadline) override;
  bool IsAsked(v1::FeatureSource source) const override;

  // What the ratings service knows of every customer; it does not answer unless this is set.
  void SetSatisfaction(const ratings::v1::CustomerSatisfaction& satisfaction, absl::Time fetched_at);
  // How often each customer was asked for.
  std::map<std::string, int> asked() const;

 private:
  mutable absl::Mutex mutex_;
  std::map<std::string, int> asked_ ABSL_GUARDED_BY(mutex_);
  std::optional<ratings::v1::CustomerSatisfaction> satisfaction_ ABSL_GUARDED_BY(mutex_);
  absl::Time fetched_at_ ABSL_GUARDED_BY(mutex_);
};

// One process's part of the service, on a store that replicas share, with a clock that tests set.
class Replica {
 public:
  Replica(std::shared_ptr<store::Store> store, absl::Time now, Sweep::Options options = {});
  ~Replica();
  Replica(const Replica&) = delete;
  Replica& operator=(const Replica&) = delete;

  void SetNow(absl::Time now) { now_ms_ = absl::ToUnixMillis(now); }
  absl::Time now() const { return absl::FromUnixMillis(now_ms_); }

  // Records activities of which none is refused.
  void Record(absl::Span<const v1::Activity> activities);
  void Erase(absl::string_view customer_id);

  // Sweeps what is due; a failure of the test unless that goes well.
  void RunDue(const std::function<bool()>& go_on = [] { return true; });

  // The sum of a metric over its labels.
  double Metric(absl::string_view name) const;

  store::Store& store() { return *store_; }
  Reader& reader() { return reader_; }
  Directory& directory() { return directory_; }
  FakePeers& peers() { return peers_; }
  FeatureReader& features() { return features_; }
  HealthRulesStore& health_rules() { return health_rules_; }
  ModelStore& models() { return models_; }
  ActiveModels& active_models() { return active_models_; }
  Scoring& scoring() { return scoring_; }
  Sweep& sweep() { return sweep_; }
  service::Tenants& tenants() { return tenants_; }
  ChurnMetrics& metrics() { return metrics_; }
  metrics::Registry& registry() { return registry_; }
  write::WritePath& path() { return path_; }

 private:
  const std::shared_ptr<store::Store> store_;
  std::atomic<int64_t> now_ms_;
  const std::function<absl::Time()> clock_ = [this] { return now(); };
  mutable metrics::Registry registry_;
  write::WritePath path_;
  service::Tenants tenants_;
  ChurnMetrics metrics_;
  Reader reader_;
  Recorder recorder_;
  Directory directory_;
  FakePeers peers_;
  FeatureReader features_;
  HealthRulesStore health_rules_;
  ModelStore models_;
  ActiveModels active_models_;
  Scoring scoring_;
  Sweep sweep_;
};

// A model of standard features that was trained on customers who leave when they do not log in or voice concern.
// `horizon_days` goes into its metadata.
v1::Model StandardModel(uint32_t seed = 1, int horizon_days = 30);
// The same of features of its own.
v1::Model OtherModel();

// Registers a model and makes it the active one, seen at once by all replicas whose clock then moves on.
void Activate(Replica& replica, const v1::Model& model);

}  // namespace rapport::churn

#endif  // RAPPORT_TESTS_CHURN_SCORES_REPLICA_H_

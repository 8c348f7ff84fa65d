#include "tests/churn_scores/replica.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/synchronization/notification.h"
#include "common/store/open_store.h"
#include "common/time/interval.h"
#include "services/churn/core/features.h"
#include "services/churn/model/profile.h"
#include "services/churn/model/sealed_model.h"
#include "services/churn/model/trainer.h"

namespace rapport::churn {
namespace {

template <typename T>
T Must(absl::StatusOr<T> value) {
  if (!value.ok()) {
    ADD_FAILURE() << value.status();
    std::abort();
  }
  return *std::move(value);
}

v1::SourceState MissingState(v1::FeatureSource source) {
  v1::SourceState state;
  state.set_source(source);
  state.set_freshness(v1::FRESHNESS_MISSING);
  return state;
}

Sweep::Options Named(Sweep::Options options) {
  static std::atomic<int> replicas = 0;
  if (options.runner.empty()) options.runner = absl::StrCat("replica", ++replicas);
  return options;
}

// Rows of days without a login, concerns about leaving, plan, and whether somebody looks after the customer.
LabelledData Customers(const std::vector<v1::Feature>& features, uint32_t seed) {
  LabelledData data;
  for (const v1::Feature& feature : features) *data.schema.add_features() = feature;
  data.schema.mutable_features(2)->add_categories("basic");
  data.schema.mutable_features(2)->add_categories("pro");
  data.features.columns = features.size();
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> uniform;
  for (int i = 0; i < 600; ++i) {
    const float days = std::floor(60 * uniform(random));
    const float concerns = std::floor(3 * uniform(random) * uniform(random));
    const auto plan = std::floor(2 * uniform(random));
    const float owned = uniform(random) < 0.5F ? 1 : 0;
    const float log_odds = days / 15 + concerns - 2.5F - owned + (plan == 0 ? 0.5F : 0.0F);
    data.labels.push_back(uniform(random) < 1 / (1 + std::exp(-log_odds)) ? 1 : 0);
    const bool unknown = uniform(random) < 0.1F;
    data.features.values.insert(data.features.values.end(),
                                {unknown ? std::numeric_limits<float>::quiet_NaN() : days, concerns, plan, owned});
  }
  return data;
}

v1::Model Train(const LabelledData& data, uint32_t seed) {
  v1::TrainingOptions options;
  options.set_seed(seed);
  options.set_folds(2);
  options.set_skip_evaluation(true);
  return Must(TrainModel(data, options, absl::FromUnixSeconds(1'700'000'000), [](double) { return true; }));
}

}  // namespace

std::shared_ptr<store::Store> OpenChurnStore(const std::string& url) {
  store::StoreOptions options;
  options.url = url;
  options.service = "churn";
  options.partitions = 4;
  return Must(store::OpenStore(options));
}

PeerAnswers FakePeers::Ask(absl::string_view /*tenant*/, const std::vector<std::string>& ids,
                           std::optional<absl::Time> /*as_of*/, absl::Time /*deadline*/) {
  const absl::MutexLock lock(&mutex_);
  PeerAnswers answers;
  for (const std::string& id : ids) {
    ++asked_[id];
    auto& satisfaction = answers.satisfaction.emplace_back();
    satisfaction.state = MissingState(v1::FEATURE_SOURCE_RATINGS);
    if (satisfaction_) {
      satisfaction.answer = satisfaction_;
      satisfaction.state.set_freshness(v1::FRESHNESS_STALE);
      *satisfaction.state.mutable_fetched_at() = ToProto(fetched_at_);
    }
    answers.responsiveness.emplace_back().state = MissingState(v1::FEATURE_SOURCE_RESPONSE_TIMES);
  }
  return answers;
}

bool FakePeers::IsAsked(v1::FeatureSource /*source*/) const {
  return true;
}

void FakePeers::SetSatisfaction(const ratings::v1::CustomerSatisfaction& satisfaction, absl::Time fetched_at) {
  const absl::MutexLock lock(&mutex_);
  satisfaction_ = satisfaction;
  fetched_at_ = fetched_at;
}

std::map<std::string, int> FakePeers::asked() const {
  const absl::MutexLock lock(&mutex_);
  return asked_;
}

Replica::Replica(std::shared_ptr<store::Store> store, absl::Time now, Sweep::Options options)
    : store_(std::move(store)),
      now_ms_(absl::ToUnixMillis(now)),
      path_(*store_, write::WriteOptions(), nullptr),
      tenants_(*store_),
      metrics_(registry_),
      reader_(*store_, clock_),
      recorder_(path_, tenants_, *store_, metrics_, clock_),
      directory_(reader_),
      features_(reader_, peers_),
      health_rules_(*store_, clock_),
      models_(*store_, clock_),
      active_models_(models_),
      scoring_(features_, active_models_, health_rules_, metrics_, clock_),
      sweep_(Named(std::move(options)), reader_, directory_, features_, scoring_, active_models_, models_, path_,
             metrics_) {}

Replica::~Replica() {
  path_.Close();
}

void Replica::Record(absl::Span<const v1::Activity> activities) {
  std::vector<v1::ActivityResult> results(activities.size());
  std::vector<const v1::Activity*> sent;
  std::vector<v1::ActivityResult*> answered;
  for (size_t i = 0; i < activities.size(); ++i) {
    sent.push_back(&activities[i]);
    answered.push_back(&results[i]);
  }
  absl::Notification done;
  recorder_.Record(kTenant, absl::InfiniteFuture(), sent, answered, [&](const absl::Status& status) {
    EXPECT_TRUE(status.ok()) << status;
    done.Notify();
  });
  done.WaitForNotification();
  for (const v1::ActivityResult& result : results) EXPECT_EQ(result.status().code(), 0) << result.DebugString();
}

void Replica::Erase(absl::string_view customer_id) {
  absl::Notification done;
  recorder_.Erase(kTenant, customer_id, [&](const absl::StatusOr<int64_t>& erased) {
    EXPECT_TRUE(erased.ok()) << erased.status();
    done.Notify();
  });
  done.WaitForNotification();
}

void Replica::RunDue(const std::function<bool()>& go_on) {
  const absl::Status status = sweep_.RunDue(kTenant, go_on);
  EXPECT_TRUE(status.ok()) << status;
}

double Replica::Metric(absl::string_view name) const {
  const std::string text = registry_.Serialize();
  double sum = 0;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    if (!absl::StartsWith(line, name) || line.size() == name.size()) continue;
    if (line[name.size()] != '{' && line[name.size()] != ' ') continue;
    double value = 0;
    if (absl::SimpleAtod(line.substr(line.rfind(' ') + 1), &value)) sum += value;
  }
  return sum;
}

v1::Model StandardModel(uint32_t seed, int horizon_days) {
  std::vector<v1::Feature> features;
  for (const char* name : {"days_since_login", "leaving_concern_count_90d", "plan", "has_owner"}) {
    features.push_back(FindStandardFeature(name)->feature());
  }
  v1::Model model = Train(Customers(features, seed), seed);
  model.mutable_metadata()->set_standard_features(true);
  model.mutable_metadata()->set_horizon_days(horizon_days);
  return model;
}

v1::Model OtherModel() {
  std::vector<v1::Feature> features(4);
  const char* const names[] = {"silence", "complaints", "package", "key_account"};
  const v1::FeatureKind kinds[] = {v1::FEATURE_KIND_NUMERIC, v1::FEATURE_KIND_NUMERIC, v1::FEATURE_KIND_CATEGORICAL,
                                   v1::FEATURE_KIND_BOOLEAN};
  for (size_t i = 0; i < features.size(); ++i) {
    features[i].set_name(names[i]);
    features[i].set_kind(kinds[i]);
  }
  return Train(Customers(features, 1), 1);
}

void Activate(Replica& replica, const v1::Model& model) {
  FeatureMatrix none;
  none.columns = static_cast<size_t>(model.schema().features_size());
  const storage::v1::TrainingProfile profile = ProfileOf(model.schema(), none);
  const absl::Status added = replica.models().Add(kTenant, model, profile);
  EXPECT_TRUE(added.ok()) << added;
  const auto activated = replica.models().Activate(kTenant, model.metadata().version());
  EXPECT_TRUE(activated.ok()) << activated.status();
  replica.active_models().Refresh(kTenant);
}

}  // namespace rapport::churn

// Calls of the churn service, which asks no other service here.
#include <memory>
#include <utility>

#include "common/service/tenants.h"
#include "common/write/write_path.h"
#include "services/churn/service/active_models.h"
#include "services/churn/service/churn_metrics.h"
#include "services/churn/service/churn_service.h"
#include "services/churn/service/directory.h"
#include "services/churn/service/feature_reader.h"
#include "services/churn/service/health_rules_store.h"
#include "services/churn/service/model_store.h"
#include "services/churn/service/outcome_source.h"
#include "services/churn/service/peers.h"
#include "services/churn/service/reader.h"
#include "services/churn/service/recorder.h"
#include "services/churn/service/scoring.h"
#include "services/churn/service/sweep.h"
#include "services/churn/service/trainings.h"
#include "tests/fuzz/rpc_target.h"

namespace rapport::fuzz {
namespace {

class ServedChurn final : public Served {
 public:
  ServedChurn(server::RpcRuntime& runtime, store::Store& store, metrics::Registry& registry)
      : path_(store, write::WriteOptions(), nullptr),
        metrics_(registry),
        tenants_(store),
        reader_(store, Now),
        recorder_(path_, tenants_, store, metrics_, Now),
        directory_(reader_),
        peers_(std::move(churn::Peers::Create({}, reader_, metrics_)).value()),
        features_(reader_, *peers_),
        rules_(store, Now),
        models_(store, Now),
        active_models_(models_),
        scoring_(features_, active_models_, rules_, metrics_, Now),
        sweep_({.runner = "fuzz"}, reader_, directory_, features_, scoring_, active_models_, models_, path_, metrics_),
        training_store_(store, Now),
        trainings_({.runner = "fuzz"}, training_store_, models_,
                   churn::MakeOutcomeSource(reader_, directory_, features_), tenants_, metrics_),
        service_(
            runtime,
            {recorder_, reader_, directory_, features_, scoring_, sweep_, rules_, models_, active_models_, trainings_},
            {}) {}
  ~ServedChurn() override { path_.Close(); }

  grpc::Service& service() override { return service_; }
  absl::Status DoBackgroundWork() override { return trainings_.RunNext().status(); }

 private:
  write::WritePath path_;
  churn::ChurnMetrics metrics_;
  service::Tenants tenants_;
  churn::Reader reader_;
  churn::Recorder recorder_;
  churn::Directory directory_;
  const std::unique_ptr<churn::Peers> peers_;
  churn::FeatureReader features_;
  churn::HealthRulesStore rules_;
  churn::ModelStore models_;
  churn::ActiveModels active_models_;
  churn::Scoring scoring_;
  churn::Sweep sweep_;
  churn::TrainingStore training_store_;
  churn::Trainings trainings_;
  churn::ChurnService service_;
};

}  // namespace

const google::protobuf::ServiceDescriptor& ServiceUnderTest() {
  return *google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(
      churn::v1::ChurnService::service_full_name());
}

std::unique_ptr<Served> Serve(server::RpcRuntime& runtime, store::Store& store, metrics::Registry& registry) {
  return std::make_unique<ServedChurn>(runtime, store, registry);
}

}  // namespace rapport::fuzz

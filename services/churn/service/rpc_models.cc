// The RPCs about trainings and models.
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/request/fields.h"
#include "services/churn/service/active_models.h"
#include "services/churn/service/churn_service.h"
#include "services/churn/service/drift_query.h"
#include "services/churn/service/model_store.h"
#include "services/churn/service/recorded_outcomes.h"
#include "services/churn/service/trainings.h"

namespace rapport::churn {
namespace {

using access::v1::ROLE_ADMIN;
using access::v1::ROLE_READ;
using server::Call;
using server::RpcSpec;

constexpr RpcSpec kTrainModel{"TrainModel", {ROLE_ADMIN}};
constexpr RpcSpec kGetTraining{"GetTraining", {ROLE_READ}};
constexpr RpcSpec kListTrainings{"ListTrainings", {ROLE_READ}};
constexpr RpcSpec kCancelTraining{"CancelTraining", {ROLE_ADMIN}};
constexpr RpcSpec kListModels{"ListModels", {ROLE_READ}};
constexpr RpcSpec kGetModel{"GetModel", {ROLE_READ}};
constexpr RpcSpec kExportModel{"ExportModel", {ROLE_READ}};
constexpr RpcSpec kActivateModel{"ActivateModel", {ROLE_ADMIN}};
constexpr RpcSpec kRollBackModel{"RollBackModel", {ROLE_ADMIN}};
constexpr RpcSpec kSetShadowModel{"SetShadowModel", {ROLE_ADMIN}};
constexpr RpcSpec kGetDrift{"GetDrift", {ROLE_READ}};

// The model of a training with the state that it has in the registry now.
absl::Status SetModelState(ModelStore& models, const std::string& tenant, v1::Training& training) {
  if (!training.has_model()) return absl::OkStatus();
  const absl::StatusOr<storage::v1::ModelRegistry> registry = models.Registry(tenant);
  if (!registry.ok()) return registry.status();
  v1::ModelSummary known = SummaryOf(*registry, training.model().metadata().version());
  if (known.has_metadata()) *training.mutable_model() = std::move(known);
  return absl::OkStatus();
}

absl::Status AnswerTraining(ModelStore& models, const std::string& tenant, absl::StatusOr<v1::Training> training,
                            v1::Training& answer) {
  if (!training.ok()) return training.status();
  answer = *std::move(training);
  return SetModelState(models, tenant, answer);
}

// A model that is about to be used must be whole.
absl::Status CheckUsable(ActiveModels& models, const std::string& tenant, const std::string& version) {
  if (version.empty()) return Invalid("version", "missing;", "name the model");
  return models.Find(tenant, version).status();
}

}  // namespace

grpc::ServerUnaryReactor* ChurnService::TrainModel(grpc::CallbackServerContext* context,
                                                   const v1::TrainModelRequest* request,
                                                   v1::TrainModelResponse* response) {
  return runtime_.Blocking(context, kTrainModel, [=, this](const Call& call) -> absl::Status {
    if (request->has_recorded_outcomes()) {
      absl::Status valid = ParseOutcomes(request->recorded_outcomes(), parts_.models.Now()).status();
      if (!valid.ok()) return valid;
    }
    const std::string& tenant = call.principal.tenant;
    return AnswerTraining(parts_.models, tenant, parts_.trainings.Train(tenant, *request),
                          *response->mutable_training());
  });
}

grpc::ServerUnaryReactor* ChurnService::GetTraining(grpc::CallbackServerContext* context,
                                                    const v1::GetTrainingRequest* request,
                                                    v1::GetTrainingResponse* response) {
  return runtime_.Blocking(context, kGetTraining, [=, this](const Call& call) {
    const std::string& tenant = call.principal.tenant;
    return AnswerTraining(parts_.models, tenant, parts_.trainings.Get(tenant, request->training_id()),
                          *response->mutable_training());
  });
}

grpc::ServerUnaryReactor* ChurnService::ListTrainings(grpc::CallbackServerContext* context,
                                                      const v1::ListTrainingsRequest*,
                                                      v1::ListTrainingsResponse* response) {
  return runtime_.Blocking(context, kListTrainings, [=, this](const Call& call) -> absl::Status {
    const auto trainings = parts_.trainings.List(call.principal.tenant);
    if (!trainings.ok()) return trainings.status();
    const auto registry = parts_.models.Registry(call.principal.tenant);
    if (!registry.ok()) return registry.status();
    for (const v1::Training& training : *trainings) {
      v1::Training& shown = *response->add_trainings() = training;
      v1::ModelSummary known = SummaryOf(*registry, training.model().metadata().version());
      if (known.has_metadata()) *shown.mutable_model() = std::move(known);
    }
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* ChurnService::CancelTraining(grpc::CallbackServerContext* context,
                                                       const v1::CancelTrainingRequest* request,
                                                       v1::CancelTrainingResponse* response) {
  return runtime_.Blocking(context, kCancelTraining, [=, this](const Call& call) {
    const std::string& tenant = call.principal.tenant;
    return AnswerTraining(parts_.models, tenant, parts_.trainings.Cancel(tenant, request->training_id()),
                          *response->mutable_training());
  });
}

grpc::ServerUnaryReactor* ChurnService::ListModels(grpc::CallbackServerContext* context, const v1::ListModelsRequest*,
                                                   v1::ListModelsResponse* response) {
  return runtime_.Blocking(context, kListModels, [=, this](const Call& call) -> absl::Status {
    const auto registry = parts_.models.Registry(call.principal.tenant);
    if (!registry.ok()) return registry.status();
    for (const v1::ModelSummary& model : registry->models()) *response->add_models() = SummaryOf(*registry, model);
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* ChurnService::GetModel(grpc::CallbackServerContext* context,
                                                 const v1::GetModelRequest* request, v1::GetModelResponse* response) {
  return runtime_.Blocking(context, kGetModel, [=, this](const Call& call) -> absl::Status {
    const auto registry = parts_.models.Registry(call.principal.tenant);
    if (!registry.ok()) return registry.status();
    const absl::StatusOr<std::string> version = ResolveVersion(*registry, request->version());
    if (!version.ok()) return version.status();
    *response->mutable_model() = SummaryOf(*registry, *version);
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* ChurnService::ExportModel(grpc::CallbackServerContext* context,
                                                    const v1::ExportModelRequest* request,
                                                    v1::ExportModelResponse* response) {
  return runtime_.Blocking(context, kExportModel, [=, this](const Call& call) -> absl::Status {
    const auto registry = parts_.models.Registry(call.principal.tenant);
    if (!registry.ok()) return registry.status();
    const absl::StatusOr<std::string> version = ResolveVersion(*registry, request->version());
    if (!version.ok()) return version.status();
    absl::StatusOr<v1::Model> model = parts_.models.Load(call.principal.tenant, *version);
    if (!model.ok()) return model.status();
    *response->mutable_model() = *std::move(model);
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* ChurnService::ActivateModel(grpc::CallbackServerContext* context,
                                                      const v1::ActivateModelRequest* request,
                                                      v1::ActivateModelResponse* response) {
  return runtime_.Blocking(context, kActivateModel, [=, this](const Call& call) -> absl::Status {
    const std::string& tenant = call.principal.tenant;
    absl::Status usable = CheckUsable(parts_.active_models, tenant, request->version());
    if (!usable.ok()) return usable;
    absl::StatusOr<v1::ModelSummary> model = parts_.models.Activate(tenant, request->version());
    if (!model.ok()) return model.status();
    parts_.active_models.Refresh(tenant);
    *response->mutable_model() = *std::move(model);
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* ChurnService::RollBackModel(grpc::CallbackServerContext* context,
                                                      const v1::RollBackModelRequest* request,
                                                      v1::RollBackModelResponse* response) {
  return runtime_.Blocking(context, kRollBackModel, [=, this](const Call& call) -> absl::Status {
    auto model = parts_.models.RollBack(call.principal.tenant, request->from_version());
    if (!model.ok()) return model.status();
    parts_.active_models.Refresh(call.principal.tenant);
    if (model->has_value()) *response->mutable_model() = **std::move(model);
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* ChurnService::SetShadowModel(grpc::CallbackServerContext* context,
                                                       const v1::SetShadowModelRequest* request,
                                                       v1::SetShadowModelResponse* response) {
  return runtime_.Blocking(context, kSetShadowModel, [=, this](const Call& call) -> absl::Status {
    const std::string& tenant = call.principal.tenant;
    if (!request->version().empty()) {
      absl::Status usable = CheckUsable(parts_.active_models, tenant, request->version());
      if (!usable.ok()) return usable;
    }
    absl::StatusOr<std::optional<v1::ModelSummary>> model = parts_.models.SetShadow(tenant, request->version());
    if (!model.ok()) return model.status();
    parts_.active_models.Refresh(tenant);
    if (model->has_value()) *response->mutable_model() = **std::move(model);
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* ChurnService::GetDrift(grpc::CallbackServerContext* context,
                                                 const v1::GetDriftRequest* request, v1::GetDriftResponse* response) {
  return runtime_.Blocking(context, kGetDrift, [=, this](const Call& call) {
    return QueryDrift(parts_.models, call.principal.tenant, *request, *response);
  });
}

}  // namespace rapport::churn

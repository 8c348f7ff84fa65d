#ifndef RAPPORT_SERVICES_CHURN_SERVICE_CHURN_SERVICE_H_
#define RAPPORT_SERVICES_CHURN_SERVICE_CHURN_SERVICE_H_

#include "common/server/rpc.h"
#include "rapport/churn/v1/churn_service.grpc.pb.h"
#include "services/churn/service/purchases_query.h"

namespace rapport::churn {

class ActiveModels;
class Directory;
class FeatureReader;
class HealthRulesStore;
class ModelStore;
class Reader;
class Recorder;
class Scoring;
class Sweep;
class Trainings;

struct ChurnOptions {
  // Unacknowledged batches of one ingest stream before it is read no further.
  int ingest_window = 8;
};

// What the RPCs work with. All must outlive the service.
struct ChurnParts {
  Recorder& recorder;
  Reader& reader;
  Directory& directory;
  FeatureReader& features;
  Scoring& scoring;
  Sweep& sweep;
  HealthRulesStore& health_rules;
  ModelStore& models;
  ActiveModels& active_models;
  Trainings& trainings;
};

// The RPCs: each checks its request and hands it to the recorder or, on the executor, to what reads and scores.
// Contracts stand in churn_service.proto. Defined in rpc_customers.cc, rpc_features.cc, rpc_scores.cc, rpc_models.cc
// and rpc_queries.cc. Thread-safe.
class ChurnService final
    : public v1::ChurnService::WithRawCallbackMethod_RecordActivities<v1::ChurnService::CallbackService> {
 public:
  ChurnService(server::RpcRuntime& runtime, const ChurnParts& parts, ChurnOptions options)
      : runtime_(runtime), parts_(parts), options_(options) {}

  grpc::ServerUnaryReactor* RecordActivities(grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
                                             grpc::ByteBuffer* response) override;
  grpc::ServerBidiReactor<v1::IngestActivitiesRequest, v1::IngestActivitiesResponse>* IngestActivities(
      grpc::CallbackServerContext* context) override;
  grpc::ServerUnaryReactor* GetCustomer(grpc::CallbackServerContext* context, const v1::GetCustomerRequest* request,
                                        v1::GetCustomerResponse* response) override;
  grpc::ServerUnaryReactor* SearchCustomers(grpc::CallbackServerContext* context,
                                            const v1::SearchCustomersRequest* request,
                                            v1::SearchCustomersResponse* response) override;
  grpc::ServerUnaryReactor* EraseCustomer(grpc::CallbackServerContext* context, const v1::EraseCustomerRequest* request,
                                          v1::EraseCustomerResponse* response) override;
  grpc::ServerUnaryReactor* GetFeatureSchema(grpc::CallbackServerContext* context,
                                             const v1::GetFeatureSchemaRequest* request,
                                             v1::GetFeatureSchemaResponse* response) override;
  grpc::ServerUnaryReactor* BatchGetFeatures(grpc::CallbackServerContext* context,
                                             const v1::BatchGetFeaturesRequest* request,
                                             v1::BatchGetFeaturesResponse* response) override;
  grpc::ServerWriteReactor<v1::ExportTrainingDataResponse>* ExportTrainingData(
      grpc::CallbackServerContext* context, const v1::ExportTrainingDataRequest* request) override;
  grpc::ServerUnaryReactor* ScoreCustomer(grpc::CallbackServerContext* context, const v1::ScoreCustomerRequest* request,
                                          v1::ScoreCustomerResponse* response) override;
  grpc::ServerUnaryReactor* BatchScoreCustomers(grpc::CallbackServerContext* context,
                                                const v1::BatchScoreCustomersRequest* request,
                                                v1::BatchScoreCustomersResponse* response) override;
  grpc::ServerUnaryReactor* ScoreFeatures(grpc::CallbackServerContext* context, const v1::ScoreFeaturesRequest* request,
                                          v1::ScoreFeaturesResponse* response) override;
  grpc::ServerWriteReactor<v1::StreamScoresResponse>* StreamScores(grpc::CallbackServerContext* context,
                                                                   const v1::StreamScoresRequest* request) override;
  grpc::ServerUnaryReactor* ListCustomersByRisk(grpc::CallbackServerContext* context,
                                                const v1::ListCustomersByRiskRequest* request,
                                                v1::ListCustomersByRiskResponse* response) override;
  grpc::ServerWriteReactor<v1::WatchRiskResponse>* WatchRisk(grpc::CallbackServerContext* context,
                                                             const v1::WatchRiskRequest* request) override;
  grpc::ServerUnaryReactor* SweepScores(grpc::CallbackServerContext* context, const v1::SweepScoresRequest* request,
                                        v1::SweepScoresResponse* response) override;
  grpc::ServerUnaryReactor* GetHealthRules(grpc::CallbackServerContext* context,
                                           const v1::GetHealthRulesRequest* request,
                                           v1::GetHealthRulesResponse* response) override;
  grpc::ServerUnaryReactor* SetHealthRules(grpc::CallbackServerContext* context,
                                           const v1::SetHealthRulesRequest* request,
                                           v1::SetHealthRulesResponse* response) override;
  grpc::ServerUnaryReactor* TrainModel(grpc::CallbackServerContext* context, const v1::TrainModelRequest* request,
                                       v1::TrainModelResponse* response) override;
  grpc::ServerUnaryReactor* GetTraining(grpc::CallbackServerContext* context, const v1::GetTrainingRequest* request,
                                        v1::GetTrainingResponse* response) override;
  grpc::ServerUnaryReactor* ListTrainings(grpc::CallbackServerContext* context, const v1::ListTrainingsRequest* request,
                                          v1::ListTrainingsResponse* response) override;
  grpc::ServerUnaryReactor* CancelTraining(grpc::CallbackServerContext* context,
                                           const v1::CancelTrainingRequest* request,
                                           v1::CancelTrainingResponse* response) override;
  grpc::ServerUnaryReactor* ListModels(grpc::CallbackServerContext* context, const v1::ListModelsRequest* request,
                                       v1::ListModelsResponse* response) override;
  grpc::ServerUnaryReactor* GetModel(grpc::CallbackServerContext* context, const v1::GetModelRequest* request,
                                     v1::GetModelResponse* response) override;
  grpc::ServerUnaryReactor* ExportModel(grpc::CallbackServerContext* context, const v1::ExportModelRequest* request,
                                        v1::ExportModelResponse* response) override;
  grpc::ServerUnaryReactor* ActivateModel(grpc::CallbackServerContext* context, const v1::ActivateModelRequest* request,
                                          v1::ActivateModelResponse* response) override;
  grpc::ServerUnaryReactor* RollBackModel(grpc::CallbackServerContext* context, const v1::RollBackModelRequest* request,
                                          v1::RollBackModelResponse* response) override;
  grpc::ServerUnaryReactor* SetShadowModel(grpc::CallbackServerContext* context,
                                           const v1::SetShadowModelRequest* request,
                                           v1::SetShadowModelResponse* response) override;
  grpc::ServerUnaryReactor* GetDrift(grpc::CallbackServerContext* context, const v1::GetDriftRequest* request,
                                     v1::GetDriftResponse* response) override;
  grpc::ServerUnaryReactor* QueryChurn(grpc::CallbackServerContext* context, const v1::QueryChurnRequest* request,
                                       v1::QueryChurnResponse* response) override;
  grpc::ServerUnaryReactor* QueryRetention(grpc::CallbackServerContext* context,
                                           const v1::QueryRetentionRequest* request,
                                           v1::QueryRetentionResponse* response) override;
  grpc::ServerUnaryReactor* QueryConversion(grpc::CallbackServerContext* context,
                                            const v1::QueryConversionRequest* request,
                                            v1::QueryConversionResponse* response) override;
  grpc::ServerUnaryReactor* ForecastPurchases(grpc::CallbackServerContext* context,
                                              const v1::ForecastPurchasesRequest* request,
                                              v1::ForecastPurchasesResponse* response) override;

 private:
  server::RpcRuntime& runtime_;
  const ChurnParts parts_;
  const ChurnOptions options_;
  PurchaseForecasts purchase_forecasts_;
};

}  // namespace rapport::churn

#endif  // RAPPORT_SERVICES_CHURN_SERVICE_CHURN_SERVICE_H_

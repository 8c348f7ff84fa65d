// The RPCs about scores.
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/request/fields.h"
#include "common/server/stream.h"
#include "services/churn/service/churn_service.h"
#include "services/churn/service/health_rules_store.h"
#include "services/churn/service/risk_listing.h"
#include "services/churn/service/risk_watch.h"
#include "services/churn/service/score_stream.h"
#include "services/churn/service/scoring.h"
#include "services/churn/service/sweep.h"

namespace rapport::churn {
namespace {

using access::v1::ROLE_ADMIN;
using access::v1::ROLE_AGENT;
using access::v1::ROLE_READ;
using server::Call;
using server::RpcSpec;

constexpr RpcSpec kScoreCustomer{"ScoreCustomer", {ROLE_READ, ROLE_AGENT}};
constexpr RpcSpec kBatchScoreCustomers{"BatchScoreCustomers", {ROLE_READ}};
constexpr RpcSpec kScoreFeatures{"ScoreFeatures", {ROLE_READ}};
constexpr RpcSpec kStreamScores{"StreamScores", {ROLE_READ}};
constexpr RpcSpec kListCustomersByRisk{"ListCustomersByRisk", {ROLE_READ, ROLE_AGENT}};
constexpr RpcSpec kWatchRisk{"WatchRisk", {ROLE_READ, ROLE_AGENT}};
constexpr RpcSpec kSweepScores{"SweepScores", {ROLE_ADMIN}};
constexpr RpcSpec kGetHealthRules{"GetHealthRules", {ROLE_READ, ROLE_AGENT}};
constexpr RpcSpec kSetHealthRules{"SetHealthRules", {ROLE_ADMIN}};

constexpr int kMostCustomers = 1000;

absl::Status Validate(const v1::ScoreCustomerRequest& request) {
  absl::Status status = ValidateId("customer_id", request.customer_id());
  status.Update(ValidateScoreOptions(request.options()));
  return status;
}

absl::Status Validate(const v1::BatchScoreCustomersRequest& request) {
  if (request.customer_ids().empty() || request.customer_ids_size() > kMostCustomers) {
    return Invalid("customer_ids", absl::StrCat(request.customer_ids_size(), " customers"),
                   absl::StrCat("name 1 to ", kMostCustomers));
  }
  return ValidateScoreOptions(request.options());
}

absl::Status StatusOf(const v1::ScoreResult& result) {
  return {static_cast<absl::StatusCode>(result.status().code()), result.status().message()};
}

}  // namespace

grpc::ServerUnaryReactor* ChurnService::ScoreCustomer(grpc::CallbackServerContext* context,
                                                      const v1::ScoreCustomerRequest* request,
                                                      v1::ScoreCustomerResponse* response) {
  return runtime_.Blocking(context, kScoreCustomer, [=, this](const Call& call) -> absl::Status {
    if (absl::Status valid = Validate(*request); !valid.ok()) return valid;
    auto results = parts_.scoring.ScoreCustomers(call.principal.tenant, {request->customer_id()}, request->options(),
                                                 call.deadline);
    if (!results.ok()) return results.status();
    v1::ScoreResult& result = results->front();
    if (result.has_score()) *response->mutable_score() = std::move(*result.mutable_score());
    return StatusOf(result);
  });
}

grpc::ServerUnaryReactor* ChurnService::BatchScoreCustomers(grpc::CallbackServerContext* context,
                                                            const v1::BatchScoreCustomersRequest* request,
                                                            v1::BatchScoreCustomersResponse* response) {
  return runtime_.Blocking(context, kBatchScoreCustomers, [=, this](const Call& call) -> absl::Status {
    if (absl::Status valid = Validate(*request); !valid.ok()) return valid;
    const std::vector<std::string> ids(request->customer_ids().begin(), request->customer_ids().end());
    auto results = parts_.scoring.ScoreCustomers(call.principal.tenant, ids, request->options(), call.deadline);
    if (!results.ok()) return results.status();
    response->mutable_results()->Reserve(static_cast<int>(results->size()));
    for (v1::ScoreResult& result : *results) *response->add_results() = std::move(result);
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* ChurnService::ScoreFeatures(grpc::CallbackServerContext* context,
                                                      const v1::ScoreFeaturesRequest* request,
                                                      v1::ScoreFeaturesResponse* response) {
  return runtime_.Blocking(context, kScoreFeatures, [=, this](const Call& call) {
    return parts_.scoring.ScoreFeatures(call.principal.tenant, *request, *response);
  });
}

grpc::ServerWriteReactor<v1::StreamScoresResponse>* ChurnService::StreamScores(grpc::CallbackServerContext* context,
                                                                               const v1::StreamScoresRequest* request) {
  using Producer = server::Producer<v1::StreamScoresResponse>;
  return server::ServeStream<v1::StreamScoresResponse>(
      runtime_, context, kStreamScores, [this, request](const Call& call) -> absl::StatusOr<Producer> {
        absl::StatusOr<ScoreStream> scores =
            ScoreStream::Open(parts_.reader, parts_.directory, parts_.scoring, call.principal.tenant, *request);
        if (!scores.ok()) return scores.status();
        return [scores = std::make_shared<ScoreStream>(*std::move(scores))](
                   v1::StreamScoresResponse* response) -> absl::StatusOr<server::Step> {
          const absl::StatusOr<bool> more = scores->Next(*response);
          if (!more.ok()) return more.status();
          return *more ? server::Step::kMessage : server::Step::kEnd;
        };
      });
}

grpc::ServerUnaryReactor* ChurnService::ListCustomersByRisk(grpc::CallbackServerContext* context,
                                                            const v1::ListCustomersByRiskRequest* request,
                                                            v1::ListCustomersByRiskResponse* response) {
  return runtime_.Blocking(context, kListCustomersByRisk, [=, this](const Call& call) {
    return churn::ListCustomersByRisk(parts_.reader, call.principal.tenant, *request, *response);
  });
}

grpc::ServerWriteReactor<v1::WatchRiskResponse>* ChurnService::WatchRisk(grpc::CallbackServerContext* context,
                                                                         const v1::WatchRiskRequest* request) {
  using Producer = server::Producer<v1::WatchRiskResponse>;
  return server::ServeStream<v1::WatchRiskResponse>(
      runtime_, context, kWatchRisk, [this, request](const Call& call) -> absl::StatusOr<Producer> {
        absl::StatusOr<RiskWatch> watch = RiskWatch::Open(parts_.reader, call.principal.tenant, *request);
        if (!watch.ok()) return watch.status();
        return [watch = std::make_shared<RiskWatch>(*std::move(watch))](
                   v1::WatchRiskResponse* response) -> absl::StatusOr<server::Step> {
          const absl::StatusOr<bool> told = watch->Next(*response);
          if (!told.ok()) return told.status();
          return *told ? server::Step::kMessage : server::Step::kWait;
        };
      });
}

grpc::ServerUnaryReactor* ChurnService::SweepScores(grpc::CallbackServerContext* context,
                                                    const v1::SweepScoresRequest* /*request*/,
                                                    v1::SweepScoresResponse* response) {
  return runtime_.Blocking(context, kSweepScores, [=, this](const Call& call) -> absl::Status {
    const auto go_on = [&] { return absl::Now() < call.deadline && !context->IsCancelled() && !runtime_.draining(); };
    absl::StatusOr<v1::SweepScoresResponse> swept = parts_.sweep.RunNow(call.principal.tenant, go_on);
    if (!swept.ok()) return swept.status();
    *response = *std::move(swept);
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* ChurnService::GetHealthRules(grpc::CallbackServerContext* context,
                                                       const v1::GetHealthRulesRequest* /*request*/,
                                                       v1::GetHealthRulesResponse* response) {
  return runtime_.Blocking(context, kGetHealthRules, [=, this](const Call& call) -> absl::Status {
    const absl::StatusOr<HealthRulesStore::Current> current = parts_.health_rules.Get(call.principal.tenant);
    if (!current.ok()) return current.status();
    *response->mutable_rules() = *current->rules;
    response->set_is_default(current->is_default);
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* ChurnService::SetHealthRules(grpc::CallbackServerContext* context,
                                                       const v1::SetHealthRulesRequest* request,
                                                       v1::SetHealthRulesResponse* response) {
  return runtime_.Blocking(context, kSetHealthRules, [=, this](const Call& call) -> absl::Status {
    std::optional<v1::HealthRules> rules;
    if (request->has_rules()) rules = request->rules();
    absl::Status set = parts_.health_rules.Set(call.principal.tenant, rules);
    if (!set.ok()) return set;
    const absl::StatusOr<HealthRulesStore::Current> current = parts_.health_rules.Get(call.principal.tenant);
    if (!current.ok()) return current.status();
    *response->mutable_rules() = *current->rules;
    return absl::OkStatus();
  });
}

}  // namespace rapport::churn

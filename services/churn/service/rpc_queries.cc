// The RPCs that look at many customers at once: figures and searches.
#include "services/churn/service/churn_query.h"
#include "services/churn/service/churn_service.h"
#include "services/churn/service/conversion_query.h"
#include "services/churn/service/customer_search.h"
#include "services/churn/service/reader.h"
#include "services/churn/service/retention_query.h"

namespace rapport::churn {
namespace {

using access::v1::ROLE_AGENT;
using access::v1::ROLE_READ;
using server::Call;
using server::RpcSpec;

constexpr RpcSpec kSearchCustomers{"SearchCustomers", {ROLE_READ, ROLE_AGENT}};
constexpr RpcSpec kQueryChurn{"QueryChurn", {ROLE_READ}};
constexpr RpcSpec kQueryRetention{"QueryRetention", {ROLE_READ}};
constexpr RpcSpec kQueryConversion{"QueryConversion", {ROLE_READ}};
constexpr RpcSpec kForecastPurchases{"ForecastPurchases", {ROLE_READ}};

}  // namespace

grpc::ServerUnaryReactor* ChurnService::SearchCustomers(grpc::CallbackServerContext* context,
                                                        const v1::SearchCustomersRequest* request,
                                                        v1::SearchCustomersResponse* response) {
  return runtime_.Blocking(context, kSearchCustomers, [=, this](const Call& call) {
    return churn::SearchCustomers(parts_.directory, parts_.reader, call.principal.tenant, *request, *response);
  });
}

grpc::ServerUnaryReactor* ChurnService::QueryChurn(grpc::CallbackServerContext* context,
                                                   const v1::QueryChurnRequest* request,
                                                   v1::QueryChurnResponse* response) {
  return runtime_.Blocking(context, kQueryChurn, [=, this](const Call& call) {
    return churn::QueryChurn(parts_.directory, parts_.reader.Now(), call.principal.tenant, *request, *response);
  });
}

grpc::ServerUnaryReactor* ChurnService::QueryRetention(grpc::CallbackServerContext* context,
                                                       const v1::QueryRetentionRequest* request,
                                                       v1::QueryRetentionResponse* response) {
  return runtime_.Blocking(context, kQueryRetention, [=, this](const Call& call) {
    return churn::QueryRetention(parts_.directory, parts_.reader.Now(), call.principal.tenant, *request, *response);
  });
}

grpc::ServerUnaryReactor* ChurnService::QueryConversion(grpc::CallbackServerContext* context,
                                                        const v1::QueryConversionRequest* request,
                                                        v1::QueryConversionResponse* response) {
  return runtime_.Blocking(context, kQueryConversion, [=, this](const Call& call) {
    return churn::QueryConversion(parts_.directory, parts_.reader.Now(), call.principal.tenant, *request, *response);
  });
}

grpc::ServerUnaryReactor* ChurnService::ForecastPurchases(grpc::CallbackServerContext* context,
                                                          const v1::ForecastPurchasesRequest* request,
                                                          v1::ForecastPurchasesResponse* response) {
  return runtime_.Blocking(context, kForecastPurchases, [=, this](const Call& call) {
    return purchase_forecasts_.Answer(parts_.directory, parts_.reader.Now(), call.principal.tenant, *request,
                                      *response);
  });
}

}  // namespace rapport::churn

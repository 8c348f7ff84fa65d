#ifndef RAPPORT_SERVICES_CLI_CHURN_CALL_H_
#define RAPPORT_SERVICES_CLI_CHURN_CALL_H_

#include "rapport/churn/v1/churn_service.grpc.pb.h"
#include "services/cli/service_call.h"

namespace rapport::cli {

using ChurnStub = churn::v1::ChurnService::Stub;

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_CHURN_CALL_H_

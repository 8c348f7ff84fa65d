#ifndef RAPPORT_SERVICES_CLI_RESPONSE_TIMES_CALL_H_
#define RAPPORT_SERVICES_CLI_RESPONSE_TIMES_CALL_H_

#include "rapport/response_times/v1/response_times_service.grpc.pb.h"
#include "services/cli/service_call.h"

namespace rapport::cli {

using ResponseTimesStub = response_times::v1::ResponseTimesService::Stub;

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_RESPONSE_TIMES_CALL_H_

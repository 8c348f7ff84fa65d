#ifndef RAPPORT_SERVICES_CLI_QUERY_H_
#define RAPPORT_SERVICES_CLI_QUERY_H_

#include <string>

#include "absl/status/statusor.h"
#include "services/cli/period.h"
#include "services/cli/session.h"

namespace rapport::cli {

struct QueryOptions {
  PeriodOptions period;
  std::string bucket = "ALL";
  std::string group_by;
  std::string filter;
  std::string scale;
  bool compare = false;
  bool customers = false;
  int top = 0;
  double confidence = 0;
};

absl::StatusOr<int> Query(Session& session, const QueryOptions& options);

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_QUERY_H_

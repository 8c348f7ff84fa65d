#ifndef RAPPORT_SERVICES_CLI_TIME_QUERY_H_
#define RAPPORT_SERVICES_CLI_TIME_QUERY_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/cli/period.h"
#include "services/cli/session.h"

namespace rapport::cli {

struct TimeQueryOptions {
  PeriodOptions period;
  std::string bucket = "ALL";
  std::vector<std::string> metrics;
  std::vector<std::string> clocks;
  std::string group_by;
  std::string filter;
  std::vector<double> quantiles;
  std::vector<std::string> within;
  bool compare = false;
  bool histogram = false;
  std::string audience;
  double confidence = 0;
};

struct ShareRankOptions {
  PeriodOptions period;
  std::string duration;
  std::string metric;
  std::string clock;
  std::string filter;
  std::string audience;
  double confidence = 0;
};

struct EscalationOptions {
  PeriodOptions period;
  std::string filter;
  int top = 0;
  double confidence = 0;
};

absl::StatusOr<int> QueryTimes(Session& session, const TimeQueryOptions& options);
absl::StatusOr<int> ShowShareRank(Session& session, const ShareRankOptions& options);
absl::StatusOr<int> QueryEscalations(Session& session, const EscalationOptions& options);

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_TIME_QUERY_H_

#ifndef RAPPORT_SERVICES_CLI_CHURN_QUERIES_H_
#define RAPPORT_SERVICES_CLI_CHURN_QUERIES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/cli/period.h"
#include "services/cli/session.h"

namespace rapport::cli {

struct ChurnQueryOptions {
  PeriodOptions period;
  std::string bucket = "ALL";
  std::string group_by;
  std::string filter;
  int max_groups = 0;
  bool compare = false;
  double confidence = 0;
};

struct RetentionOptions {
  PeriodOptions period;
  std::string group_by;
  std::string filter;
  int max_groups = 0;
  bool by_cohort = false;
  std::vector<int> months = {1, 3, 6, 12};
  double confidence = 0;
};

struct ConversionOptions {
  PeriodOptions period;
  std::string bucket = "ALL";
  std::string group_by;
  std::string filter;
  int max_groups = 0;
  std::vector<int> within;
  bool compare = false;
  double confidence = 0;
};

struct ForecastOptions {
  std::string customer;
  std::string as_of;
  std::string horizon = "90d";
  // 0 means all.
  int64_t limit = 20;
};

struct ReportOptions {
  PeriodOptions period;
  int top = 10;
  double confidence = 0;
};

absl::StatusOr<int> QueryChurn(Session& session, const ChurnQueryOptions& options);
absl::StatusOr<int> QueryRetention(Session& session, const RetentionOptions& options);
absl::StatusOr<int> QueryConversion(Session& session, const ConversionOptions& options);
absl::StatusOr<int> ForecastPurchases(Session& session, const ForecastOptions& options);
// The figures of a period, of those who began in the two years before its end, and who is at risk now.
absl::StatusOr<int> Report(Session& session, const ReportOptions& options);

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_CHURN_QUERIES_H_

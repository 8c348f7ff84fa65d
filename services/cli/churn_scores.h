#ifndef RAPPORT_SERVICES_CLI_CHURN_SCORES_H_
#define RAPPORT_SERVICES_CLI_CHURN_SCORES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/cli/export_file.h"
#include "services/cli/session.h"

namespace rapport::cli {

struct ScoreOptions : ExportFileOptions {
  // Customers, or with `id` a file; none of them means all active customers.
  std::vector<std::string> ids;
  // The column that names the rows of a file; `-` when they have no names and are numbered.
  std::string id;
  std::string delimiter = ",";
  // Of a file: which model; the active one when empty.
  std::string model;
  bool rescore = false;
  bool no_reasons = false;
  std::string time_zone = "UTC";
};

struct ExplainOptions {
  std::string customer;
  int max_reasons = 0;
  std::string time_zone = "UTC";
};

struct AtRiskOptions {
  std::string band;
  // `-` means customers that nobody looks after.
  std::string owner;
  // 0 means all.
  int64_t limit = 20;
  std::string time_zone = "UTC";
};

struct WatchRiskOptions {
  std::vector<std::string> bands;
  std::string resume_token;
  // Ends by itself after so many; 0 means never.
  int64_t count = 0;
  std::string time_zone = "UTC";
};

struct SweepOptions {};

struct HealthRulesOptions {
  // JSON, in the protobuf mapping; `-` reads standard input.
  std::string file;
};

absl::StatusOr<int> Score(Session& session, const ScoreOptions& options);
absl::StatusOr<int> Explain(Session& session, const ExplainOptions& options);
absl::StatusOr<int> ListAtRisk(Session& session, const AtRiskOptions& options);
absl::StatusOr<int> WatchRisk(Session& session, const WatchRiskOptions& options);
absl::StatusOr<int> Sweep(Session& session, const SweepOptions& options);
// As JSON that SetHealthRules takes.
absl::StatusOr<int> GetHealthRules(Session& session, const HealthRulesOptions& options);
absl::StatusOr<int> SetHealthRules(Session& session, const HealthRulesOptions& options);
absl::StatusOr<int> ResetHealthRules(Session& session, const HealthRulesOptions& options);

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_CHURN_SCORES_H_

#ifndef RAPPORT_SERVICES_CLI_CHURN_CUSTOMERS_H_
#define RAPPORT_SERVICES_CLI_CHURN_CUSTOMERS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/cli/erase.h"
#include "services/cli/export_file.h"
#include "services/cli/session.h"

namespace rapport::cli {

struct SearchOptions {
  std::string filter;
  // 0 means all.
  int64_t limit = 100;
};

struct ShowCustomerOptions {
  std::string customer;
  // A date or time; now when empty.
  std::string as_of;
  std::string time_zone = "UTC";
};

struct FeaturesOptions {
  // None means the standard features themselves.
  std::vector<std::string> customers;
  std::string as_of;
  std::string time_zone = "UTC";
};

struct ExportTrainingDataOptions : ExportFileOptions {
  std::string cut_off;
  std::string horizon;
};

absl::StatusOr<int> SearchCustomers(Session& session, const SearchOptions& options);
absl::StatusOr<int> ShowCustomer(Session& session, const ShowCustomerOptions& options);
absl::StatusOr<int> ShowFeatures(Session& session, const FeaturesOptions& options);
absl::StatusOr<int> ExportTrainingData(Session& session, const ExportTrainingDataOptions& options);
absl::StatusOr<int> EraseActivities(Session& session, const EraseOptions& options);

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_CHURN_CUSTOMERS_H_

#ifndef RAPPORT_SERVICES_CLI_BROWSE_H_
#define RAPPORT_SERVICES_CLI_BROWSE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/cli/filters.h"
#include "services/cli/period.h"
#include "services/cli/session.h"

namespace rapport::cli {

struct ListOptions {
  PeriodOptions period;
  FilterOptions filter;
  // 0 means all.
  int64_t limit = 100;
};

struct GetOptions {
  std::string rating_id;
  std::string time_zone = "UTC";
};

struct CustomersOptions {
  PeriodOptions period;
  std::string order = "LEAST_HAPPY";
  std::string scale;
  std::string filter;
  int min_ratings = 0;
  double confidence = 0;
  // 0 means all.
  int64_t limit = 20;
};

struct CustomerOptions {
  // Without one, all time.
  PeriodOptions period;
  std::vector<std::string> ids;
  double confidence = 0;
};

absl::StatusOr<int> List(Session& session, const ListOptions& options);
absl::StatusOr<int> Get(Session& session, const GetOptions& options);
absl::StatusOr<int> ListCustomers(Session& session, const CustomersOptions& options);
absl::StatusOr<int> GetCustomers(Session& session, const CustomerOptions& options);

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_BROWSE_H_

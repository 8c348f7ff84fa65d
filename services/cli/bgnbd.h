#ifndef RAPPORT_SERVICES_CLI_BGNBD_H_
#define RAPPORT_SERVICES_CLI_BGNBD_H_

#include <string>

#include "absl/status/statusor.h"
#include "services/cli/labelled_table.h"
#include "services/cli/session.h"

namespace rapport::cli {

// Purchases, a row each, or what is known of each customer at the end of the observation.
struct FitPurchasesOptions : TableOptions {
  // Of purchases.
  std::string customer;
  std::string date;
  std::string time_format = "%Y-%m-%d";
  // The last day observed; that of the last purchase when empty.
  std::string until;
  // day or week: what times are counted in.
  std::string unit = "day";
  // Of customers: columns with purchases after the first, the time of the last and the time observed, both since the
  // first one.
  std::string repeats;
  std::string recency;
  std::string age;
};

// Fits a BG/NBD model in this process: no server is asked. Purchases after `until` are held against what the model
// expects of them.
absl::StatusOr<int> FitPurchases(Session& session, const FitPurchasesOptions& options);

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_BGNBD_H_

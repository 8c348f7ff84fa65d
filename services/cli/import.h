#ifndef RAPPORT_SERVICES_CLI_IMPORT_H_
#define RAPPORT_SERVICES_CLI_IMPORT_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/cli/session.h"

namespace rapport::cli {

// The flags of `ratings import` and `surveys import`.
struct ImportOptions {
  // `-` reads standard input.
  std::string file;
  std::string delimiter = ",";
  std::string scale;
  std::vector<std::string> map;
  std::vector<std::string> set;
  std::vector<std::string> scores;
  std::vector<std::string> channels;
  std::vector<std::string> statuses;
  std::string time_format;
  std::string time_zone = "UTC";
  std::string comment_visibility;
  std::string rejects;
  size_t batch_size = 1000;
  size_t window = 8;
  int tries = 7;
  absl::Duration retry_delay = absl::Milliseconds(250);
};

// Import a file; return kDone, or kSomeRejected when some rows were refused. The report is printed also when the import
// stops early with an error.
absl::StatusOr<int> ImportRatings(Session& session, const ImportOptions& options);
absl::StatusOr<int> ImportSurveys(Session& session, const ImportOptions& options);

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_IMPORT_H_

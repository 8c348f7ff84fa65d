#ifndef RAPPORT_SERVICES_CLI_RECORD_H_
#define RAPPORT_SERVICES_CLI_RECORD_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/cli/session.h"

namespace rapport::cli {

struct RecordOptions {
  std::string rating_id;
  std::string customer;
  std::string scale;
  std::string score;
  bool wow = false;
  std::string agent;
  std::string channel;
  std::string conversation;
  std::vector<std::string> labels;
  std::string comment;
  std::string comment_visibility;
  std::string occurred_at;
  std::string time_zone = "UTC";
  int64_t revision = 0;
};

// Records one rating; without --occurred-at it occurred now.
absl::StatusOr<int> Record(Session& session, const RecordOptions& options);

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_RECORD_H_

#ifndef RAPPORT_COMMON_SERVICE_ROLLUP_FLAGS_H_
#define RAPPORT_COMMON_SERVICE_ROLLUP_FLAGS_H_

#include <string>

#include "absl/status/statusor.h"
#include "common/rollup/dictionary.h"

namespace CLI {
class App;
}  // namespace CLI

namespace rapport::service {

// What figures can be grouped by, as flags say it.
struct RollupConfig {
  std::string dimensions = "agent,team,channel,product,plan,locale";
  int max_dimension_values = 1000;
};

// Adds --rollup-dimensions and --max-dimension-values to the help group `group`.
void AddRollupFlags(CLI::App& app, RollupConfig& config, const std::string& group);

// INVALID_ARGUMENT names the flag.
absl::StatusOr<rollup::DictionaryOptions> DictionaryOptionsOf(const RollupConfig& config);

}  // namespace rapport::service

#endif  // RAPPORT_COMMON_SERVICE_ROLLUP_FLAGS_H_

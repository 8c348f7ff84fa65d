#include "common/service/rollup_flags.h"

#include "absl/strings/str_cat.h"
#include "common/rollup/dimensions.h"
#include "common/server/flag_group.h"

namespace rapport::service {

void AddRollupFlags(CLI::App& app, RollupConfig& config, const std::string& group) {
  server::FlagGroup(app, group)
      .Add("--rollup-dimensions", config.dimensions,
           "What figures can be grouped and filtered by; each doubles the counters or more. Events recorded before a "
           "dimension was added have no value in it")
      .Add("--max-dimension-values", config.max_dimension_values,
           "Distinct values counted of each dimension; further ones are counted together as __other__",
           CLI::Range(1, 60000));
}

absl::StatusOr<rollup::DictionaryOptions> DictionaryOptionsOf(const RollupConfig& config) {
  auto dimensions = rollup::ParseDimensions(config.dimensions);
  if (!dimensions.ok()) {
    return absl::InvalidArgumentError(absl::StrCat("--rollup-dimensions: ", dimensions.status().message()));
  }
  return rollup::DictionaryOptions{*std::move(dimensions), config.max_dimension_values};
}

}  // namespace rapport::service

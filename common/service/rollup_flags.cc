#include "common/service/rollup_flags.h"

#include <CLI/CLI.hpp>

#include "absl/strings/str_cat.h"
#include "common/rollup/dimensions.h"

namespace rapport::service {

void AddRollupFlags(CLI::App& app, RollupConfig& config, const std::string& group) {
  app.add_option("--rollup-dimensions", config.dimensions,
                 "What figures can be grouped and filtered by; each doubles the counters or more. Events recorded "
                 "before a dimension was added have no value in it")
      ->capture_default_str()
      ->envname("RAPPORT_ROLLUP_DIMENSIONS")
      ->group(group);
  app.add_option("--max-dimension-values", config.max_dimension_values,
                 "Distinct values counted of each dimension; further ones are counted together as __other__")
      ->check(CLI::Range(1, 60000))
      ->capture_default_str()
      ->envname("RAPPORT_MAX_DIMENSION_VALUES")
      ->group(group);
}

absl::StatusOr<rollup::DictionaryOptions> DictionaryOptionsOf(const RollupConfig& config) {
  auto dimensions = rollup::ParseDimensions(config.dimensions);
  if (!dimensions.ok()) {
    return absl::InvalidArgumentError(absl::StrCat("--rollup-dimensions: ", dimensions.status().message()));
  }
  return rollup::DictionaryOptions{*std::move(dimensions), config.max_dimension_values};
}

}  // namespace rapport::service

#ifndef RAPPORT_SERVICES_CLI_FILTERS_H_
#define RAPPORT_SERVICES_CLI_FILTERS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "rapport/common/v1/common.pb.h"
#include "rapport/ratings/v1/ratings.pb.h"

namespace rapport::cli {

// The flags that choose ratings.
struct FilterOptions {
  std::string customer;
  std::string scale;
  std::string sentiment;
  std::string conversation;
  bool with_comment = false;
  // Each of the form DIMENSION=VALUE.
  std::vector<std::string> dimensions;
};

absl::StatusOr<ratings::v1::RatingFilter> MakeFilter(const FilterOptions& options);

// `channel=EMAIL`; names of channels are taken in any letter case.
absl::StatusOr<common::v1::DimensionValue> ParseDimensionValue(absl::string_view text);

// An empty text means any scale.
absl::StatusOr<ratings::v1::Scale> ParseScale(absl::string_view text);

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_FILTERS_H_

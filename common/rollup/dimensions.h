#ifndef RAPPORT_COMMON_ROLLUP_DIMENSIONS_H_
#define RAPPORT_COMMON_ROLLUP_DIMENSIONS_H_

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/map.h"
#include "rapport/common/v1/common.pb.h"

namespace rapport::rollup {

inline constexpr int kDimensionCount = 6;

// A value of a dimension as a small number; a tenant's dictionary translates.
using Code = uint16_t;
inline constexpr Code kNoValue = 0;
inline constexpr Code kOtherValue = 1;
inline constexpr Code kFirstValue = 2;
inline constexpr absl::string_view kOtherName = "__other__";

// One code per dimension, at IndexOf(dimension).
using Codes = std::array<Code, kDimensionCount>;
// One value per dimension; empty where the event has none.
using Values = std::array<std::string, kDimensionCount>;

inline int IndexOf(common::v1::Dimension dimension) {
  return static_cast<int>(dimension) - 1;
}
inline common::v1::Dimension DimensionAt(int index) {
  return static_cast<common::v1::Dimension>(index + 1);
}

// `AGENT` for DIMENSION_AGENT.
absl::string_view NameOf(common::v1::Dimension dimension);
// `EMAIL` for CHANNEL_EMAIL; empty for CHANNEL_UNSPECIFIED.
absl::string_view NameOf(common::v1::Channel channel);

// What an event says in each dimension: of its fields and of the labels `team`, `product`, `plan` and `locale`.
Values ValuesOf(absl::string_view agent_id, common::v1::Channel channel,
                const google::protobuf::Map<std::string, std::string>& labels);

// The dimensions that a comma-separated list names, such as `agent,channel`. INVALID_ARGUMENT names the stranger.
absl::StatusOr<std::vector<common::v1::Dimension>> ParseDimensions(absl::string_view list);

}  // namespace rapport::rollup

#endif  // RAPPORT_COMMON_ROLLUP_DIMENSIONS_H_

#include "common/rollup/dimensions.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace rapport::rollup {
namespace {

absl::string_view WithoutPrefix(absl::string_view name, absl::string_view prefix) {
  name.remove_prefix(prefix.size());
  return name;
}

}  // namespace

absl::string_view NameOf(common::v1::Dimension dimension) {
  return WithoutPrefix(common::v1::Dimension_Name(dimension), "DIMENSION_");
}

absl::string_view NameOf(common::v1::Channel channel) {
  if (channel == common::v1::CHANNEL_UNSPECIFIED) return "";
  return WithoutPrefix(common::v1::Channel_Name(channel), "CHANNEL_");
}

Values ValuesOf(absl::string_view agent_id, common::v1::Channel channel,
                const google::protobuf::Map<std::string, std::string>& labels) {
  Values values;
  values[IndexOf(common::v1::DIMENSION_AGENT)] = std::string(agent_id);
  values[IndexOf(common::v1::DIMENSION_CHANNEL)] = std::string(NameOf(channel));
  const auto take = [&](common::v1::Dimension dimension, const char* label) {
    if (const auto found = labels.find(label); found != labels.end()) values[IndexOf(dimension)] = found->second;
  };
  if (labels.empty()) return values;
  take(common::v1::DIMENSION_TEAM, "team");
  take(common::v1::DIMENSION_PRODUCT, "product");
  take(common::v1::DIMENSION_PLAN, "plan");
  take(common::v1::DIMENSION_LOCALE, "locale");
  return values;
}

absl::StatusOr<std::vector<common::v1::Dimension>> ParseDimensions(absl::string_view list) {
  std::vector<common::v1::Dimension> dimensions;
  for (absl::string_view name : absl::StrSplit(list, ',', absl::SkipWhitespace())) {
    common::v1::Dimension dimension = common::v1::DIMENSION_UNSPECIFIED;
    if (!common::v1::Dimension_Parse(
            absl::StrCat("DIMENSION_", absl::AsciiStrToUpper(absl::StripAsciiWhitespace(name))), &dimension) ||
        dimension == common::v1::DIMENSION_UNSPECIFIED) {
      return absl::InvalidArgumentError(
          absl::StrCat("\"", name, "\" is no dimension; use agent, team, channel, product, plan or locale"));
    }
    dimensions.push_back(dimension);
  }
  return dimensions;
}

}  // namespace rapport::rollup

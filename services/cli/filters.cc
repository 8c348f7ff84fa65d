#include "services/cli/filters.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "services/cli/enum_names.h"

namespace rapport::cli {

using common::v1::Channel;
using common::v1::Dimension;
using common::v1::DimensionValue;
using ratings::v1::RatingFilter;
using ratings::v1::Scale;
using ratings::v1::Sentiment;

absl::StatusOr<Scale> ParseScale(absl::string_view text) {
  if (text.empty()) return ratings::v1::SCALE_UNSPECIFIED;
  return ParseShortName<Scale>("--scale", text);
}

absl::StatusOr<DimensionValue> ParseDimensionValue(absl::string_view text) {
  const size_t at = text.find('=');
  if (at == absl::string_view::npos) {
    return absl::InvalidArgumentError(
        absl::StrCat("--filter '", text, "' is not of the form DIMENSION=VALUE, such as channel=EMAIL"));
  }
  const absl::StatusOr<Dimension> dimension = ParseShortName<Dimension>("--filter: dimension", text.substr(0, at));
  if (!dimension.ok()) return dimension.status();
  DimensionValue value;
  value.set_dimension(*dimension);
  value.set_value(std::string(text.substr(at + 1)));
  if (*dimension == common::v1::DIMENSION_CHANNEL && !value.value().empty()) {
    const absl::StatusOr<Channel> channel = ParseShortName<Channel>("--filter: channel", value.value());
    if (!channel.ok()) return channel.status();
    value.set_value(ShortName(*channel));
  }
  return value;
}

absl::StatusOr<RatingFilter> MakeFilter(const FilterOptions& options) {
  RatingFilter filter;
  const absl::StatusOr<Scale> scale = ParseScale(options.scale);
  if (!scale.ok()) return scale.status();
  filter.set_scale(*scale);
  if (!options.sentiment.empty()) {
    const absl::StatusOr<Sentiment> sentiment = ParseShortName<Sentiment>("--sentiment", options.sentiment);
    if (!sentiment.ok()) return sentiment.status();
    filter.set_sentiment(*sentiment);
  }
  for (const std::string& text : options.dimensions) {
    absl::StatusOr<DimensionValue> value = ParseDimensionValue(text);
    if (!value.ok()) return value.status();
    *filter.add_dimensions() = *std::move(value);
  }
  filter.set_customer_id(options.customer);
  filter.set_conversation_id(options.conversation);
  filter.set_with_comment(options.with_comment);
  return filter;
}

}  // namespace rapport::cli

#ifndef RAPPORT_SERVICES_CLI_CHOICES_H_
#define RAPPORT_SERVICES_CLI_CHOICES_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "rapport/common/v1/common.pb.h"
#include "services/cli/enum_names.h"
#include "services/cli/filters.h"

// Flags that can be left out. Each leaves its target alone when `text` is empty; errors name the flag.

namespace rapport::cli {

template <class Enum>
absl::Status Choose(absl::string_view flag, absl::string_view text, Enum* chosen) {
  if (text.empty()) return absl::OkStatus();
  const absl::StatusOr<Enum> parsed = ParseShortName<Enum>(flag, text);
  if (parsed.ok()) *chosen = *parsed;
  return parsed.status();
}

// --filter.
template <class Request>
absl::Status ChooseFilter(absl::string_view filter, Request* request) {
  if (filter.empty()) return absl::OkStatus();
  const absl::StatusOr<common::v1::DimensionValue> value = ParseDimensionValue(filter);
  if (value.ok()) *request->mutable_filter() = *value;
  return value.status();
}

// --bucket, --group-by and --filter of a query.
template <class Request>
absl::Status ChooseSeries(absl::string_view bucket, absl::string_view group_by, absl::string_view filter,
                          Request* request) {
  common::v1::Bucket chosen_bucket = request->bucket();
  common::v1::Dimension chosen_group = request->group_by();
  absl::Status status = Choose("--bucket", bucket, &chosen_bucket);
  status.Update(Choose("--group-by", group_by, &chosen_group));
  if (!status.ok()) return status;
  request->set_bucket(chosen_bucket);
  request->set_group_by(chosen_group);
  return ChooseFilter(filter, request);
}

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_CHOICES_H_

#ifndef RAPPORT_SERVICES_CLI_PERIOD_TEXT_H_
#define RAPPORT_SERVICES_CLI_PERIOD_TEXT_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "rapport/common/v1/common.pb.h"

namespace rapport::cli {

// A moment, to the minute: `2026-10-31 14:05`.
std::string MinuteText(const google::protobuf::Timestamp& moment, absl::TimeZone zone);

// The name of a bucket: `week of 2026-10-26`.
std::string BucketText(const common::v1::TimeRange& range, common::v1::Bucket bucket, absl::TimeZone zone);

// Whether rows of single buckets say more than those of the whole period.
bool IsCut(common::v1::Bucket bucket);

// The value of a dimension; `(none)` for events without one.
std::string GroupText(absl::string_view group);

// The first line of an answer: `2026-10-01 to 2026-11-01 (UTC), intervals at 95 %`. A confidence of 0 means 0.95.
std::string RangeText(const common::v1::TimeRange& range, absl::TimeZone zone, double confidence);

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_PERIOD_TEXT_H_

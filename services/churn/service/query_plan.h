#ifndef RAPPORT_SERVICES_CHURN_SERVICE_QUERY_PLAN_H_
#define RAPPORT_SERVICES_CHURN_SERVICE_QUERY_PLAN_H_

#include <cstddef>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/time/interval.h"
#include "google/protobuf/message.h"
#include "rapport/common/v1/common.pb.h"

// What questions for figures of customers have in common, checked and completed. INVALID_ARGUMENT names the field.
namespace rapport::churn {

struct Period {
  Interval range;
  absl::TimeZone zone;
  double confidence = 0.95;
};
absl::StatusOr<Period> ParsePeriod(const common::v1::TimeRange& range, absl::string_view time_zone, double confidence);

// How a period is cut.
struct Buckets {
  common::v1::Bucket kind = common::v1::BUCKET_ALL;
  std::vector<Interval> list;  // in order, without gaps
  bool is_whole_period = false;
  Interval previous;         // the whole bucket before the first
  Interval previous_period;  // what the period is compared with

  // The position of the bucket that holds `time`, which is in the period.
  size_t IndexOf(absl::Time time) const;
};
absl::StatusOr<Buckets> CutPeriod(const Period& period, common::v1::Bucket bucket);

// INVALID_ARGUMENT when an answer would be too large: in rows, before it is made; in bytes, when it is. gRPC clients
// take 4 MiB unless told otherwise. `remedy` is what to ask for instead.
absl::Status CheckRows(absl::string_view field, size_t rows, size_t most, absl::string_view remedy);
absl::Status CheckBytes(absl::string_view field, const google::protobuf::Message& answer, absl::string_view remedy);

}  // namespace rapport::churn

#endif  // RAPPORT_SERVICES_CHURN_SERVICE_QUERY_PLAN_H_

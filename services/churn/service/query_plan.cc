#include "services/churn/service/query_plan.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/request/fields.h"
#include "common/rollup/series.h"
#include "common/time/buckets.h"

namespace rapport::churn {
namespace {

constexpr int kMostBuckets = 1'000;
constexpr size_t kMostBytes = 4'000'000;

}  // namespace

absl::StatusOr<Period> ParsePeriod(const common::v1::TimeRange& range, absl::string_view time_zone, double confidence) {
  const auto interval = ParseRange(range, "range");
  if (!interval.ok()) return interval.status();
  const auto zone = LoadZone(time_zone, "time_zone");
  if (!zone.ok()) return zone.status();
  const auto level = rollup::ParseConfidence(confidence);
  if (!level.ok()) return level.status();
  return Period{*interval, *zone, *level};
}

size_t Buckets::IndexOf(absl::Time time) const {
  const auto after = std::upper_bound(list.begin(), list.end(), time,
                                      [](absl::Time t, const Interval& bucket) { return t < bucket.start; });
  return static_cast<size_t>(after - list.begin()) - 1;
}

absl::StatusOr<Buckets> CutPeriod(const Period& period, common::v1::Bucket bucket) {
  if (!common::v1::Bucket_IsValid(bucket)) {
    return Invalid("bucket", absl::StrCat(static_cast<int>(bucket)), "is none; leave it out for the whole period");
  }
  auto list = CutIntoBuckets(period.range, bucket, period.zone, kMostBuckets);
  if (!list.ok()) return list.status();
  Buckets buckets;
  buckets.kind = bucket;
  buckets.list = *std::move(list);
  buckets.is_whole_period = bucket == common::v1::BUCKET_ALL || bucket == common::v1::BUCKET_UNSPECIFIED;
  buckets.previous = PreviousBucket(period.range, bucket, period.zone);
  buckets.previous_period = PreviousPeriod(period.range, period.zone);
  return buckets;
}

absl::Status CheckRows(absl::string_view field, size_t rows, size_t most, absl::string_view remedy) {
  if (rows <= most) return absl::OkStatus();
  return Invalid(field, absl::StrCat("the answer would have ", rows, " rows;"),
                 absl::StrCat("the most is ", most, ": ", remedy));
}

absl::Status CheckBytes(absl::string_view field, const google::protobuf::Message& answer, absl::string_view remedy) {
  const size_t bytes = answer.ByteSizeLong();
  if (bytes <= kMostBytes) return absl::OkStatus();
  return Invalid(field, absl::StrCat("the answer would have ", bytes, " bytes;"),
                 absl::StrCat("the most is ", kMostBytes, ": ", remedy));
}

}  // namespace rapport::churn

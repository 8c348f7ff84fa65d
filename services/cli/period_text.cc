#include "services/cli/period_text.h"

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "common/time/interval.h"

namespace rapport::cli {

using common::v1::Bucket;
using common::v1::TimeRange;

namespace {

std::string MomentText(const google::protobuf::Timestamp& moment, absl::TimeZone zone) {
  const absl::Time time = FromProto(moment);
  const bool midnight = absl::ToCivilSecond(time, zone) == absl::CivilSecond(absl::ToCivilDay(time, zone));
  return absl::FormatTime(midnight ? "%Y-%m-%d" : "%Y-%m-%d %H:%M", time, zone);
}

}  // namespace

std::string MinuteText(const google::protobuf::Timestamp& moment, absl::TimeZone zone) {
  return absl::FormatTime("%Y-%m-%d %H:%M", FromProto(moment), zone);
}

std::string BucketText(const TimeRange& range, Bucket bucket, absl::TimeZone zone) {
  const absl::Time start = FromProto(range.start());
  switch (bucket) {
    case common::v1::BUCKET_HOUR:
      return absl::FormatTime("%Y-%m-%d %H:%M", start, zone);
    case common::v1::BUCKET_DAY:
      return absl::FormatTime("%a %Y-%m-%d", start, zone);
    case common::v1::BUCKET_WEEK:
      return absl::FormatTime("week of %Y-%m-%d", start, zone);
    case common::v1::BUCKET_MONTH:
      return absl::FormatTime("%Y-%m", start, zone);
    default:
      return "whole period";
  }
}

bool IsCut(Bucket bucket) {
  return bucket != common::v1::BUCKET_ALL && bucket != common::v1::BUCKET_UNSPECIFIED;
}

std::string GroupText(absl::string_view group) {
  return group.empty() ? "(none)" : std::string(group);
}

std::string RangeText(const TimeRange& range, absl::TimeZone zone, double confidence) {
  return absl::StrCat(MomentText(range.start(), zone), " to ", MomentText(range.end(), zone), " (", zone.name(),
                      "), intervals at ", 100 * (confidence == 0 ? 0.95 : confidence), " %");
}

}  // namespace rapport::cli

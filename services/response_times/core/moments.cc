#include "services/response_times/core/moments.h"

#include "absl/strings/str_cat.h"
#include "common/request/fields.h"
#include "common/time/interval.h"

namespace rapport::response_times {
namespace {

constexpr int64_t kYear10000 = 253'402'300'800;  // in seconds

}  // namespace

std::string ShownMoment(absl::Time t) {
  return absl::FormatTime(absl::RFC3339_full, t, absl::UTCTimeZone());
}

absl::Status ValidateDated(absl::string_view field, const google::protobuf::Timestamp& moment) {
  if (moment.seconds() < kYear10000) return ValidateMoment(field, moment);
  return Invalid(field, absl::StrCat(moment.seconds(), " s"),
                 "is later than the year 9999; check the unit of the source's time");
}

absl::Status ValidatePast(absl::string_view field, const google::protobuf::Timestamp& moment, absl::Time now) {
  absl::Status valid = ValidateDated(field, moment);
  if (!valid.ok() || FromProto(moment) <= now + kClockTolerance) return valid;
  return Invalid(field, ShownMoment(FromProto(moment)),
                 absl::StrCat("is later than this server's clock by more than ", absl::FormatDuration(kClockTolerance),
                              "; check the source's clock and zone"));
}

}  // namespace rapport::response_times

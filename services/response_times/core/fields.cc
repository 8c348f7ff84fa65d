#include "services/response_times/core/fields.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/time/interval.h"

namespace rapport::response_times {
namespace {

constexpr size_t kMostIdBytes = 128;
constexpr int kMostLabels = 16;
constexpr size_t kMostLabelKeyBytes = 64;
constexpr size_t kMostLabelValueBytes = 256;
constexpr int64_t kEndOfTime = 253'402'300'800;  // the year 10000, in seconds

}  // namespace

std::string Shown(absl::string_view value) {
  constexpr size_t kMost = 64;
  return absl::StrCat("\"", absl::CHexEscape(value.substr(0, kMost)), value.size() > kMost ? "...\"" : "\"");
}

std::string Shown(absl::Time t) {
  return absl::FormatTime(absl::RFC3339_full, t, absl::UTCTimeZone());
}

absl::Status Invalid(absl::string_view field, absl::string_view value, absl::string_view remedy) {
  return absl::InvalidArgumentError(absl::StrCat(field, ": ", value, " ", remedy));
}

absl::Status ValidateText(absl::string_view field, absl::string_view text, size_t most) {
  if (text.size() <= most) return absl::OkStatus();
  return Invalid(field, Shown(text), absl::StrCat("has ", text.size(), " bytes; use at most ", most));
}

absl::Status ValidateOptionalId(absl::string_view field, absl::string_view id) {
  return ValidateText(field, id, kMostIdBytes);
}

absl::Status ValidateId(absl::string_view field, absl::string_view id) {
  if (id.empty()) return Invalid(field, "missing;", "give the id that the source has for it");
  return ValidateOptionalId(field, id);
}

absl::Status ValidateLabels(const google::protobuf::Map<std::string, std::string>& labels) {
  if (labels.size() > kMostLabels) {
    return Invalid("labels", absl::StrCat(labels.size(), " labels"),
                   absl::StrCat("are too many; use at most ", kMostLabels));
  }
  for (const auto& [key, value] : labels) {
    if (key.empty() || key.size() > kMostLabelKeyBytes) {
      return Invalid("labels", absl::StrCat("the key ", Shown(key)),
                     absl::StrCat("must have 1 to ", kMostLabelKeyBytes, " bytes"));
    }
    const absl::Status valid = ValidateText(absl::StrCat("labels[", Shown(key), "]"), value, kMostLabelValueBytes);
    if (!valid.ok()) return valid;
  }
  return absl::OkStatus();
}

absl::Status ValidateChannel(absl::string_view field, common::v1::Channel channel) {
  if (common::v1::Channel_IsValid(channel)) return absl::OkStatus();
  return Invalid(field, absl::StrCat(static_cast<int>(channel)), "is no channel; leave it out or use CHANNEL_OTHER");
}

absl::Status ValidateMoment(absl::string_view field, const google::protobuf::Timestamp& moment) {
  if (moment.nanos() < 0 || moment.nanos() > 999'999'999) {
    return Invalid(absl::StrCat(field, ".nanos"), absl::StrCat(moment.nanos()),
                   "is not within a second; use 0 to 999999999");
  }
  if (moment.seconds() >= 0 && moment.seconds() < kEndOfTime) return absl::OkStatus();
  return Invalid(field, absl::StrCat(moment.seconds(), " s"),
                 "is not between the years 1970 and 9999; check the unit of the source's time");
}

absl::Status ValidatePastMoment(absl::string_view field, const google::protobuf::Timestamp& moment, absl::Time now) {
  const absl::Status valid = ValidateMoment(field, moment);
  if (!valid.ok() || FromProto(moment) <= now + kClockTolerance) return valid;
  return Invalid(field, Shown(FromProto(moment)),
                 absl::StrCat("is later than this server's clock by more than ", absl::FormatDuration(kClockTolerance),
                              "; check the source's clock and zone"));
}

}  // namespace rapport::response_times

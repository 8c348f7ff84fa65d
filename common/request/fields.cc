#include "common/request/fields.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/time/interval.h"

namespace rapport {
namespace {

constexpr int kMostLabels = 16;
constexpr size_t kMostLabelKeyBytes = 64;
constexpr size_t kMostLabelValueBytes = 256;
constexpr size_t kDefaultPage = 100;
constexpr size_t kMostPage = 1000;

std::string Shown(absl::Time t) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", t, absl::UTCTimeZone());
}

}  // namespace

absl::Status Invalid(absl::string_view field, absl::string_view value, absl::string_view remedy) {
  return absl::InvalidArgumentError(absl::StrCat(field, ": ", value, " ", remedy));
}

std::string Shown(absl::string_view value) {
  constexpr size_t kMost = 64;
  return absl::StrCat("\"", absl::CHexEscape(value.substr(0, kMost)), value.size() > kMost ? "...\"" : "\"");
}

absl::Status ValidateText(absl::string_view field, absl::string_view text, size_t most_bytes) {
  if (text.size() <= most_bytes) return absl::OkStatus();
  return Invalid(field, Shown(text), absl::StrCat("has ", text.size(), " bytes; use at most ", most_bytes));
}

absl::Status ValidateId(absl::string_view field, absl::string_view id) {
  if (id.empty()) return Invalid(field, "missing;", "give the id that the source has for it");
  return ValidateText(field, id);
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
    absl::Status valid = ValidateText(absl::StrCat("labels[", Shown(key), "]"), value, kMostLabelValueBytes);
    if (!valid.ok()) return valid;
  }
  return absl::OkStatus();
}

absl::Status ValidateChannel(common::v1::Channel channel) {
  if (common::v1::Channel_IsValid(channel)) return absl::OkStatus();
  return Invalid("channel", absl::StrCat(static_cast<int>(channel)),
                 "is no channel; leave it out or use CHANNEL_OTHER");
}

absl::Status ValidateMoment(absl::string_view field, const google::protobuf::Timestamp& moment) {
  if (moment.nanos() < 0 || moment.nanos() > 999'999'999) {
    return Invalid(absl::StrCat(field, ".nanos"), absl::StrCat(moment.nanos()),
                   "is not within a second; use 0 to 999999999");
  }
  const absl::Time t = FromProto(moment);
  if (t >= absl::UnixEpoch()) return absl::OkStatus();
  return Invalid(field, Shown(t), "is before 1970; check the unit of the source's time");
}

absl::Status ValidateOccurredAt(bool present, const google::protobuf::Timestamp& moment, absl::Time now) {
  if (!present) return Invalid("occurred_at", "missing;", "give the source's time of the event");
  absl::Status valid = ValidateMoment("occurred_at", moment);
  if (!valid.ok() || FromProto(moment) <= now + kClockTolerance) return valid;
  return Invalid("occurred_at", Shown(FromProto(moment)),
                 absl::StrCat("is later than this server's clock by more than ", absl::FormatDuration(kClockTolerance),
                              "; check the source's clock and zone"));
}

size_t PageSize(const common::v1::Page& page) {
  return page.page_size() <= 0 ? kDefaultPage : std::min(static_cast<size_t>(page.page_size()), kMostPage);
}

}  // namespace rapport

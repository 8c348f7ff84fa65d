#include "services/ratings/core/validation.h"

#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/time/interval.h"
#include "services/ratings/core/score_codes.h"

namespace rapport::ratings {
namespace {

constexpr size_t kMostIdBytes = 128;
constexpr size_t kMostCommentBytes = 4000;
constexpr int kMostLabels = 16;
constexpr size_t kMostLabelKeyBytes = 64;
constexpr size_t kMostLabelValueBytes = 256;

// A value as it stands in an error: printable and not long.
std::string Shown(absl::string_view value) {
  constexpr size_t kMost = 64;
  return absl::StrCat("\"", absl::CHexEscape(value.substr(0, kMost)), value.size() > kMost ? "...\"" : "\"");
}

absl::Status Invalid(absl::string_view field, absl::string_view value, absl::string_view remedy) {
  return absl::InvalidArgumentError(absl::StrCat(field, ": ", value, " ", remedy));
}

absl::Status ValidateOptionalId(absl::string_view field, absl::string_view id) {
  if (id.size() <= kMostIdBytes) return absl::OkStatus();
  return Invalid(field, Shown(id), absl::StrCat("has ", id.size(), " bytes; use at most ", kMostIdBytes));
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
    if (value.size() > kMostLabelValueBytes) {
      return Invalid(absl::StrCat("labels[", Shown(key), "]"), Shown(value),
                     absl::StrCat("has ", value.size(), " bytes; use at most ", kMostLabelValueBytes));
    }
  }
  return absl::OkStatus();
}

absl::Status ValidateScale(v1::Scale scale) {
  if (scale != v1::SCALE_UNSPECIFIED && v1::Scale_IsValid(scale)) return absl::OkStatus();
  return Invalid("scale", absl::StrCat(static_cast<int>(scale)), "is no scale; name one, such as SCALE_CSAT_5");
}

absl::Status ValidateChannel(common::v1::Channel channel) {
  if (common::v1::Channel_IsValid(channel)) return absl::OkStatus();
  return Invalid("channel", absl::StrCat(static_cast<int>(channel)),
                 "is no channel; leave it out or use CHANNEL_OTHER");
}

absl::Status ValidateMoment(bool present, const google::protobuf::Timestamp& moment, absl::Time now) {
  if (!present) return Invalid("occurred_at", "missing;", "give the source's time of the event");
  if (moment.nanos() < 0 || moment.nanos() > 999'999'999) {
    return Invalid("occurred_at.nanos", absl::StrCat(moment.nanos()), "is not within a second; use 0 to 999999999");
  }
  const absl::Time occurred = rapport::FromProto(moment);
  if (absl::UnixEpoch() <= occurred && occurred <= now + kClockTolerance) return absl::OkStatus();
  const std::string shown = absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", occurred, absl::UTCTimeZone());
  if (occurred < absl::UnixEpoch()) {
    return Invalid("occurred_at", shown, "is before 1970; check the unit of the source's time");
  }
  return Invalid("occurred_at", shown,
                 absl::StrCat("is later than this server's clock by more than ", absl::FormatDuration(kClockTolerance),
                              "; check the source's clock and zone"));
}

// What the scale accepts, for errors.
absl::string_view Accepted(v1::Scale scale) {
  switch (scale) {
    case v1::SCALE_EMOTICON_3:
      return "use emoticon: EMOTICON_HAPPY (alone with wow), EMOTICON_SATISFIED or EMOTICON_UNHAPPY";
    case v1::SCALE_THUMBS_2:
      return "use thumb: THUMB_UP or THUMB_DOWN";
    case v1::SCALE_CSAT_5:
    case v1::SCALE_CES_5:
      return "use points: 1 to 5";
    case v1::SCALE_NPS_11:
      return "use points: 0 to 10";
    case v1::SCALE_CES_7:
      return "use points: 1 to 7";
    default:
      return "name a scale";
  }
}

std::string ShownScore(const v1::Rating& rating) {
  const absl::string_view wow = rating.wow() ? " with wow" : "";
  switch (rating.score_case()) {
    case v1::Rating::kEmoticon:
      return absl::StrCat("emoticon ", static_cast<int>(rating.emoticon()), wow);
    case v1::Rating::kThumb:
      return absl::StrCat("thumb ", static_cast<int>(rating.thumb()), wow);
    case v1::Rating::kPoints:
      return absl::StrCat(rating.points(), wow);
    default:
      return "missing";
  }
}

}  // namespace

absl::Status ValidateId(absl::string_view field, absl::string_view id) {
  if (id.empty()) return Invalid(field, "missing;", "give the id that the source has for it");
  return ValidateOptionalId(field, id);
}

absl::Status Validate(const v1::Rating& rating, absl::Time now) {
  absl::Status status = ValidateId("rating_id", rating.rating_id());
  status.Update(ValidateId("customer_id", rating.customer_id()));
  status.Update(ValidateScale(rating.scale()));
  if (!status.ok()) return status;
  if (!CodeOf(rating)) {
    return Invalid("score", ShownScore(rating),
                   absl::StrCat("is not on ", v1::Scale_Name(rating.scale()), "; ", Accepted(rating.scale())));
  }
  status.Update(ValidateOptionalId("agent_id", rating.agent_id()));
  status.Update(ValidateChannel(rating.channel()));
  status.Update(ValidateOptionalId("conversation_id", rating.conversation_id()));
  status.Update(ValidateLabels(rating.labels()));
  if (rating.comment().size() > kMostCommentBytes) {
    status.Update(Invalid("comment", absl::StrCat(rating.comment().size(), " bytes"),
                          absl::StrCat("are too long; use at most ", kMostCommentBytes)));
  }
  if (!v1::CommentVisibility_IsValid(rating.comment_visibility())) {
    status.Update(Invalid("comment_visibility", absl::StrCat(static_cast<int>(rating.comment_visibility())),
                          "is none; leave it out for COMMENT_VISIBILITY_AGENT_ONLY"));
  }
  status.Update(ValidateMoment(rating.has_occurred_at(), rating.occurred_at(), now));
  if (rating.revision() < 0)
    status.Update(Invalid("revision", absl::StrCat(rating.revision()), "is negative; count from 0"));
  return status;
}

absl::Status Validate(const v1::Survey& survey, absl::Time now) {
  absl::Status status = ValidateId("survey_id", survey.survey_id());
  status.Update(ValidateId("customer_id", survey.customer_id()));
  status.Update(ValidateScale(survey.scale()));
  if (survey.status() == v1::SURVEY_STATUS_UNSPECIFIED || !v1::SurveyStatus_IsValid(survey.status())) {
    status.Update(Invalid("status", absl::StrCat(static_cast<int>(survey.status())),
                          "is none; use SURVEY_STATUS_OFFERED, _DELIVERED or _DISMISSED"));
  }
  status.Update(ValidateOptionalId("agent_id", survey.agent_id()));
  status.Update(ValidateChannel(survey.channel()));
  status.Update(ValidateOptionalId("conversation_id", survey.conversation_id()));
  status.Update(ValidateLabels(survey.labels()));
  status.Update(ValidateMoment(survey.has_occurred_at(), survey.occurred_at(), now));
  return status;
}

absl::StatusOr<double> ParseConfidence(double confidence) {
  if (confidence == 0) return 0.95;
  if (confidence > 0.5 && confidence < 1) return confidence;
  return Invalid("confidence", absl::StrCat(confidence), "is not above 0.5 and below 1; leave it out for 0.95");
}

}  // namespace rapport::ratings

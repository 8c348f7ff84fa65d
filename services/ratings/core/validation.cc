#include "services/ratings/core/validation.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "common/request/fields.h"
#include "services/ratings/core/score_codes.h"

namespace rapport::ratings {
namespace {

constexpr size_t kMostCommentBytes = 4000;

absl::Status ValidateScale(v1::Scale scale) {
  if (scale != v1::SCALE_UNSPECIFIED && v1::Scale_IsValid(scale)) return absl::OkStatus();
  return Invalid("scale", absl::StrCat(static_cast<int>(scale)), "is no scale; name one, such as SCALE_CSAT_5");
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

absl::Status Validate(const v1::Rating& rating, absl::Time now) {
  absl::Status status = ValidateId("rating_id", rating.rating_id());
  status.Update(ValidateId("customer_id", rating.customer_id()));
  status.Update(ValidateScale(rating.scale()));
  if (!status.ok()) return status;
  if (!CodeOf(rating)) {
    return Invalid("score", ShownScore(rating),
                   absl::StrCat("is not on ", v1::Scale_Name(rating.scale()), "; ", Accepted(rating.scale())));
  }
  status.Update(ValidateText("agent_id", rating.agent_id()));
  status.Update(ValidateChannel(rating.channel()));
  status.Update(ValidateText("conversation_id", rating.conversation_id()));
  status.Update(ValidateLabels(rating.labels()));
  if (rating.comment().size() > kMostCommentBytes) {
    status.Update(Invalid("comment", absl::StrCat(rating.comment().size(), " bytes"),
                          absl::StrCat("are too long; use at most ", kMostCommentBytes)));
  }
  if (!v1::CommentVisibility_IsValid(rating.comment_visibility())) {
    status.Update(Invalid("comment_visibility", absl::StrCat(static_cast<int>(rating.comment_visibility())),
                          "is none; leave it out for COMMENT_VISIBILITY_AGENT_ONLY"));
  }
  status.Update(ValidateOccurredAt(rating.has_occurred_at(), rating.occurred_at(), now));
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
  status.Update(ValidateText("agent_id", survey.agent_id()));
  status.Update(ValidateChannel(survey.channel()));
  status.Update(ValidateText("conversation_id", survey.conversation_id()));
  status.Update(ValidateLabels(survey.labels()));
  status.Update(ValidateOccurredAt(survey.has_occurred_at(), survey.occurred_at(), now));
  return status;
}

}  // namespace rapport::ratings

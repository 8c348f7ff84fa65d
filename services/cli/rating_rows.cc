#include "services/cli/rating_rows.h"

#include <utility>

#include "absl/algorithm/container.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "services/cli/enum_names.h"
#include "services/cli/score.h"

namespace rapport::cli {
namespace {

using ratings::v1::Rating;
using ratings::v1::Survey;
using ratings::v1::SurveyStatus;

constexpr FieldName kRatingFieldNames[] = {
    {Field::kId, "rating_id", true},       {Field::kCustomer, "customer_id", true},
    {Field::kScore, "score", true},        {Field::kOccurredAt, "occurred_at", true},
    {Field::kAgent, "agent_id", false},    {Field::kChannel, "channel", false},
    {Field::kComment, "comment", false},   {Field::kConversation, "conversation_id", false},
    {Field::kRevision, "revision", false}, {Field::kWow, "wow", false},
    {Field::kLabel, "label.", false},
};

constexpr FieldName kSurveyFieldNames[] = {
    {Field::kId, "survey_id", true},
    {Field::kCustomer, "customer_id", true},
    {Field::kStatus, "status", true},
    {Field::kOccurredAt, "occurred_at", true},
    {Field::kAgent, "agent_id", false},
    {Field::kChannel, "channel", false},
    {Field::kConversation, "conversation_id", false},
    {Field::kLabel, "label.", false},
};

absl::Status SetField(const RatingRules& rules, const FieldSource& source, const std::string& value, Rating* rating) {
  switch (source.field) {
    case Field::kId:
      rating->set_rating_id(value);
      return absl::OkStatus();
    case Field::kScore:
      return SetScore(Translated(rules.scores, value), rating);
    case Field::kComment:
      rating->set_comment(value);
      return absl::OkStatus();
    case Field::kRevision: {
      const absl::StatusOr<int64_t> revision = WholeNumber("revision", value);
      if (revision.ok()) rating->set_revision(*revision);
      return revision.status();
    }
    case Field::kWow: {
      const absl::StatusOr<bool> wow = TrueOrFalse("wow", value);
      if (wow.ok()) rating->set_wow(*wow);
      return wow.status();
    }
    default:
      return SetShared(rules, source, value, rating);
  }
}

absl::Status SetField(const RatingRules& rules, const FieldSource& source, const std::string& value, Survey* survey) {
  switch (source.field) {
    case Field::kId:
      survey->set_survey_id(value);
      return absl::OkStatus();
    case Field::kStatus: {
      const absl::StatusOr<SurveyStatus> status =
          ParseShortName<SurveyStatus>("status", Translated(rules.statuses, value));
      if (status.ok()) survey->set_status(*status);
      return status.status();
    }
    default:
      return SetShared(rules, source, value, survey);
  }
}

template <class Event>
absl::Status SetFields(const RatingRules& rules, const std::vector<FieldSource>& sources,
                       const std::vector<std::string>& row, Event* event) {
  event->set_scale(rules.scale);
  for (const FieldSource& source : sources) {
    const std::string value = source.Value(row);
    if (absl::Status status = CheckText(value); !status.ok()) return status;
    if (absl::Status status = SetField(rules, source, value, event); !status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace

const absl::Span<const FieldName> kRatingFields = kRatingFieldNames;
const absl::Span<const FieldName> kSurveyFields = kSurveyFieldNames;

absl::StatusOr<RowEvents<Rating>> ToRating(const RatingRules& rules, const std::vector<FieldSource>& sources,
                                           const std::vector<std::string>& row) {
  RowEvents<Rating> events;
  const auto blank_score = [&](const FieldSource& source) {
    return source.field == Field::kScore && absl::StripAsciiWhitespace(source.Value(row)).empty();
  };
  if (absl::c_any_of(sources, blank_score)) return events;
  Rating rating;
  if (absl::Status status = SetFields(rules, sources, row, &rating); !status.ok()) return status;
  if (!rating.comment().empty()) rating.set_comment_visibility(rules.comment_visibility);
  events.event = std::move(rating);
  return events;
}

absl::StatusOr<RowEvents<Survey>> ToSurvey(const RatingRules& rules, const std::vector<FieldSource>& sources,
                                           const std::vector<std::string>& row) {
  RowEvents<Survey> events;
  if (absl::Status status = SetFields(rules, sources, row, &events.event.emplace()); !status.ok()) return status;
  return events;
}

}  // namespace rapport::cli

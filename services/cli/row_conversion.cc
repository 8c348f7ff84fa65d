#include "services/cli/row_conversion.h"

#include <google/protobuf/stubs/common.h>

#include "absl/algorithm/container.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "services/cli/enum_names.h"
#include "services/cli/score.h"

namespace rapport::cli {
namespace {

using common::v1::Channel;
using ratings::v1::Rating;
using ratings::v1::Survey;
using ratings::v1::SurveyStatus;

constexpr FieldName kRatingFieldNames[] = {
    {Field::kId, "rating_id", true},       {Field::kCustomer, "customer_id", true},
    {Field::kScore, "score", true},        {Field::kOccurredAt, "occurred_at", true},
    {Field::kAgent, "agent_id", false},    {Field::kChannel, "channel", false},
    {Field::kComment, "comment", false},   {Field::kConversation, "conversation_id", false},
    {Field::kRevision, "revision", false}, {Field::kWow, "wow", false},
};

constexpr FieldName kSurveyFieldNames[] = {
    {Field::kId, "survey_id", true},
    {Field::kCustomer, "customer_id", true},
    {Field::kStatus, "status", true},
    {Field::kOccurredAt, "occurred_at", true},
    {Field::kAgent, "agent_id", false},
    {Field::kChannel, "channel", false},
    {Field::kConversation, "conversation_id", false},
};

std::string Translated(const std::map<std::string, std::string>& words, absl::string_view value) {
  const auto found = words.find(absl::AsciiStrToLower(absl::StripAsciiWhitespace(value)));
  return found == words.end() ? std::string(value) : found->second;
}

// Protobuf refuses a whole batch over one field that is not UTF-8, so that such a row must not get that far.
absl::Status CheckText(absl::string_view text) {
  if (text.find('\0') != absl::string_view::npos) return absl::InvalidArgumentError("the row has a NUL byte");
  if (!google::protobuf::internal::IsStructurallyValidUTF8(text.data(), static_cast<int>(text.size()))) {
    return absl::InvalidArgumentError(
        "the row is not UTF-8; convert the file first: iconv -f WINDOWS-1252 -t UTF-8 FILE");
  }
  return absl::OkStatus();
}

absl::Status SetWow(absl::string_view text, Rating* rating) {
  bool wow = false;
  if (!text.empty() && !absl::SimpleAtob(text, &wow)) {
    return absl::InvalidArgumentError(absl::StrCat("wow '", text, "' is neither true nor false"));
  }
  rating->set_wow(wow);
  return absl::OkStatus();
}

absl::Status SetRevision(absl::string_view text, Rating* rating) {
  int64_t revision = 0;
  if (!text.empty() && !absl::SimpleAtoi(text, &revision)) {
    return absl::InvalidArgumentError(absl::StrCat("revision '", text, "' is not a whole number"));
  }
  rating->set_revision(revision);
  return absl::OkStatus();
}

// The fields that ratings and surveys share.
template <class Message>
absl::Status SetShared(const ConversionRules& rules, const FieldSource& source, absl::string_view value,
                       Message* message) {
  const std::string text(value);
  switch (source.field) {
    case Field::kCustomer:
      message->set_customer_id(text);
      break;
    case Field::kAgent:
      message->set_agent_id(text);
      break;
    case Field::kConversation:
      message->set_conversation_id(text);
      break;
    case Field::kLabel:
      if (!text.empty()) (*message->mutable_labels())[source.label_key] = text;
      break;
    case Field::kChannel: {
      if (absl::StripAsciiWhitespace(value).empty()) break;
      const absl::StatusOr<Channel> channel = ParseShortName<Channel>("channel", Translated(rules.channels, value));
      if (!channel.ok()) return channel.status();
      message->set_channel(*channel);
      break;
    }
    case Field::kOccurredAt: {
      const absl::StatusOr<absl::Time> time = rules.time_parser.Parse(value);
      if (!time.ok()) return time.status();
      *message->mutable_occurred_at() = ToTimestamp(*time);
      break;
    }
    default:
      break;
  }
  return absl::OkStatus();
}

absl::Status SetRatingField(const ConversionRules& rules, const FieldSource& source, absl::string_view value,
                            Rating* rating) {
  switch (source.field) {
    case Field::kId:
      rating->set_rating_id(std::string(value));
      return absl::OkStatus();
    case Field::kScore:
      return SetScore(Translated(rules.scores, value), rating);
    case Field::kComment:
      rating->set_comment(std::string(value));
      return absl::OkStatus();
    case Field::kRevision:
      return SetRevision(value, rating);
    case Field::kWow:
      return SetWow(value, rating);
    default:
      return SetShared(rules, source, value, rating);
  }
}

absl::Status SetSurveyField(const ConversionRules& rules, const FieldSource& source, absl::string_view value,
                            Survey* survey) {
  switch (source.field) {
    case Field::kId:
      survey->set_survey_id(std::string(value));
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

}  // namespace

const absl::Span<const FieldName> kRatingFields = kRatingFieldNames;
const absl::Span<const FieldName> kSurveyFields = kSurveyFieldNames;

std::map<std::string, std::string> ValueMap(const Pairs& pairs) {
  std::map<std::string, std::string> map;
  for (const auto& [theirs, ours] : pairs) map[absl::AsciiStrToLower(absl::StripAsciiWhitespace(theirs))] = ours;
  return map;
}

absl::StatusOr<Converted> ToRating(const ConversionRules& rules, const std::vector<FieldSource>& sources,
                                   const std::vector<std::string>& row, Rating* rating) {
  const auto blank_score = [&](const FieldSource& source) {
    return source.field == Field::kScore && absl::StripAsciiWhitespace(source.Value(row)).empty();
  };
  if (absl::c_any_of(sources, blank_score)) return Converted::kNotRated;
  rating->set_scale(rules.scale);
  for (const FieldSource& source : sources) {
    const absl::string_view value = source.Value(row);
    if (absl::Status status = CheckText(value); !status.ok()) return status;
    if (absl::Status status = SetRatingField(rules, source, value, rating); !status.ok()) return status;
  }
  if (!rating->comment().empty()) rating->set_comment_visibility(rules.comment_visibility);
  return Converted::kEvent;
}

absl::StatusOr<Converted> ToSurvey(const ConversionRules& rules, const std::vector<FieldSource>& sources,
                                   const std::vector<std::string>& row, Survey* survey) {
  survey->set_scale(rules.scale);
  for (const FieldSource& source : sources) {
    const absl::string_view value = source.Value(row);
    if (absl::Status status = CheckText(value); !status.ok()) return status;
    if (absl::Status status = SetSurveyField(rules, source, value, survey); !status.ok()) return status;
  }
  return Converted::kEvent;
}

}  // namespace rapport::cli

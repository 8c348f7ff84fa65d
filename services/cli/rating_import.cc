#include "services/cli/rating_import.h"

#include <utility>

#include "services/cli/enum_names.h"
#include "services/cli/rating_rows.h"
#include "services/cli/rating_sender.h"
#include "services/cli/survey_sender.h"

namespace rapport::cli {
namespace {

using ratings::v1::CommentVisibility;
using ratings::v1::Rating;
using ratings::v1::Scale;
using ratings::v1::Survey;

absl::StatusOr<RatingRules> MakeRules(const RatingImportOptions& options) {
  RatingRules rules;
  if (absl::Status status = SetRules(options, &rules); !status.ok()) return status;
  const absl::StatusOr<Scale> scale = ParseShortName<Scale>("--scale", options.scale);
  if (!scale.ok()) return scale.status();
  rules.scale = *scale;
  if (!options.comment_visibility.empty()) {
    const auto visibility = ParseShortName<CommentVisibility>("--comment-visibility", options.comment_visibility);
    if (!visibility.ok()) return visibility.status();
    rules.comment_visibility = *visibility;
  }
  absl::StatusOr<Words> scores = ReadWords("--scores", options.scores);
  if (!scores.ok()) return scores.status();
  rules.scores = *std::move(scores);
  absl::StatusOr<Words> statuses = ReadWords("--statuses", options.statuses);
  if (!statuses.ok()) return statuses.status();
  rules.statuses = *std::move(statuses);
  return rules;
}

template <class Event>
using Converter = absl::StatusOr<RowEvents<Event>> (*)(const RatingRules&, const std::vector<FieldSource>&,
                                                       const std::vector<std::string>&);

template <class Event>
RowKind<Event> MakeKind(absl::Span<const FieldName> fields, const RatingRules& rules, Converter<Event> convert) {
  return {.fields = fields,
          .more_columns = {},
          .convert = [&rules, convert](const auto& sources, const auto& row) { return convert(rules, sources, row); },
          .words = {.skipped = "not rated"}};
}

}  // namespace

absl::StatusOr<int> ImportRatings(Session& session, const RatingImportOptions& options) {
  const absl::StatusOr<Connection> connection = Connection::Open(session.connection);
  if (!connection.ok()) return connection.status();
  const absl::StatusOr<RatingRules> rules = MakeRules(options);
  if (!rules.ok()) return rules.status();
  const RowKind<Rating> kind = MakeKind<Rating>(kRatingFields, *rules, &ToRating);
  return ImportFile(session, options, kind, [&](RetryPolicy retry, OnResult on_result) {
    return MakeRatingSender(*connection, std::move(retry), options.window, std::move(on_result));
  });
}

absl::StatusOr<int> ImportSurveys(Session& session, const RatingImportOptions& options) {
  const absl::StatusOr<Connection> connection = Connection::Open(session.connection);
  if (!connection.ok()) return connection.status();
  const absl::StatusOr<RatingRules> rules = MakeRules(options);
  if (!rules.ok()) return rules.status();
  const RowKind<Survey> kind = MakeKind<Survey>(kSurveyFields, *rules, &ToSurvey);
  return ImportFile(session, options, kind, [&](RetryPolicy retry, OnResult on_result) {
    return MakeSurveySender(*connection, std::move(retry), std::move(on_result));
  });
}

}  // namespace rapport::cli

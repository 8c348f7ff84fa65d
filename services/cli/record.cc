#include "services/cli/record.h"

#include <grpcpp/client_context.h>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "rapport/ratings/v1/ratings_service.grpc.pb.h"
#include "services/cli/column_mapping.h"
#include "services/cli/enum_names.h"
#include "services/cli/filters.h"
#include "services/cli/json.h"
#include "services/cli/score.h"
#include "services/cli/time_parsing.h"

namespace rapport::cli {
namespace {

using common::v1::Channel;
using ratings::v1::CommentVisibility;
using ratings::v1::Rating;

absl::Status SetTime(const RecordOptions& options, absl::Time now, Rating* rating) {
  absl::StatusOr<absl::Time> time = now;
  if (!options.occurred_at.empty()) {
    const absl::StatusOr<absl::TimeZone> zone = LoadZone(options.time_zone);
    if (!zone.ok()) return zone.status();
    time = TimeParser("", *zone).Parse(options.occurred_at);
    if (!time.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("--occurred-at '", options.occurred_at, "' is not of the form 2026-10-31T14:05:00Z"));
    }
  }
  *rating->mutable_occurred_at() = ToTimestamp(*time);
  return absl::OkStatus();
}

absl::Status SetChoices(const RecordOptions& options, Rating* rating) {
  if (!options.channel.empty()) {
    const absl::StatusOr<Channel> channel = ParseShortName<Channel>("--channel", options.channel);
    if (!channel.ok()) return channel.status();
    rating->set_channel(*channel);
  }
  if (!options.comment_visibility.empty()) {
    const absl::StatusOr<CommentVisibility> visibility =
        ParseShortName<CommentVisibility>("--comment-visibility", options.comment_visibility);
    if (!visibility.ok()) return visibility.status();
    rating->set_comment_visibility(*visibility);
  }
  return absl::OkStatus();
}

absl::StatusOr<Rating> MakeRating(const RecordOptions& options, absl::Time now) {
  Rating rating;
  const absl::StatusOr<ratings::v1::Scale> scale = ParseScale(options.scale);
  if (!scale.ok()) return scale.status();
  rating.set_scale(*scale);
  if (absl::Status status = SetScore(options.score, &rating); !status.ok()) return status;
  if (absl::Status status = SetTime(options, now, &rating); !status.ok()) return status;
  if (absl::Status status = SetChoices(options, &rating); !status.ok()) return status;
  const absl::StatusOr<Pairs> labels = ParsePairs("--label", options.labels);
  if (!labels.ok()) return labels.status();
  for (const auto& [key, value] : *labels) (*rating.mutable_labels())[key] = value;
  rating.set_rating_id(options.rating_id);
  rating.set_customer_id(options.customer);
  rating.set_wow(options.wow);
  rating.set_agent_id(options.agent);
  rating.set_conversation_id(options.conversation);
  rating.set_comment(options.comment);
  rating.set_revision(options.revision);
  return rating;
}

}  // namespace

absl::StatusOr<int> Record(Session& session, const RecordOptions& options) {
  const absl::StatusOr<Rating> rating = MakeRating(options, session.environment.now());
  if (!rating.ok()) return rating.status();
  const absl::StatusOr<Connection> connection = Connection::Open(session.connection);
  if (!connection.ok()) return connection.status();
  ratings::v1::RecordRatingRequest request;
  *request.mutable_rating() = *rating;
  ratings::v1::RecordRatingResponse response;
  const grpc::Status called = ratings::v1::RatingsService::NewStub(connection->channel())
                                  ->RecordRating(connection->NewContext().get(), request, &response);
  if (!called.ok()) return connection->Explain(called);
  session.environment.out << (session.json() ? JsonLine(response)
                                             : absl::AsciiStrToLower(ShortName(response.outcome())))
                          << "\n";
  return kDone;
}

}  // namespace rapport::cli

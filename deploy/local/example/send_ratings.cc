#include "deploy/local/example/send_ratings.h"

#include <vector>

#include "deploy/local/example/sending.h"
#include "rapport/ratings/v1/ratings_service.grpc.pb.h"

namespace rapport::example {
namespace {

using ratings::v1::RatingsService;

grpc::Status SendSurveys(RatingsService::Stub& service, const std::vector<ratings::v1::Survey>& surveys, Tally& tally) {
  grpc::Status status;
  ForEachBatch(surveys.size(), [&](size_t begin, size_t end) {
    grpc::ClientContext context;
    Prepare(context);
    ratings::v1::RecordSurveysRequest request;
    ratings::v1::RecordSurveysResponse response;
    request.mutable_surveys()->Assign(surveys.begin() + begin, surveys.begin() + end);
    status = service.RecordSurveys(&context, request, &response);
    tally.Count(response.results(), ratings::v1::OUTCOME_DUPLICATE);
    return status.ok();
  });
  return status;
}

grpc::Status StreamRatings(RatingsService::Stub& service, const std::vector<ratings::v1::Rating>& ratings,
                           Tally& tally) {
  grpc::ClientContext context;
  Prepare(context);
  const auto stream = service.IngestRatings(&context);
  ForEachBatch(ratings.size(), [&](size_t begin, size_t end) {
    ratings::v1::IngestRatingsRequest request;
    ratings::v1::IngestRatingsResponse acknowledgement;
    request.set_sequence(static_cast<int64_t>(begin));
    request.mutable_ratings()->Assign(ratings.begin() + begin, ratings.begin() + end);
    if (!stream->Write(request) || !stream->Read(&acknowledgement)) return false;
    tally.Count(acknowledgement.results(), ratings::v1::OUTCOME_DUPLICATE);
    return true;
  });
  stream->WritesDone();
  return stream->Finish();
}

}  // namespace

bool SendRatings(const std::string& server, const Feedback& feedback) {
  const auto service = RatingsService::NewStub(grpc::CreateChannel(server, grpc::InsecureChannelCredentials()));
  Tally surveys;
  Tally ratings;
  grpc::Status status = SendSurveys(*service, feedback.surveys, surveys);
  if (status.ok()) status = StreamRatings(*service, feedback.ratings, ratings);
  surveys.Print("Surveys");
  ratings.Print("Ratings");
  return Report(server, status) && surveys.refused + ratings.refused == 0;
}

}  // namespace rapport::example

// Sends a month of made-up ratings and surveys to a ratings service.
#include <grpcpp/grpcpp.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <iostream>
#include <string>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "deploy/local/example/example_month.h"
#include "rapport/ratings/v1/ratings_service.grpc.pb.h"

namespace rapport::example {
namespace {

using ratings::v1::RatingsService;

constexpr size_t kBatch = 1000;
constexpr absl::Duration kLongestWait = absl::Seconds(30);

// How many events of a kind the service answered in which way.
struct Tally {
  int stored = 0;
  int known = 0;
  int refused = 0;
  std::string first_refusal;

  void Count(const google::protobuf::RepeatedPtrField<ratings::v1::ItemResult>& results) {
    for (const ratings::v1::ItemResult& result : results) {
      if (result.status().code() != 0) {
        if (refused++ == 0) first_refusal = result.status().message();
      } else if (result.outcome() == ratings::v1::OUTCOME_DUPLICATE) {
        ++known;
      } else {
        ++stored;
      }
    }
  }

  void Print(absl::string_view what) const {
    std::cout << what << ": " << stored << " new, " << known << " known already, " << refused << " refused\n";
    if (refused > 0) std::cerr << "First refusal: " << first_refusal << '\n';
  }
};

// Calls `send` with each stretch [begin, end) of at most kBatch of `count` items, until it says no.
template <typename Send>
void ForEachBatch(size_t count, Send send) {
  for (size_t begin = 0; begin < count; begin += kBatch) {
    if (!send(begin, std::min(count, begin + kBatch))) return;
  }
}

grpc::Status SendSurveys(RatingsService::Stub& service, const std::vector<ratings::v1::Survey>& surveys, Tally& tally) {
  grpc::Status status;
  ForEachBatch(surveys.size(), [&](size_t begin, size_t end) {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + kLongestWait));
    context.set_wait_for_ready(true);
    ratings::v1::RecordSurveysRequest request;
    ratings::v1::RecordSurveysResponse response;
    request.mutable_surveys()->Assign(surveys.begin() + begin, surveys.begin() + end);
    status = service.RecordSurveys(&context, request, &response);
    tally.Count(response.results());
    return status.ok();
  });
  return status;
}

grpc::Status SendRatings(RatingsService::Stub& service, const std::vector<ratings::v1::Rating>& ratings, Tally& tally) {
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + kLongestWait));
  context.set_wait_for_ready(true);
  const auto stream = service.IngestRatings(&context);
  ForEachBatch(ratings.size(), [&](size_t begin, size_t end) {
    ratings::v1::IngestRatingsRequest request;
    ratings::v1::IngestRatingsResponse acknowledgement;
    request.set_sequence(static_cast<int64_t>(begin));
    request.mutable_ratings()->Assign(ratings.begin() + begin, ratings.begin() + end);
    if (!stream->Write(request) || !stream->Read(&acknowledgement)) return false;
    tally.Count(acknowledgement.results());
    return true;
  });
  stream->WritesDone();
  return stream->Finish();
}

// Answers the exit code.
int Load(const std::string& server, const Feedback& feedback) {
  const auto service = RatingsService::NewStub(grpc::CreateChannel(server, grpc::InsecureChannelCredentials()));
  Tally surveys;
  Tally ratings;
  grpc::Status status = SendSurveys(*service, feedback.surveys, surveys);
  if (status.ok()) status = SendRatings(*service, feedback.ratings, ratings);
  surveys.Print("Surveys");
  ratings.Print("Ratings");
  if (!status.ok()) {
    std::cerr << "The service at " << server << " stopped taking events: " << status.error_message()
              << "\nRun this again: events that it knows already change nothing.\n";
  }
  return status.ok() && surveys.refused + ratings.refused == 0 ? 0 : 1;
}

int Main(int argc, char** argv) {
  CLI::App app(
      "Loads example events: what the customers of a made-up help desk say within a month. The same seed and dates "
      "give "
      "the same events, so that loading them again changes nothing.");
  std::string server = "127.0.0.1:50051";
  uint64_t seed = 2013;
  int days = 30;
  std::string until;
  app.add_option("--server", server, "Address of the ratings service, without TLS")->capture_default_str();
  app.add_option("--seed", seed, "Another seed makes another month")->capture_default_str();
  app.add_option("--days", days, "How many UTC days")->capture_default_str()->check(CLI::Range(1, 366));
  app.add_option("--until", until, "First UTC day that is not filled, as 2014-01-01; today if not given");
  CLI11_PARSE(app, argc, argv);

  absl::CivilDay end = absl::ToCivilDay(absl::Now(), absl::UTCTimeZone());
  if (!until.empty() && !absl::ParseCivilTime(until, &end)) {
    std::cerr << "--until: '" << until << "' is not a day; write it as 2014-01-01\n";
    return 2;
  }
  return Load(server, FeedbackOfDays(seed, end, days));
}

}  // namespace
}  // namespace rapport::example

int main(int argc, char** argv) {
  return rapport::example::Main(argc, argv);
}

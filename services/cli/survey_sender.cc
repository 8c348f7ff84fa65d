#include "services/cli/survey_sender.h"

#include <grpcpp/client_context.h>

#include <utility>

#include "common/server/pushback.h"
#include "rapport/ratings/v1/ratings_service.grpc.pb.h"
#include "services/cli/enum_names.h"

namespace rapport::cli {
namespace {

using ratings::v1::RatingsService;
using ratings::v1::RecordSurveysRequest;
using ratings::v1::RecordSurveysResponse;
using ratings::v1::Survey;

class SurveySender final : public EventSender<Survey> {
 public:
  SurveySender(const Connection& connection, RetryPolicy retry, OnResult on_result)
      : connection_(connection),
        retry_(std::move(retry)),
        on_result_(std::move(on_result)),
        stub_(RatingsService::NewStub(connection.channel())) {}

  absl::Status Send(Batch<Survey> batch) override {
    for (int tries = 1; !batch.events.empty(); ++tries) {
      RecordSurveysRequest request;
      for (const Survey& survey : batch.events) *request.add_surveys() = survey;
      RecordSurveysResponse response;
      const std::unique_ptr<grpc::ClientContext> context = connection_.NewContext();
      const grpc::Status called = stub_->RecordSurveys(context.get(), request, &response);
      if (!called.ok()) {
        absl::Status status = connection_.Explain(called);
        if (!IsTransient(called.error_code()) || !retry_.Wait(tries, status.message(), server::PushbackOf(*context))) {
          return status;
        }
        continue;
      }
      if (response.results_size() != request.surveys_size()) {
        return absl::InternalError("the server answered with another number of surveys than were sent");
      }
      batch = Settle(std::move(batch), response, tries < retry_.tries);
      if (!batch.events.empty()) retry_.Wait(tries, "the server could not take some surveys for now");
    }
    return absl::OkStatus();
  }

  absl::Status Finish() override { return absl::OkStatus(); }

 private:
  // Tells the results; returns what is to be sent again.
  Batch<Survey> Settle(Batch<Survey> batch, const RecordSurveysResponse& response, bool may_send_again) const {
    Batch<Survey> again;
    for (size_t i = 0; i < batch.events.size(); ++i) {
      const ratings::v1::ItemResult& result = response.results(static_cast<int>(i));
      if (may_send_again && IsTransient(result.status().code())) {
        again.events.push_back(std::move(batch.events[i]));
        again.rows.push_back(std::move(batch.rows[i]));
      } else {
        on_result_(batch.rows[i], result.status(), ShortName(result.outcome()));
      }
    }
    return again;
  }

  const Connection& connection_;
  const RetryPolicy retry_;
  const OnResult on_result_;
  const std::unique_ptr<RatingsService::Stub> stub_;
};

}  // namespace

std::unique_ptr<EventSender<Survey>> MakeSurveySender(const Connection& connection, RetryPolicy retry,
                                                      OnResult on_result) {
  return std::make_unique<SurveySender>(connection, std::move(retry), std::move(on_result));
}

}  // namespace rapport::cli

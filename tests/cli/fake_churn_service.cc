#include "tests/cli/fake_churn_service.h"

#include <google/protobuf/text_format.h>
#include <google/protobuf/util/message_differencer.h>
#include <grpcpp/server_builder.h>

#include "absl/strings/str_cat.h"

namespace rapport::cli {

using churn::v1::Activity;
using churn::v1::ActivityResult;
using google::protobuf::Message;
using google::protobuf::util::MessageDifferencer;
using grpc::ServerContext;
using grpc::Status;
using grpc::StatusCode;

std::map<std::pair<std::string, std::string>, Activity> FakeChurnService::activities() const {
  absl::MutexLock lock(&mutex_);
  return activities_;
}

std::string FakeChurnService::last(const std::string& request) const {
  absl::MutexLock lock(&mutex_);
  const auto found = requests_.find(request);
  return found == requests_.end() ? "never called" : found->second.back();
}

int FakeChurnService::count(const std::string& request) const {
  absl::MutexLock lock(&mutex_);
  const auto found = requests_.find(request);
  return found == requests_.end() ? 0 : static_cast<int>(found->second.size());
}

void FakeChurnService::EndWatches() {
  if (!watches_end_.HasBeenNotified()) watches_end_.Notify();
}

void FakeChurnService::Remember(const Message& request) {
  absl::MutexLock lock(&mutex_);
  requests_[request.GetDescriptor()->name()].push_back(request.ShortDebugString());
}

Status FakeChurnService::Answer(const Message& request, Message* response) {
  Remember(request);
  if (!unary_status.ok()) return unary_status;
  absl::MutexLock lock(&mutex_);
  const auto found = answers.find(response->GetDescriptor()->name());
  if (found == answers.end()) return Status::OK;
  if (!google::protobuf::TextFormat::ParseFromString(found->second.front(), response)) {
    return Status(StatusCode::INTERNAL, "the test's answer cannot be read");
  }
  if (found->second.size() > 1) found->second.pop_front();
  return Status::OK;
}

ActivityResult FakeChurnService::Take(const Activity& activity) {
  ActivityResult result;
  if (activity.customer_id() == "refused") {
    result.mutable_status()->set_code(StatusCode::INVALID_ARGUMENT);
    result.mutable_status()->set_message("customer_id: 'refused' is not wanted");
    return result;
  }
  const auto [found, inserted] = activities_.try_emplace({activity.customer_id(), activity.activity_id()}, activity);
  if (inserted) {
    result.set_outcome(churn::v1::OUTCOME_CREATED);
  } else if (MessageDifferencer::Equals(found->second, activity)) {
    result.set_outcome(churn::v1::OUTCOME_DUPLICATE);
  } else {
    found->second = activity;
    result.set_outcome(churn::v1::OUTCOME_REPLACED);
  }
  return result;
}

Status FakeChurnService::RecordActivities(ServerContext*, const churn::v1::RecordActivitiesRequest* request,
                                          churn::v1::RecordActivitiesResponse* response) {
  Remember(*request);
  if (!unary_status.ok()) return unary_status;
  absl::MutexLock lock(&mutex_);
  for (const Activity& activity : request->activities()) *response->add_results() = Take(activity);
  return Status::OK;
}

Status FakeChurnService::IngestActivities(
    ServerContext*,
    grpc::ServerReaderWriter<churn::v1::IngestActivitiesResponse, churn::v1::IngestActivitiesRequest>* stream) {
  churn::v1::IngestActivitiesRequest request;
  while (stream->Read(&request)) {
    churn::v1::IngestActivitiesResponse response;
    response.set_sequence(request.sequence());
    {
      absl::MutexLock lock(&mutex_);
      for (const Activity& activity : request.activities()) *response.add_results() = Take(activity);
    }
    stream->Write(response);
  }
  return Status::OK;
}

Status FakeChurnService::StreamScores(ServerContext*, const churn::v1::StreamScoresRequest* request,
                                      grpc::ServerWriter<churn::v1::StreamScoresResponse>* writer) {
  Remember(*request);
  for (const auto& chunk : score_chunks) writer->Write(chunk);
  return Status::OK;
}

Status FakeChurnService::WatchRisk(ServerContext*, const churn::v1::WatchRiskRequest* request,
                                   grpc::ServerWriter<churn::v1::WatchRiskResponse>* writer) {
  Remember(*request);
  for (const auto& news : risk_news) writer->Write(news);
  watches_end_.WaitForNotification();
  return Status::OK;
}

Status FakeChurnService::ExportTrainingData(ServerContext*, const churn::v1::ExportTrainingDataRequest* request,
                                            grpc::ServerWriter<churn::v1::ExportTrainingDataResponse>* writer) {
  Remember(*request);
  for (const auto& chunk : training_chunks) writer->Write(chunk);
  return Status::OK;
}

FakeChurnServer::FakeChurnServer() {
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
  builder.RegisterService(&service_);
  server_ = builder.BuildAndStart();
}

FakeChurnServer::~FakeChurnServer() {
  service_.EndWatches();
  server_->Shutdown();
}

std::string FakeChurnServer::address() const {
  return absl::StrCat("127.0.0.1:", port_);
}

}  // namespace rapport::cli

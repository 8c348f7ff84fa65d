#include "tests/cli/fake_response_times_service.h"

#include <google/protobuf/text_format.h>
#include <google/protobuf/util/message_differencer.h>
#include <grpcpp/server_builder.h>

#include "absl/strings/str_cat.h"

namespace rapport::cli {

using google::protobuf::Message;
using google::protobuf::util::MessageDifferencer;
using grpc::ServerContext;
using grpc::Status;
using grpc::StatusCode;
using response_times::v1::ConversationEvent;
using response_times::v1::EventResult;

std::map<std::pair<std::string, std::string>, ConversationEvent> FakeResponseTimesService::events() const {
  absl::MutexLock lock(&mutex_);
  return events_;
}

std::string FakeResponseTimesService::last(const std::string& request) const {
  absl::MutexLock lock(&mutex_);
  const auto found = requests_.find(request);
  return found == requests_.end() ? "never called" : found->second;
}

void FakeResponseTimesService::EndWatches() {
  if (!watches_end_.HasBeenNotified()) watches_end_.Notify();
}

void FakeResponseTimesService::Remember(const Message& request) {
  absl::MutexLock lock(&mutex_);
  requests_[request.GetDescriptor()->name()] = request.ShortDebugString();
}

Status FakeResponseTimesService::Answer(const Message& request, Message* response) {
  Remember(request);
  if (!unary_status.ok()) return unary_status;
  const auto found = answers.find(response->GetDescriptor()->name());
  if (found != answers.end() && !google::protobuf::TextFormat::ParseFromString(found->second, response)) {
    return Status(StatusCode::INTERNAL, "the test's answer cannot be read");
  }
  return Status::OK;
}

EventResult FakeResponseTimesService::Take(const ConversationEvent& event) {
  EventResult result;
  const auto refuse = [&](const std::string& message) {
    result.mutable_status()->set_code(StatusCode::INVALID_ARGUMENT);
    result.mutable_status()->set_message(message);
    return result;
  };
  if (event.has_opened_at() && event.occurred_at().seconds() < event.opened_at().seconds()) {
    return refuse("occurred_at: it is earlier than opened_at");
  }
  if (event.message().author() == response_times::v1::AUTHOR_CUSTOMER && event.customer_id().empty()) {
    return refuse("customer_id: it is missing");
  }
  const auto [found, inserted] = events_.try_emplace({event.conversation_id(), event.event_id()}, event);
  if (inserted) {
    result.set_outcome(response_times::v1::OUTCOME_CREATED);
  } else if (MessageDifferencer::Equals(found->second, event)) {
    result.set_outcome(response_times::v1::OUTCOME_DUPLICATE);
  } else {
    found->second = event;
    result.set_outcome(response_times::v1::OUTCOME_REPLACED);
  }
  return result;
}

Status FakeResponseTimesService::IngestEvents(
    ServerContext*,
    grpc::ServerReaderWriter<response_times::v1::IngestEventsResponse, response_times::v1::IngestEventsRequest>*
        stream) {
  response_times::v1::IngestEventsRequest request;
  while (stream->Read(&request)) {
    response_times::v1::IngestEventsResponse response;
    response.set_sequence(request.sequence());
    {
      absl::MutexLock lock(&mutex_);
      for (const ConversationEvent& event : request.events()) *response.add_results() = Take(event);
    }
    stream->Write(response);
  }
  return Status::OK;
}

Status FakeResponseTimesService::ExportEvents(ServerContext*, const response_times::v1::ExportEventsRequest* request,
                                              grpc::ServerWriter<response_times::v1::ExportEventsResponse>* writer) {
  Remember(*request);
  for (const auto& chunk : export_chunks) writer->Write(chunk);
  return Status::OK;
}

Status FakeResponseTimesService::WatchPromises(ServerContext*, const response_times::v1::WatchPromisesRequest* request,
                                               grpc::ServerWriter<response_times::v1::WatchPromisesResponse>* writer) {
  Remember(*request);
  for (const auto& news : promise_news) writer->Write(news);
  watches_end_.WaitForNotification();
  return Status::OK;
}

Status FakeResponseTimesService::WatchResolutions(
    ServerContext*, const response_times::v1::WatchResolutionsRequest* request,
    grpc::ServerWriter<response_times::v1::WatchResolutionsResponse>* writer) {
  Remember(*request);
  for (const auto& resolution : resolutions) writer->Write(resolution);
  watches_end_.WaitForNotification();
  return Status::OK;
}

FakeResponseTimesServer::FakeResponseTimesServer() {
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
  builder.RegisterService(&service_);
  server_ = builder.BuildAndStart();
}

FakeResponseTimesServer::~FakeResponseTimesServer() {
  service_.EndWatches();
  server_->Shutdown();
}

std::string FakeResponseTimesServer::address() const {
  return absl::StrCat("127.0.0.1:", port_);
}

}  // namespace rapport::cli

#ifndef RAPPORT_TESTS_CLI_FAKE_RESPONSE_TIMES_SERVICE_H_
#define RAPPORT_TESTS_CLI_FAKE_RESPONSE_TIMES_SERVICE_H_

#include <google/protobuf/message.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "rapport/response_times/v1/response_times_service.grpc.pb.h"

namespace rapport::cli {

// A response times service in memory: takes events once and answers everything else with what the test gave it.
class FakeResponseTimesService final : public response_times::v1::ResponseTimesService::Service {
 public:
  // All to be set before the first call.
  //
  // Answers in the text format, by the name of the response, such as "GetConversationResponse"; empty ones otherwise.
  std::map<std::string, std::string> answers;
  // Fails every unary call while it is not OK.
  grpc::Status unary_status;
  std::vector<response_times::v1::WatchPromisesResponse> promise_news;
  std::vector<response_times::v1::WatchResolutionsResponse> resolutions;
  std::vector<response_times::v1::ExportEventsResponse> export_chunks;

  // Events by conversation and event id. One that is earlier than its `opened_at` is refused, as is a customer's
  // message without a customer.
  std::map<std::pair<std::string, std::string>, response_times::v1::ConversationEvent> events() const;
  // The last request of this name, in the text format on one line.
  std::string last(const std::string& request) const;

  // Ends the watch streams that are open.
  void EndWatches();

  grpc::Status IngestEvents(grpc::ServerContext* context,
                            grpc::ServerReaderWriter<response_times::v1::IngestEventsResponse,
                                                     response_times::v1::IngestEventsRequest>* stream) override;
  grpc::Status ExportEvents(grpc::ServerContext* context, const response_times::v1::ExportEventsRequest* request,
                            grpc::ServerWriter<response_times::v1::ExportEventsResponse>* writer) override;
  grpc::Status WatchPromises(grpc::ServerContext* context, const response_times::v1::WatchPromisesRequest* request,
                             grpc::ServerWriter<response_times::v1::WatchPromisesResponse>* writer) override;
  grpc::Status WatchResolutions(grpc::ServerContext* context,
                                const response_times::v1::WatchResolutionsRequest* request,
                                grpc::ServerWriter<response_times::v1::WatchResolutionsResponse>* writer) override;

#define RAPPORT_FAKE(Method)                                                                    \
  grpc::Status Method(grpc::ServerContext*, const response_times::v1::Method##Request* request, \
                      response_times::v1::Method##Response* response) override {                \
    return Answer(*request, response);                                                          \
  }
  RAPPORT_FAKE(QueryResponseTimes)
  RAPPORT_FAKE(GetShareRank)
  RAPPORT_FAKE(GetConversation)
  RAPPORT_FAKE(ListWaiting)
  RAPPORT_FAKE(GetBacklog)
  RAPPORT_FAKE(BatchGetCustomerResponsiveness)
  RAPPORT_FAKE(QueryEscalations)
  RAPPORT_FAKE(EraseCustomer)
  RAPPORT_FAKE(MakePromise)
  RAPPORT_FAKE(KeepPromise)
  RAPPORT_FAKE(CancelPromise)
  RAPPORT_FAKE(ListPromises)
  RAPPORT_FAKE(QueryPromises)
  RAPPORT_FAKE(CreateBusinessCalendar)
  RAPPORT_FAKE(GetBusinessCalendar)
  RAPPORT_FAKE(ListBusinessCalendars)
  RAPPORT_FAKE(UpdateBusinessCalendar)
  RAPPORT_FAKE(CreateSlaPolicy)
  RAPPORT_FAKE(GetSlaPolicy)
  RAPPORT_FAKE(ListSlaPolicies)
  RAPPORT_FAKE(UpdateSlaPolicy)
  RAPPORT_FAKE(CreateTrackedIssue)
  RAPPORT_FAKE(GetTrackedIssue)
  RAPPORT_FAKE(ListTrackedIssues)
  RAPPORT_FAKE(LinkConversations)
  RAPPORT_FAKE(UnlinkConversations)
  RAPPORT_FAKE(ResolveTrackedIssue)
  RAPPORT_FAKE(ListPeopleToTell)
  RAPPORT_FAKE(MarkPeopleTold)
#undef RAPPORT_FAKE

 private:
  void Remember(const google::protobuf::Message& request);
  grpc::Status Answer(const google::protobuf::Message& request, google::protobuf::Message* response);
  response_times::v1::EventResult Take(const response_times::v1::ConversationEvent& event)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable absl::Mutex mutex_;
  std::map<std::pair<std::string, std::string>, response_times::v1::ConversationEvent> events_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, std::string> requests_ ABSL_GUARDED_BY(mutex_);
  absl::Notification watches_end_;
};

// The fake on a free port of the loopback interface.
class FakeResponseTimesServer {
 public:
  FakeResponseTimesServer();
  ~FakeResponseTimesServer();
  FakeResponseTimesServer(const FakeResponseTimesServer&) = delete;
  FakeResponseTimesServer& operator=(const FakeResponseTimesServer&) = delete;

  FakeResponseTimesService& service() { return service_; }
  std::string address() const;

 private:
  FakeResponseTimesService service_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace rapport::cli

#endif  // RAPPORT_TESTS_CLI_FAKE_RESPONSE_TIMES_SERVICE_H_

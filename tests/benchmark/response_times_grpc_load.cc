#include <grpcpp/grpcpp.h>

#include <atomic>
#include <iostream>
#include <memory>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "rapport/response_times/v1/response_times_service.grpc.pb.h"
#include "tests/benchmark/response_times_load.h"
#include "tests/benchmark/summary.h"

namespace rapport::benchmark {
namespace {

using response_times::v1::ResponseTimesService;

constexpr int64_t kJuneStart = 1748736000;
constexpr int64_t kJuneEnd = 1751328000;

std::unique_ptr<ResponseTimesService::Stub> Connect(const std::string& server, int connection) {
  grpc::ChannelArguments arguments;
  arguments.SetInt("benchmark.connection", connection);
  arguments.SetMaxReceiveMessageSize(-1);
  return ResponseTimesService::NewStub(
      grpc::CreateCustomChannel(server, grpc::InsecureChannelCredentials(), arguments));
}

// One stream; a few batches are on their way at a time.
class Sender {
 public:
  Sender(const std::string& server, int number, const std::vector<Event>& events, std::atomic<size_t>& next)
      : stub_(Connect(server, number)), events_(events), next_(next) {}

  void Run() {
    constexpr int kWindow = 4;
    stream_ = stub_->IngestEvents(&context_);
    bool sending = true;
    while (sending || unanswered_ > 0) {
      if (sending && unanswered_ < kWindow) {
        sending = SendBatch();
        if (!sending) stream_->WritesDone();
      } else if (!TakeAnswer()) {
        break;
      }
    }
    status_ = stream_->Finish();
  }

  const grpc::Status& status() const { return status_; }
  size_t created() const { return created_; }

 private:
  bool SendBatch() {
    constexpr size_t kBatch = 1000;
    const size_t first = next_.fetch_add(kBatch);
    if (first >= events_.size()) return false;
    response_times::v1::IngestEventsRequest request;
    for (size_t i = first; i < std::min(first + kBatch, events_.size()); ++i) {
      SetEvent(events_[i], *request.add_events());
    }
    ++unanswered_;
    return stream_->Write(request);
  }

  bool TakeAnswer() {
    response_times::v1::IngestEventsResponse response;
    if (!stream_->Read(&response)) return false;
    --unanswered_;
    for (const auto& result : response.results()) {
      created_ += result.outcome() == response_times::v1::OUTCOME_CREATED ? 1 : 0;
    }
    return true;
  }

  const std::unique_ptr<ResponseTimesService::Stub> stub_;
  const std::vector<Event>& events_;
  std::atomic<size_t>& next_;
  grpc::ClientContext context_;
  std::unique_ptr<
      grpc::ClientReaderWriter<response_times::v1::IngestEventsRequest, response_times::v1::IngestEventsResponse>>
      stream_;
  int unanswered_ = 0;
  size_t created_ = 0;
  grpc::Status status_;
};

response_times::v1::QueryResponseTimesRequest Between(int64_t start, int64_t end) {
  response_times::v1::QueryResponseTimesRequest request;
  request.mutable_range()->mutable_start()->set_seconds(start);
  request.mutable_range()->mutable_end()->set_seconds(end);
  return request;
}

// The median; -1 when one failed.
double MedianSeconds(ResponseTimesService::Stub& stub, int repeat,
                     const response_times::v1::QueryResponseTimesRequest& request,
                     response_times::v1::QueryResponseTimesResponse& response) {
  std::vector<double> seconds;
  for (int i = 0; i < repeat; ++i) {
    grpc::ClientContext context;
    const absl::Time start = absl::Now();
    const grpc::Status status = stub.QueryResponseTimes(&context, request, &response);
    seconds.push_back(absl::ToDoubleSeconds(absl::Now() - start));
    if (!status.ok()) {
      std::cerr << status.error_message() << "\n";
      return -1;
    }
  }
  return Quantile(seconds, 0.5);
}

}  // namespace

int RunEventIngest(const std::string& server, const DatasetOptions& options, int streams) {
  const std::vector<Event> events = MakeEvents(options);
  std::atomic<size_t> next = 0;
  std::vector<std::unique_ptr<Sender>> senders;
  for (int i = 0; i < streams; ++i) senders.push_back(std::make_unique<Sender>(server, i, events, next));
  const absl::Time start = absl::Now();
  std::vector<std::thread> threads;
  for (const auto& sender : senders) threads.emplace_back([&sender] { sender->Run(); });
  for (std::thread& thread : threads) thread.join();
  const double elapsed = absl::ToDoubleSeconds(absl::Now() - start);
  size_t created = 0;
  for (const auto& sender : senders) {
    if (!sender->status().ok()) std::cerr << sender->status().error_message() << "\n";
    created += sender->created();
  }
  if (created != events.size()) {
    std::cerr << "created " << created << " of " << events.size() << " events\n";
    return 1;
  }
  std::cout << absl::StrCat("{\"events\":", created, ",\"per_second\":", static_cast<double>(created) / elapsed, "}\n");
  return 0;
}

int RunTimesQuery(const std::string& server, int repeat) {
  const auto stub = Connect(server, 0);
  response_times::v1::QueryResponseTimesResponse response;
  const double june = MedianSeconds(*stub, repeat, Between(kJuneStart, kJuneEnd), response);
  auto request = Between(kYearStart, kYearEnd);
  request.set_bucket(common::v1::BUCKET_MONTH);
  request.set_group_by(common::v1::DIMENSION_AGENT);
  const double agents = MedianSeconds(*stub, repeat, request, response);
  const int rows = response.rows_size();
  const double year = MedianSeconds(*stub, repeat, Between(kYearStart, kYearEnd), response);
  if (june < 0 || agents < 0 || year < 0 || response.rows_size() != 1) return 1;
  const auto& times = response.rows(0).times(0);
  const std::string quantiles = absl::StrJoin(times.quantiles(), ",", [](std::string* out, const auto& quantile) {
    absl::StrAppend(out, quantile.answered().value());
  });
  std::cout << absl::StrCat("{\"answered\":", times.answered_count(), ",\"open\":", times.open_count(),
                            ",\"quantiles\":[", quantiles, "],\"rows\":", rows, ",\"june_seconds\":", june,
                            ",\"year_seconds\":", year, ",\"agents_seconds\":", agents, "}\n");
  return 0;
}

int RunTimesTotals(const std::string& server) {
  using namespace response_times::v1;  // for the names of metrics
  auto request = Between(kYearStart, kYearEnd);
  const std::pair<Metric, const char*> metrics[] = {
      {METRIC_FIRST_RESPONSE_TIME, "F"},  {METRIC_NEXT_RESPONSE_TIME, "FL"}, {METRIC_FIRST_RESOLUTION_TIME, "R"},
      {METRIC_FULL_RESOLUTION_TIME, "U"}, {METRIC_REQUESTER_WAIT_TIME, "W"}, {METRIC_AGENT_WAIT_TIME, "A"}};
  for (const auto& [metric, name] : metrics) request.add_metrics(metric);
  QueryResponseTimesResponse response;
  if (MedianSeconds(*Connect(server, 0), 1, request, response) < 0 || response.rows_size() != 1) return 1;
  std::vector<std::string> totals;
  for (int i = 0; i < response.rows(0).times_size(); ++i) {
    const auto& times = response.rows(0).times(i);
    totals.push_back(absl::StrCat("\"", metrics[i].second, "\":[", times.answered_count(), ",",
                                  absl::SixDigits(times.mean().value()), "]"));
  }
  std::cout << "{" << absl::StrJoin(totals, ",") << "}\n";
  return 0;
}

}  // namespace rapport::benchmark

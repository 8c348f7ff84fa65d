#include <grpcpp/grpcpp.h>

#include <atomic>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "rapport/churn/v1/churn_service.grpc.pb.h"
#include "tests/benchmark/churn_load.h"
#include "tests/benchmark/random.h"
#include "tests/benchmark/summary.h"
#include "tests/benchmark/unary_load.h"

namespace rapport::benchmark {
namespace {

namespace v1 = churn::v1;
using v1::ChurnService;

constexpr int64_t kBatch = 1000;
constexpr int64_t kSecondsPerDay = 86400;

std::unique_ptr<ChurnService::Stub> Connect(const std::string& server, int connection = 0) {
  grpc::ChannelArguments arguments;
  arguments.SetInt("benchmark.connection", connection);
  arguments.SetMaxReceiveMessageSize(-1);
  return ChurnService::NewStub(grpc::CreateCustomChannel(server, grpc::InsecureChannelCredentials(), arguments));
}

std::string CustomerId(int64_t number) {
  return absl::StrCat("customer-", number);
}

bool Failed(const grpc::Status& status) {
  if (!status.ok()) std::cerr << status.error_message() << "\n";
  return !status.ok();
}

// Adds an activity of `customer`, so many days ago.
v1::Activity& Add(int64_t customer, absl::string_view id, int64_t now, int64_t days_ago,
                  v1::IngestActivitiesRequest& request) {
  v1::Activity& activity = *request.add_activities();
  activity.set_customer_id(CustomerId(customer));
  activity.set_activity_id(std::string(id));
  activity.mutable_occurred_at()->set_seconds(now - days_ago * kSecondsPerDay);
  return activity;
}

void AddLife(int64_t customer, int64_t now, v1::IngestActivitiesRequest& request) {
  const bool fading = Random(customer, 0) % 5 == 0;
  auto& subscription = *Add(customer, "conversion", now, 200 + static_cast<int64_t>(Random(customer, 1) % 100), request)
                            .mutable_converted()
                            ->mutable_subscription();
  subscription.set_plan(Random(customer, 2) % 3 == 0 ? "business" : "pro");
  subscription.set_monthly_recurring_minor(1900);
  subscription.set_currency("USD");
  for (int use = 0; use < 10; ++use) {
    const auto days_ago = static_cast<int64_t>(Random(customer * 16 + use, 3) % 100);
    Add(customer, absl::StrCat("use-", use), now, fading ? 100 + days_ago : days_ago, request)
        .mutable_used()
        ->set_quantity(1 + static_cast<int64_t>(Random(customer * 16 + use, 4) % 20));
  }
  const bool leaves = Random(customer, 5) % 100 < (fading ? 60 : 5);
  if (leaves)
    Add(customer, "cancellation", now, static_cast<int64_t>(Random(customer, 6) % 80), request).mutable_cancelled();
}

}  // namespace

int RunLives(const std::string& server, int64_t from, int64_t to, int streams) {
  constexpr int64_t kCustomersPerBatch = 80;
  const int64_t now = absl::ToUnixSeconds(absl::Now());
  std::atomic<int64_t> next = from;
  std::atomic<int64_t> created = 0;
  std::atomic<bool> failed = false;
  const absl::Time start = absl::Now();
  std::vector<std::thread> threads;
  for (int t = 0; t < streams; ++t) {
    threads.emplace_back([&, t] {
      const auto stub = Connect(server, t);
      grpc::ClientContext context;
      const auto stream = stub->IngestActivities(&context);
      for (int64_t first = next.fetch_add(kCustomersPerBatch); first < to; first = next.fetch_add(kCustomersPerBatch)) {
        v1::IngestActivitiesRequest request;
        v1::IngestActivitiesResponse response;
        for (int64_t i = first; i < std::min(first + kCustomersPerBatch, to); ++i) AddLife(i, now, request);
        if (!stream->Write(request) || !stream->Read(&response)) break;
        for (const auto& result : response.results()) created += result.outcome() == v1::OUTCOME_CREATED ? 1 : 0;
      }
      stream->WritesDone();
      if (Failed(stream->Finish())) failed = true;
    });
  }
  for (std::thread& thread : threads) thread.join();
  const double elapsed = absl::ToDoubleSeconds(absl::Now() - start);
  if (failed || created < to - from) return 1;
  std::cout << absl::StrCat("{\"events\":", created.load(), ",\"per_second\":", static_cast<double>(created) / elapsed,
                            "}\n");
  return 0;
}

int RunTraining(const std::string& server) {
  const auto stub = Connect(server);
  v1::TrainModelRequest request;
  request.mutable_recorded_outcomes()->set_horizon_days(90);
  request.mutable_options()->set_skip_evaluation(true);
  request.set_activate(true);
  grpc::ClientContext context;
  v1::TrainModelResponse begun;
  if (Failed(stub->TrainModel(&context, request, &begun))) return 1;
  v1::Training training = begun.training();
  while (training.state() == v1::TRAINING_STATE_QUEUED || training.state() == v1::TRAINING_STATE_RUNNING) {
    absl::SleepFor(absl::Milliseconds(100));
    grpc::ClientContext next;
    v1::GetTrainingRequest get;
    v1::GetTrainingResponse response;
    get.set_training_id(training.training_id());
    if (Failed(stub->GetTraining(&next, get, &response))) return 1;
    training = response.training();
  }
  if (training.state() != v1::TRAINING_STATE_SUCCEEDED) {
    std::cerr << training.error().message() << "\n";
    return 1;
  }
  std::cout << absl::StrCat("{\"rows\":", training.model().metadata().row_count(), "}\n");
  return 0;
}

int RunScores(const std::string& server, int64_t customers, int in_flight, double seconds) {
  std::vector<std::unique_ptr<ChurnService::Stub>> stubs;
  for (int i = 0; i < std::min(in_flight, 4); ++i) stubs.push_back(Connect(server, i));
  for (int64_t first = 0; first < customers; first += kBatch) {
    v1::BatchScoreCustomersRequest request;
    v1::BatchScoreCustomersResponse response;
    for (int64_t i = first; i < std::min(first + kBatch, customers); ++i) request.add_customer_ids(CustomerId(i));
    grpc::ClientContext context;
    if (Failed(stubs.front()->BatchScoreCustomers(&context, request, &response))) return 1;
  }
  return RunUnaryLoad<v1::ScoreCustomerRequest, v1::ScoreCustomerResponse>(
      in_flight, seconds,
      [&](int64_t number, v1::ScoreCustomerRequest& request) {
        request.set_customer_id(CustomerId(number % customers));
        request.mutable_options()->set_max_reasons(5);
      },
      [&](int caller, grpc::ClientContext* context, const auto* request, auto* response, auto done) {
        stubs[caller % stubs.size()]->async()->ScoreCustomer(context, request, response, std::move(done));
      });
}

int RunBatchScores(const std::string& server, int64_t customers, int repeat, bool reasons) {
  const auto stub = Connect(server);
  std::vector<double> seconds;
  for (int i = 0; i < repeat; ++i) {
    const absl::Time start = absl::Now();
    for (int64_t first = 0; first < customers; first += kBatch) {
      v1::BatchScoreCustomersRequest request;
      v1::BatchScoreCustomersResponse response;
      for (int64_t c = first; c < std::min(first + kBatch, customers); ++c) request.add_customer_ids(CustomerId(c));
      request.mutable_options()->set_skip_reasons(!reasons);
      grpc::ClientContext context;
      if (Failed(stub->BatchScoreCustomers(&context, request, &response))) return 1;
    }
    seconds.push_back(absl::ToDoubleSeconds(absl::Now() - start));
  }
  std::cout << absl::StrCat("{\"per_second\":", static_cast<double>(customers) / Quantile(seconds, 0.5), "}\n");
  return 0;
}

int RunSweep(const std::string& server) {
  const auto stub = Connect(server);
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Hours(1)));
  v1::SweepScoresResponse response;
  const absl::Time start = absl::Now();
  if (Failed(stub->SweepScores(&context, {}, &response))) return 1;
  const double elapsed = absl::ToDoubleSeconds(absl::Now() - start);
  std::cout << absl::StrCat("{\"customers\":", response.scored_count(), ",\"seconds\":", elapsed,
                            ",\"per_second\":", static_cast<double>(response.scored_count()) / elapsed, "}\n");
  return 0;
}

}  // namespace rapport::benchmark

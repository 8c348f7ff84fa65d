#include <grpcpp/grpcpp.h>

#include <atomic>
#include <iostream>
#include <memory>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "rapport/ratings/v1/ratings_service.grpc.pb.h"
#include "tests/benchmark/dataset.h"
#include "tests/benchmark/load.h"
#include "tests/benchmark/summary.h"
#include "tests/benchmark/unary_load.h"

namespace rapport::benchmark {
namespace {

using ratings::v1::RatingsService;
using Stub = RatingsService::Stub;

// Several connections, as several callers have.
std::vector<std::unique_ptr<Stub>> Connect(const std::string& server, int connections) {
  std::vector<std::unique_ptr<Stub>> stubs;
  for (int i = 0; i < connections; ++i) {
    grpc::ChannelArguments arguments;
    arguments.SetInt("benchmark.connection", i);
    arguments.SetMaxReceiveMessageSize(-1);
    stubs.push_back(
        RatingsService::NewStub(grpc::CreateCustomChannel(server, grpc::InsecureChannelCredentials(), arguments)));
  }
  return stubs;
}

}  // namespace

int RunUnary(const std::string& server, int in_flight, double seconds, const std::string& prefix) {
  const auto stubs = Connect(server, std::min(in_flight, 4));
  return RunUnaryLoad<ratings::v1::RecordRatingRequest, ratings::v1::RecordRatingResponse>(
      in_flight, seconds,
      [&](int64_t number, ratings::v1::RecordRatingRequest& request) {
        *request.mutable_rating() = ToRating(MakeRow(prefix, number, 1'000'000));
      },
      [&](int caller, grpc::ClientContext* context, const auto* request, auto* response, auto done) {
        stubs[caller % stubs.size()]->async()->RecordRating(context, request, response, std::move(done));
      });
}

int RunIngest(const std::string& server, int64_t from, int64_t to, int64_t count, int in_flight) {
  constexpr int64_t kBatch = 1000;
  const auto stubs = Connect(server, in_flight);
  std::atomic<int64_t> next = from;
  std::atomic<int64_t> created = 0;
  std::atomic<bool> failed = false;
  const absl::Time start = absl::Now();
  std::vector<std::thread> threads;
  for (int t = 0; t < in_flight; ++t) {
    threads.emplace_back([&, t] {
      while (!failed) {
        const int64_t first = next.fetch_add(kBatch);
        if (first >= to) return;
        ratings::v1::RecordRatingsRequest request;
        for (int64_t i = first; i < std::min(first + kBatch, to); ++i) {
          *request.add_ratings() = ToRating(MakeRow("r", i, count));
        }
        grpc::ClientContext context;
        ratings::v1::RecordRatingsResponse response;
        const grpc::Status status = stubs[t]->RecordRatings(&context, request, &response);
        if (!status.ok()) {
          std::cerr << status.error_message() << "\n";
          failed = true;
        }
        for (const auto& result : response.results()) created += result.outcome() == ratings::v1::OUTCOME_CREATED;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const double elapsed = absl::ToDoubleSeconds(absl::Now() - start);
  if (failed || created != to - from) {
    std::cerr << "created " << created << " of " << to - from << " ratings\n";
    return 1;
  }
  std::cout << absl::StrCat("{\"events\":", to - from, ",\"per_second\":", static_cast<double>(to - from) / elapsed,
                            "}\n");
  return 0;
}

int RunQuery(const std::string& server, int repeat, bool customers) {
  const auto stubs = Connect(server, 1);
  ratings::v1::QueryRatingsRequest request;
  request.mutable_range()->mutable_start()->set_seconds(kFirstSecond);
  request.mutable_range()->mutable_end()->set_seconds(kFirstSecond + kDays * 86400);
  request.set_group_by(common::v1::DIMENSION_AGENT);
  request.set_include_customer_figures(customers);
  std::vector<double> seconds;
  int64_t ratings = 0;
  for (int i = 0; i < repeat; ++i) {
    grpc::ClientContext context;
    ratings::v1::QueryRatingsResponse response;
    const absl::Time start = absl::Now();
    const grpc::Status status = stubs.front()->QueryRatings(&context, request, &response);
    seconds.push_back(absl::ToDoubleSeconds(absl::Now() - start));
    if (!status.ok()) {
      std::cerr << status.error_message() << "\n";
      return 1;
    }
    ratings = 0;
    for (const auto& row : response.rows()) {
      for (const auto& scale : row.scales()) ratings += scale.rating_count();
    }
  }
  std::cout << absl::StrCat("{\"ratings\":", ratings, ",\"p50_seconds\":", Quantile(seconds, 0.5), "}\n");
  return 0;
}

}  // namespace rapport::benchmark

#ifndef RAPPORT_TESTS_BENCHMARK_UNARY_LOAD_H_
#define RAPPORT_TESTS_BENCHMARK_UNARY_LOAD_H_

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <iostream>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/blocking_counter.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tests/benchmark/summary.h"

namespace rapport::benchmark {

// Fills in the request of the call with this number.
template <class Request>
using Prepare = std::function<void(int64_t number, Request& request)>;

// Makes a call for one of the callers, and hands its status on.
template <class Request, class Response>
using Call = std::function<void(int caller, grpc::ClientContext* context, const Request* request, Response* response,
                                std::function<void(grpc::Status)> done)>;

// One call at a time, again and again: so many of these make the load.
template <class Request, class Response>
class UnaryCaller {
 public:
  UnaryCaller(int number, const Prepare<Request>& prepare, const Call<Request, Response>& call,
              std::atomic<int64_t>& next, absl::Time end, absl::BlockingCounter& finished)
      : number_(number), prepare_(prepare), call_(call), next_(next), end_(end), finished_(finished) {}

  void CallNext() {
    start_ = absl::Now();
    if (start_ >= end_ || failed_) {
      finished_.DecrementCount();
      return;
    }
    context_ = std::make_unique<grpc::ClientContext>();
    request_.Clear();
    prepare_(next_.fetch_add(1), request_);
    call_(number_, context_.get(), &request_, &response_, [this](const grpc::Status& status) {
      seconds_.push_back(absl::ToDoubleSeconds(absl::Now() - start_));
      if (!status.ok()) {
        std::cerr << status.error_message() << "\n";
        failed_ = true;
      }
      CallNext();
    });
  }

  const std::vector<double>& seconds() const { return seconds_; }
  bool failed() const { return failed_; }

 private:
  const int number_;
  const Prepare<Request>& prepare_;
  const Call<Request, Response>& call_;
  std::atomic<int64_t>& next_;
  const absl::Time end_;
  absl::BlockingCounter& finished_;
  std::unique_ptr<grpc::ClientContext> context_;
  Request request_;
  Response response_;
  absl::Time start_;
  std::vector<double> seconds_;
  bool failed_ = false;
};

// Keeps `in_flight` calls under way for so long, and prints how many were answered and how fast.
template <class Request, class Response>
int RunUnaryLoad(int in_flight, double seconds, const Prepare<Request>& prepare, const Call<Request, Response>& call) {
  std::atomic<int64_t> next = 0;
  absl::BlockingCounter finished(in_flight);
  const absl::Time start = absl::Now();
  std::vector<std::unique_ptr<UnaryCaller<Request, Response>>> callers;
  for (int i = 0; i < in_flight; ++i) {
    callers.push_back(std::make_unique<UnaryCaller<Request, Response>>(i, prepare, call, next,
                                                                       start + absl::Seconds(seconds), finished));
  }
  for (const auto& caller : callers) caller->CallNext();
  finished.Wait();
  const double elapsed = absl::ToDoubleSeconds(absl::Now() - start);
  std::vector<double> all;
  for (const auto& caller : callers) {
    if (caller->failed()) return 1;
    all.insert(all.end(), caller->seconds().begin(), caller->seconds().end());
  }
  std::cout << absl::StrCat("{\"calls\":", all.size(), ",\"per_second\":", static_cast<double>(all.size()) / elapsed,
                            ",\"p50_seconds\":", Quantile(all, 0.5), ",\"p99_seconds\":", Quantile(all, 0.99), "}\n");
  return 0;
}

}  // namespace rapport::benchmark

#endif  // RAPPORT_TESTS_BENCHMARK_UNARY_LOAD_H_

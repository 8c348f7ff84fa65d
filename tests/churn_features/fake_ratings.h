#ifndef RAPPORT_TESTS_CHURN_FEATURES_FAKE_RATINGS_H_
#define RAPPORT_TESTS_CHURN_FEATURES_FAKE_RATINGS_H_

#include <grpcpp/grpcpp.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "rapport/ratings/v1/ratings_service.grpc.pb.h"

namespace rapport::churn {

// A ratings service that answers as a test says: every customer has one rating unless `answer` fails.
class FakeRatings final : public ratings::v1::RatingsService::Service {
 public:
  struct Seen {
    int customers = 0;
    std::multimap<std::string, std::string> metadata;
  };

  explicit FakeRatings(
      std::function<grpc::Status(int call)> answer = [](int) { return grpc::Status::OK; },
      const std::shared_ptr<grpc::ServerCredentials>& credentials = grpc::InsecureServerCredentials())
      : answer_(std::move(answer)) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", credentials, &port_);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
  }
  ~FakeRatings() override { server_->Shutdown(); }

  std::string address() const { return absl::StrCat("127.0.0.1:", port_); }

  std::vector<Seen> seen() {
    absl::MutexLock lock(&mutex_);
    return seen_;
  }

  grpc::Status BatchGetCustomerSatisfaction(grpc::ServerContext* context,
                                            const ratings::v1::BatchGetCustomerSatisfactionRequest* request,
                                            ratings::v1::BatchGetCustomerSatisfactionResponse* response) override {
    int call = 0;
    {
      absl::MutexLock lock(&mutex_);
      Seen& seen = seen_.emplace_back();
      seen.customers = request->customer_ids_size();
      for (const auto& [key, value] : context->client_metadata()) {
        seen.metadata.emplace(std::string(key.data(), key.size()), std::string(value.data(), value.size()));
      }
      call = static_cast<int>(seen_.size());
    }
    for (const std::string& id : request->customer_ids()) {
      ratings::v1::CustomerSatisfaction& customer = *response->add_customers();
      customer.set_customer_id(id);
      customer.add_scales()->set_rating_count(1);
    }
    return answer_(call);
  }

 private:
  const std::function<grpc::Status(int call)> answer_;
  int port_ = 0;
  absl::Mutex mutex_;
  std::vector<Seen> seen_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace rapport::churn

#endif  // RAPPORT_TESTS_CHURN_FEATURES_FAKE_RATINGS_H_

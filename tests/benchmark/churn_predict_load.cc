#include <grpcpp/grpcpp.h>

#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "rapport/churn/v1/churn_service.grpc.pb.h"
#include "services/churn/model/booster.h"
#include "services/churn/model/scorer.h"
#include "services/churn/service/scoring.h"
#include "tests/benchmark/churn_load.h"
#include "tests/benchmark/summary.h"

namespace rapport::benchmark {
namespace {

namespace v1 = churn::v1;

constexpr int64_t kBatch = 1000;

// What the service scores with, and what.
struct Material {
  v1::Model model;
  std::vector<std::vector<v1::CustomerFeatures>> batches;
};

grpc::Status Fetch(const std::string& server, int64_t customers, Material& material) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(-1);
  const auto stub =
      v1::ChurnService::NewStub(grpc::CreateCustomChannel(server, grpc::InsecureChannelCredentials(), arguments));
  grpc::ClientContext context;
  v1::ExportModelResponse exported;
  grpc::Status status = stub->ExportModel(&context, {}, &exported);
  material.model = std::move(*exported.mutable_model());
  for (int64_t first = 0; first < customers && status.ok(); first += kBatch) {
    v1::BatchGetFeaturesRequest request;
    v1::BatchGetFeaturesResponse response;
    for (int64_t i = first; i < std::min(first + kBatch, customers); ++i) {
      request.add_customer_ids(absl::StrCat("customer-", i));
    }
    grpc::ClientContext next;
    status = stub->BatchGetFeatures(&next, request, &response);
    material.batches.emplace_back(response.customers().begin(), response.customers().end());
  }
  return status;
}

// The rows as XGBoost takes them.
std::vector<churn::FeatureMatrix> Encode(const churn::Scorer& scorer, const Material& material) {
  std::vector<churn::FeatureMatrix> matrices;
  for (const auto& batch : material.batches) {
    churn::FeatureMatrix& matrix = matrices.emplace_back();
    matrix.columns = static_cast<size_t>(scorer.model().schema().features_size());
    for (const v1::CustomerFeatures& features : batch) {
      const auto row = scorer.encoder().Encode(features.values(), churn::UnknownNames::kPassOver);
      if (!row.ok()) continue;
      matrix.values.insert(matrix.values.end(), row->begin(), row->end());
    }
  }
  return matrices;
}

// Customers a second of `work`, which does all once.
template <typename Work>
double Rate(int64_t customers, int repeat, const Work& work) {
  std::vector<double> seconds;
  for (int i = 0; i < repeat; ++i) {
    const absl::Time start = absl::Now();
    work();
    seconds.push_back(absl::ToDoubleSeconds(absl::Now() - start));
  }
  return static_cast<double>(customers) / Quantile(seconds, 0.5);
}

}  // namespace

int RunPredictions(const std::string& server, int64_t customers, int repeat, bool reasons) {
  Material material;
  const grpc::Status fetched = Fetch(server, customers, material);
  const auto scorer = churn::Scorer::Create(material.model);
  const auto booster = churn::Booster::Load(material.model.booster());
  if (!fetched.ok() || !scorer.ok() || !booster.ok()) {
    std::cerr << fetched.error_message() << " " << scorer.status() << " " << booster.status() << "\n";
    return 1;
  }
  const std::vector<churn::FeatureMatrix> matrices = Encode(**scorer, material);
  bool ok = true;
  const double xgboost = Rate(customers, repeat, [&] {
    for (const churn::FeatureMatrix& matrix : matrices) {
      ok = ok && (reasons ? booster->Contributions(matrix).ok() : booster->RawScores(matrix).ok());
    }
  });

  v1::ScoreOptions options;
  options.set_skip_reasons(!reasons);
  const double presented = Rate(customers, repeat, [&] {
    for (const auto& batch : material.batches) {
      ok = ok && churn::ScoreWithModel(**scorer, batch, options).ok();
    }
  });
  if (!ok) return 1;
  std::cout << absl::StrCat("{\"xgboost_per_second\":", xgboost, ",\"scores_per_second\":", presented, "}\n");
  return 0;
}

}  // namespace rapport::benchmark

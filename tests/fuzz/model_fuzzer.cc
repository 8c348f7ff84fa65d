// The model file: damaged bytes are told from whole ones. And models whose parts do not fit together, which have a good
// seal: whatever surrounds the trees, a model is refused or scores.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "rapport/churn/v1/features.pb.h"
#include "services/churn/model/dataset.h"
#include "services/churn/model/scorer.h"
#include "services/churn/model/sealed_model.h"
#include "services/churn/model/trainer.h"
#include "tests/fuzz/fail.h"
#include "tests/fuzz/script.h"

namespace rapport::fuzz {
namespace {

using google::protobuf::Message;

// A model of two features, trained in a moment.
const churn::v1::Model& GoodModel() {
  static const churn::v1::Model model = [] {
    constexpr int kRows = 60;
    churn::LabelledData data;
    for (const char* name : {"days", "logins"}) {
      churn::v1::Feature& feature = *data.schema.add_features();
      feature.set_name(name);
      feature.set_kind(churn::v1::FEATURE_KIND_NUMERIC);
    }
    data.features.columns = 2;
    for (int i = 0; i < kRows; ++i) {
      data.features.values.push_back(static_cast<float>(i));
      data.features.values.push_back(static_cast<float>(i % 7));
      data.labels.push_back(i > kRows / 2 || i % 5 == 0 ? 1 : 0);
    }
    churn::v1::TrainingOptions options;
    options.set_seed(1);
    options.set_folds(2);
    options.set_skip_evaluation(true);
    return churn::TrainModel(data, options, absl::FromUnixSeconds(1'782'907'200), [](double) { return true; }).value();
  }();
  return model;
}

void TestScorer(churn::v1::Model model, const std::vector<churn::v1::CustomerFeatures>& customers) {
  model.set_booster(GoodModel().booster());
  const std::string sealed = churn::SealModel(model);
  const auto unsealed = churn::UnsealModel(sealed);
  Require(unsealed.ok() && churn::VersionOf(*unsealed) == churn::VersionOf(model), "a model survives being sealed");
  for (const size_t place : {size_t{0}, sealed.size() / 2, sealed.size() - 1}) {
    std::string damaged = sealed;
    damaged[place] = static_cast<char>(damaged[place] ^ 1);
    Require(!churn::UnsealModel(damaged).ok(), absl::StrCat("damage at ", place, " is told"));
  }
  const auto scorer = churn::Scorer::Create(*unsealed);
  if (!scorer.ok()) return RequireClear(scorer.status(), "a model");
  churn::FeatureMatrix matrix;
  matrix.columns = static_cast<size_t>(model.schema().features_size());
  for (const churn::v1::CustomerFeatures& customer : customers) {
    const auto row = (*scorer)->encoder().Encode(customer.values());
    if (!row.ok()) {
      RequireClear(row.status(), "features");
      continue;
    }
    matrix.values.insert(matrix.values.end(), row->begin(), row->end());
  }
  const auto scores = (*scorer)->Score(matrix, churn::Reasons::kContributions);
  if (!scores.ok()) return RequireClear(scores.status(), "scores");
  for (size_t row = 0; row < scores->probabilities.size(); ++row) {
    Require(scores->probabilities[row] >= 0 && scores->probabilities[row] <= 1, "a probability is one");
    (*scorer)->Explain(matrix, *scores, row);
  }
}

}  // namespace

const Message& EmptyScript() {
  static const Message& script = MakeScript({{"schema", churn::v1::FeatureSchema::descriptor()},
                                             {"calibration", churn::v1::Calibration::descriptor()},
                                             {"features", churn::v1::CustomerFeatures::descriptor()},
                                             {"sealed", churn::v1::SealedModel::descriptor()}});
  return script;
}

void Run(const Message& script) {
  churn::v1::Model model = GoodModel();
  std::vector<churn::v1::CustomerFeatures> customers;
  ForEachStep(script, [&](const Message&, const std::string& kind, const std::vector<const Message*>& messages) {
    const Message& message = *messages.front();
    if (kind == "schema") *model.mutable_schema() = static_cast<const churn::v1::FeatureSchema&>(message);
    if (kind == "calibration") *model.mutable_calibration() = static_cast<const churn::v1::Calibration&>(message);
    if (kind == "features") customers.push_back(static_cast<const churn::v1::CustomerFeatures&>(message));
    if (kind == "sealed") {
      const auto unsealed = churn::UnsealModel(message.SerializeAsString());
      if (!unsealed.ok()) RequireClear(unsealed.status(), "a sealed model");
    }
  });
  TestScorer(model, customers);
}

}  // namespace rapport::fuzz

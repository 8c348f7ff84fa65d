#ifndef RAPPORT_TESTS_CHURN_MODEL_SYNTHETIC_H_
#define RAPPORT_TESTS_CHURN_MODEL_SYNTHETIC_H_

#include <cmath>
#include <limits>
#include <random>
#include <string>

#include "services/churn/model/dataset.h"

namespace rapport::churn {

// Customers who leave for reasons that can be learnt: few logins, the plan "basic", an open invoice.
inline LabelledData SyntheticCustomers(size_t rows, uint32_t seed) {
  LabelledData data;
  v1::Feature* logins = data.schema.add_features();
  logins->set_name("logins");
  logins->set_kind(v1::FEATURE_KIND_NUMERIC);
  v1::Feature* plan = data.schema.add_features();
  plan->set_name("plan");
  plan->set_kind(v1::FEATURE_KIND_CATEGORICAL);
  for (const char* category : {"basic", "pro", "team"}) plan->add_categories(category);
  v1::Feature* open_invoice = data.schema.add_features();
  open_invoice->set_name("open_invoice");
  open_invoice->set_kind(v1::FEATURE_KIND_BOOLEAN);

  data.features.columns = 3;
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> uniform;
  for (size_t i = 0; i < rows; ++i) {
    const float logins_value = 30 * uniform(random);
    const auto plan_value = std::floor(3 * uniform(random));
    const float open_value = uniform(random) < 0.2F ? 1 : 0;
    const float log_odds = 1 - logins_value / 6 + (plan_value == 0 ? 1.0F : 0.0F) + 2 * open_value;
    data.labels.push_back(uniform(random) < 1 / (1 + std::exp(-log_odds)) ? 1 : 0);
    const bool unknown = uniform(random) < 0.1F;
    data.features.values.insert(
        data.features.values.end(),
        {unknown ? std::numeric_limits<float>::quiet_NaN() : logins_value, plan_value, open_value});
  }
  return data;
}

}  // namespace rapport::churn

#endif  // RAPPORT_TESTS_CHURN_MODEL_SYNTHETIC_H_

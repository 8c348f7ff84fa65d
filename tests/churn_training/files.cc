#include "tests/churn_training/files.h"

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "services/churn/model/dataset.h"
#include "tests/churn_model/synthetic.h"

namespace rapport::churn {

v1::TrainModelRequest FileRequest(const std::string& training_id, size_t rows) {
  const LabelledData data = SyntheticCustomers(rows, 1);
  const FeatureEncoder encoder = *FeatureEncoder::Create(data.schema);
  std::string csv = "customer,logins,plan,open_invoice,left\n";
  for (size_t row = 0; row < rows; ++row) {
    const absl::Span<const float> numbers = data.features.row(row);
    const v1::FeatureValue logins = encoder.Decode(0, numbers[0]);
    absl::StrAppend(&csv, "c", row, ",", logins.has_number() ? absl::StrCat(logins.number()) : "", ",",
                    encoder.Decode(1, numbers[1]).category(), ",", numbers[2] == 0 ? "no" : "yes", ",",
                    data.labels[row] == 1 ? "yes" : "no", "\n");
  }
  v1::TrainModelRequest request;
  request.set_training_id(training_id);
  request.mutable_options()->set_folds(2);
  request.mutable_options()->set_skip_evaluation(true);
  v1::LabelledFile& file = *request.mutable_labelled_file();
  file.set_name("customers.csv");
  file.set_csv(csv);
  file.set_label_column("left");
  file.set_positive_value("yes");
  file.set_id_column("customer");
  return request;
}

}  // namespace rapport::churn

#ifndef RAPPORT_SERVICES_CHURN_MODEL_DATASET_H_
#define RAPPORT_SERVICES_CHURN_MODEL_DATASET_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "rapport/churn/v1/models.pb.h"

// Columns of text, such as those of a CSV file, to the numbers that a model takes.
namespace rapport::churn {

// More different texts in one column are refused: such a column names its rows.
inline constexpr size_t kMaxCategories = 1000;

struct TextColumn {
  std::string name;
  std::vector<std::string> values;
};

// Columns of one length.
using TextTable = std::vector<TextColumn>;

// One number for each row and feature, row after row; what is missing is not a number. Categories are numbered in the
// order of the schema, booleans are 0 and 1.
struct FeatureMatrix {
  size_t columns = 0;
  std::vector<float> values;

  size_t rows() const { return columns == 0 ? 0 : values.size() / columns; }
  absl::Span<const float> row(size_t i) const { return absl::MakeConstSpan(values).subspan(i * columns, columns); }
};

// The chosen rows, in the order given.
FeatureMatrix SelectRows(const FeatureMatrix& matrix, absl::Span<const size_t> rows);

// What a model is trained on.
struct LabelledData {
  v1::FeatureSchema schema;
  FeatureMatrix features;
  std::vector<uint8_t> labels;   // 1 for churned, 0 for stayed
  std::vector<std::string> ids;  // as many as rows, or none
};

// Which columns are no features.
struct LabelledColumns {
  std::string label;
  std::string positive;  // the label of those who churned; any other text but blank means stayed
  std::string id;        // may be empty
  std::vector<std::string> left_out;
};

// Whether a text stands for no value: blank, "NA", "N/A", "NaN" or "null", in any case and with white space around it.
bool IsMissing(absl::string_view text);

// Columns whose texts are all yes/no or true/false are BOOLEAN, finite numbers NUMERIC, anything else CATEGORICAL with
// its categories sorted. Columns in `left_out` are none. INVALID_ARGUMENT names the column.
absl::StatusOr<v1::FeatureSchema> InferSchema(const TextTable& table, absl::Span<const std::string> left_out);

// Names that are unique, kinds that are known, categories that are there. INVALID_ARGUMENT names the feature.
absl::Status ValidateSchema(const v1::FeatureSchema& schema);

// Turns values into numbers by a schema. Thread-safe.
class FeatureEncoder {
 public:
  // INVALID_ARGUMENT as ValidateSchema.
  static absl::StatusOr<FeatureEncoder> Create(v1::FeatureSchema schema);

  const v1::FeatureSchema& schema() const { return schema_; }

  // The table must have a column for every feature of the schema; others are not looked at.
  absl::StatusOr<FeatureMatrix> Encode(const TextTable& table) const;

  // One row, from the values given by name. A feature without a value is missing; a name that is not in the schema or a
  // value of another kind is INVALID_ARGUMENT.
  absl::StatusOr<std::vector<float>> Encode(const absl::flat_hash_map<std::string, v1::FeatureValue>& values) const;

  // The value that `number` stands for; none set when it is missing.
  v1::FeatureValue Decode(size_t feature, float number) const;

 private:
  explicit FeatureEncoder(v1::FeatureSchema schema);

  float CategoryNumber(size_t feature, absl::string_view category) const;
  absl::StatusOr<float> EncodeText(size_t feature, absl::string_view text) const;
  absl::StatusOr<float> EncodeValue(size_t feature, const v1::FeatureValue& value) const;

  v1::FeatureSchema schema_;
  absl::flat_hash_map<std::string, size_t> feature_by_name_;
  std::vector<absl::flat_hash_map<std::string, float>> categories_;  // by feature
};

// A table to train on, with an inferred schema. INVALID_ARGUMENT names the column and, for a label, the row.
absl::StatusOr<LabelledData> MakeLabelledData(const TextTable& table, const LabelledColumns& columns);

}  // namespace rapport::churn

#endif  // RAPPORT_SERVICES_CHURN_MODEL_DATASET_H_

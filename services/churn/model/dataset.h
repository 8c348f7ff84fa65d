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
#include "common/csv/table.h"
#include "google/protobuf/map.h"
#include "rapport/churn/v1/models.pb.h"

// Columns of text, such as those of a CSV file, or values by name to the numbers that a model takes.
namespace rapport::churn {

// More different texts in one column are refused: such a column names its rows.
inline constexpr size_t kMaxCategories = 1000;

using TextColumn = csv::Column;

// Columns of one length.
using TextTable = std::vector<TextColumn>;

using FeatureValues = google::protobuf::Map<std::string, v1::FeatureValue>;

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

// Names that are unique, kinds that are known, categories that are there, typical values that fit. INVALID_ARGUMENT
// names the feature.
absl::Status ValidateSchema(const v1::FeatureSchema& schema);

// Gives every feature that no row lacks its typical value, and takes that of the others away.
void SetTypicalValues(const FeatureMatrix& features, v1::FeatureSchema& schema);

// What to do with values under names that a schema does not have.
enum class UnknownNames { kRefuse, kPassOver };

// Turns values into numbers by a schema. Thread-safe.
class FeatureEncoder {
 public:
  // INVALID_ARGUMENT as ValidateSchema.
  static absl::StatusOr<FeatureEncoder> Create(v1::FeatureSchema schema);

  const v1::FeatureSchema& schema() const { return schema_; }

  // The table must have a column for every feature of the schema; others are not looked at.
  absl::StatusOr<FeatureMatrix> Encode(const TextTable& table) const;

  // One row, from the values given by name. A feature without a value is missing; a value of another kind is
  // INVALID_ARGUMENT, and so is a name that is not in the schema, unless such are to be passed over.
  absl::StatusOr<std::vector<float>> Encode(const FeatureValues& values,
                                            UnknownNames unknown = UnknownNames::kRefuse) const;

  // Whether a value is missing where the schema has a typical one, and puts the typical values there.
  bool LacksTypical(const FeatureMatrix& features) const;
  void FillInTypical(FeatureMatrix& features) const;

  // The value that `number` stands for; none set when it is missing.
  v1::FeatureValue Decode(size_t feature, float number) const;

 private:
  explicit FeatureEncoder(v1::FeatureSchema schema);

  struct Typical {
    size_t feature;
    float number;
  };

  float CategoryNumber(size_t feature, absl::string_view category) const;
  absl::StatusOr<float> EncodeText(size_t feature, absl::string_view text) const;
  // Of a value of the feature's kind.
  float NumberOf(size_t feature, const v1::FeatureValue& value) const;

  v1::FeatureSchema schema_;
  absl::flat_hash_map<std::string, size_t> feature_by_name_;
  std::vector<absl::flat_hash_map<std::string, float>> categories_;  // by feature
  std::vector<Typical> typical_;
};

// A table to train on, with an inferred schema. INVALID_ARGUMENT names the column and, for a label, the row.
absl::StatusOr<LabelledData> MakeLabelledData(const TextTable& table, const LabelledColumns& columns);

// Gathers rows to train on whose features are known beforehand but for their categories. Keeps numbers only, so that
// many rows fit into memory.
class LabelledRows {
 public:
  // `features` has names and kinds.
  explicit LabelledRows(v1::FeatureSchema features);

  // A feature without a value is missing. INVALID_ARGUMENT for a value of another kind; names that are no features are
  // passed over.
  absl::Status Add(const FeatureValues& values, bool churned);

  // With the categories that were met, sorted; of more than kMaxCategories the most frequent, the others being missing.
  // Features that no row has are left out: nothing can be learnt of them. INVALID_ARGUMENT when none is left.
  absl::StatusOr<LabelledData> Finish() &&;

 private:
  // By feature, the categories in the order in which they were met.
  using Categories = absl::flat_hash_map<std::string, float>;

  void FinishCategories(size_t feature);

  LabelledData data_;
  std::vector<Categories> categories_;
};

}  // namespace rapport::churn

#endif  // RAPPORT_SERVICES_CHURN_MODEL_DATASET_H_

#include "services/churn/model/dataset.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <set>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace rapport::churn {
namespace {

constexpr float kMissing = std::numeric_limits<float>::quiet_NaN();

std::optional<bool> ParseBoolean(absl::string_view text) {
  if (absl::EqualsIgnoreCase(text, "yes") || absl::EqualsIgnoreCase(text, "true")) return true;
  if (absl::EqualsIgnoreCase(text, "no") || absl::EqualsIgnoreCase(text, "false")) return false;
  return std::nullopt;
}

// Trees compare in single precision: what overflows it is no number to them.
std::optional<float> ParseNumber(absl::string_view text) {
  float number = 0;
  if (!absl::SimpleAtof(text, &number) || !std::isfinite(number)) return std::nullopt;
  return number;
}

absl::StatusOr<v1::Feature> InferFeature(const TextColumn& column) {
  bool numeric = true;
  bool boolean = true;
  std::set<absl::string_view> texts;
  for (absl::string_view value : column.values) {
    if (IsMissing(value)) continue;
    const absl::string_view text = absl::StripAsciiWhitespace(value);
    numeric = numeric && ParseNumber(text).has_value();
    boolean = boolean && ParseBoolean(text).has_value();
    if (texts.size() <= kMaxCategories) texts.insert(text);
  }
  v1::Feature feature;
  feature.set_name(column.name);
  if (numeric) {
    feature.set_kind(v1::FEATURE_KIND_NUMERIC);
  } else if (boolean) {
    feature.set_kind(v1::FEATURE_KIND_BOOLEAN);
  } else if (texts.size() > kMaxCategories) {
    return absl::InvalidArgumentError(absl::StrCat("column '", column.name, "' has more than ", kMaxCategories,
                                                   " different texts: leave it out, it seems to name its rows"));
  } else {
    feature.set_kind(v1::FEATURE_KIND_CATEGORICAL);
    for (absl::string_view text : texts) feature.add_categories(std::string(text));
  }
  return feature;
}

const TextColumn* FindColumn(const TextTable& table, absl::string_view name) {
  const auto found =
      std::find_if(table.begin(), table.end(), [&](const TextColumn& each) { return each.name == name; });
  return found == table.end() ? nullptr : &*found;
}

absl::Status CheckLengths(const TextTable& table) {
  for (const TextColumn& column : table) {
    if (column.values.size() != table.front().values.size()) {
      return absl::InvalidArgumentError(absl::StrCat("column '", column.name, "' has ", column.values.size(),
                                                     " values where column '", table.front().name, "' has ",
                                                     table.front().values.size(), ": give each row a value"));
    }
  }
  return absl::OkStatus();
}

absl::Status NoSuchColumn(absl::string_view name) {
  return absl::InvalidArgumentError(absl::StrCat("column '", name, "' is not in the table: add it or name another"));
}

absl::Status NotOfKind(const v1::Feature& feature, absl::string_view value) {
  const absl::string_view wanted = feature.kind() == v1::FEATURE_KIND_NUMERIC   ? "a finite number"
                                   : feature.kind() == v1::FEATURE_KIND_BOOLEAN ? "true or false"
                                                                                : "a category";
  return absl::InvalidArgumentError(absl::StrCat("feature '", feature.name(), "' is '", value, "': give ", wanted,
                                                 ", or nothing when it is missing"));
}

absl::StatusOr<std::vector<uint8_t>> ReadLabels(const TextColumn& column, absl::string_view positive) {
  std::vector<uint8_t> labels;
  labels.reserve(column.values.size());
  for (size_t row = 0; row < column.values.size(); ++row) {
    const absl::string_view text = absl::StripAsciiWhitespace(column.values[row]);
    if (text.empty()) {
      return absl::InvalidArgumentError(absl::StrCat("label '", column.name, "' of row ", row + 1,
                                                     " is blank: say what happened, or leave the row out"));
    }
    labels.push_back(text == positive ? 1 : 0);
  }
  if (std::find(labels.begin(), labels.end(), 1) == labels.end()) {
    return absl::InvalidArgumentError(
        absl::StrCat("label '", column.name, "' is never '", positive, "': name the text that means churned"));
  }
  return labels;
}

}  // namespace

FeatureMatrix SelectRows(const FeatureMatrix& matrix, absl::Span<const size_t> rows) {
  FeatureMatrix selected;
  selected.columns = matrix.columns;
  selected.values.reserve(rows.size() * matrix.columns);
  for (size_t row : rows) {
    const absl::Span<const float> values = matrix.row(row);
    selected.values.insert(selected.values.end(), values.begin(), values.end());
  }
  return selected;
}

bool IsMissing(absl::string_view text) {
  const absl::string_view bare = absl::StripAsciiWhitespace(text);
  return bare.empty() || absl::EqualsIgnoreCase(bare, "na") || absl::EqualsIgnoreCase(bare, "n/a") ||
         absl::EqualsIgnoreCase(bare, "nan") || absl::EqualsIgnoreCase(bare, "null");
}

absl::StatusOr<v1::FeatureSchema> InferSchema(const TextTable& table, absl::Span<const std::string> left_out) {
  v1::FeatureSchema schema;
  for (const TextColumn& column : table) {
    if (std::find(left_out.begin(), left_out.end(), column.name) != left_out.end()) continue;
    absl::StatusOr<v1::Feature> feature = InferFeature(column);
    if (!feature.ok()) return feature.status();
    *schema.add_features() = *std::move(feature);
  }
  if (absl::Status status = ValidateSchema(schema); !status.ok()) return status;
  return schema;
}

absl::Status ValidateSchema(const v1::FeatureSchema& schema) {
  if (schema.features().empty()) {
    return absl::InvalidArgumentError("schema has no features: a model needs at least one");
  }
  absl::flat_hash_set<absl::string_view> names;
  for (const v1::Feature& feature : schema.features()) {
    const auto error = [&](absl::string_view what) {
      return absl::InvalidArgumentError(absl::StrCat("feature '", feature.name(), "' ", what));
    };
    if (feature.name().empty()) return error("has no name: name every column");
    if (!names.insert(feature.name()).second) return error("is there twice: names must be unique");
    if (!v1::FeatureKind_IsValid(feature.kind()) || feature.kind() == v1::FEATURE_KIND_UNSPECIFIED) {
      return error("has no kind: it must be NUMERIC, BOOLEAN or CATEGORICAL");
    }
    const absl::flat_hash_set<absl::string_view> categories(feature.categories().begin(), feature.categories().end());
    if ((feature.kind() == v1::FEATURE_KIND_CATEGORICAL) == categories.empty()) {
      return error("must have categories if it is CATEGORICAL, and only then");
    }
    if (static_cast<int>(categories.size()) != feature.categories_size()) {
      return error("has a category twice: categories must be unique");
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<FeatureEncoder> FeatureEncoder::Create(v1::FeatureSchema schema) {
  if (absl::Status status = ValidateSchema(schema); !status.ok()) return status;
  return FeatureEncoder(std::move(schema));
}

FeatureEncoder::FeatureEncoder(v1::FeatureSchema schema) : schema_(std::move(schema)) {
  for (const v1::Feature& feature : schema_.features()) {
    feature_by_name_.emplace(feature.name(), feature_by_name_.size());
    auto& numbers = categories_.emplace_back();
    for (const std::string& category : feature.categories()) {
      numbers.emplace(category, static_cast<float>(numbers.size()));
    }
  }
}

float FeatureEncoder::CategoryNumber(size_t feature, absl::string_view category) const {
  const auto found = categories_[feature].find(category);
  return found == categories_[feature].end() ? kMissing : found->second;
}

absl::StatusOr<float> FeatureEncoder::EncodeText(size_t feature, absl::string_view text) const {
  if (IsMissing(text)) return kMissing;
  text = absl::StripAsciiWhitespace(text);
  const v1::Feature& known = schema_.features(static_cast<int>(feature));
  if (known.kind() == v1::FEATURE_KIND_CATEGORICAL) return CategoryNumber(feature, text);
  if (known.kind() == v1::FEATURE_KIND_BOOLEAN) {
    const std::optional<bool> value = ParseBoolean(text);
    return value ? absl::StatusOr<float>(*value ? 1.0F : 0.0F) : NotOfKind(known, text);
  }
  const std::optional<float> value = ParseNumber(text);
  return value ? absl::StatusOr<float>(*value) : NotOfKind(known, text);
}

absl::StatusOr<float> FeatureEncoder::EncodeValue(size_t feature, const v1::FeatureValue& value) const {
  const v1::Feature& known = schema_.features(static_cast<int>(feature));
  switch (value.value_case()) {
    case v1::FeatureValue::VALUE_NOT_SET:
      return kMissing;
    case v1::FeatureValue::kNumber: {
      const auto number = static_cast<float>(value.number());
      if (known.kind() != v1::FEATURE_KIND_NUMERIC || !std::isfinite(number)) {
        return NotOfKind(known, absl::StrCat(value.number()));
      }
      return number;
    }
    case v1::FeatureValue::kBoolean:
      if (known.kind() != v1::FEATURE_KIND_BOOLEAN) return NotOfKind(known, value.boolean() ? "true" : "false");
      return value.boolean() ? 1.0F : 0.0F;
    case v1::FeatureValue::kCategory:
      if (known.kind() != v1::FEATURE_KIND_CATEGORICAL) return NotOfKind(known, value.category());
      return CategoryNumber(feature, value.category());
  }
  return kMissing;
}

absl::StatusOr<FeatureMatrix> FeatureEncoder::Encode(const TextTable& table) const {
  if (absl::Status status = CheckLengths(table); !status.ok()) return status;
  const auto columns = static_cast<size_t>(schema_.features_size());
  const size_t rows = table.empty() ? 0 : table.front().values.size();
  FeatureMatrix matrix;
  matrix.columns = columns;
  matrix.values.resize(rows * columns);
  for (size_t feature = 0; feature < columns; ++feature) {
    const TextColumn* column = FindColumn(table, schema_.features(static_cast<int>(feature)).name());
    if (column == nullptr) return NoSuchColumn(schema_.features(static_cast<int>(feature)).name());
    for (size_t row = 0; row < rows; ++row) {
      absl::StatusOr<float> number = EncodeText(feature, column->values[row]);
      if (!number.ok()) {
        return absl::InvalidArgumentError(absl::StrCat("row ", row + 1, ": ", number.status().message()));
      }
      matrix.values[row * columns + feature] = *number;
    }
  }
  return matrix;
}

absl::StatusOr<std::vector<float>> FeatureEncoder::Encode(
    const absl::flat_hash_map<std::string, v1::FeatureValue>& values) const {
  std::vector<float> row(static_cast<size_t>(schema_.features_size()), kMissing);
  for (const auto& [name, value] : values) {
    const auto found = feature_by_name_.find(name);
    if (found == feature_by_name_.end()) {
      return absl::InvalidArgumentError(
          absl::StrCat("feature '", name, "' is not one of the model's: leave it out, or use another model"));
    }
    absl::StatusOr<float> number = EncodeValue(found->second, value);
    if (!number.ok()) return number.status();
    row[found->second] = *number;
  }
  return row;
}

v1::FeatureValue FeatureEncoder::Decode(size_t feature, float number) const {
  v1::FeatureValue value;
  if (std::isnan(number)) return value;
  const v1::Feature& known = schema_.features(static_cast<int>(feature));
  if (known.kind() == v1::FEATURE_KIND_CATEGORICAL) {
    value.set_category(known.categories(static_cast<int>(number)));
  } else if (known.kind() == v1::FEATURE_KIND_BOOLEAN) {
    value.set_boolean(number != 0);
  } else {
    value.set_number(number);
  }
  return value;
}

absl::StatusOr<LabelledData> MakeLabelledData(const TextTable& table, const LabelledColumns& columns) {
  const TextColumn* label = FindColumn(table, columns.label);
  if (label == nullptr) return NoSuchColumn(columns.label);
  std::vector<std::string> left_out = columns.left_out;
  left_out.push_back(columns.label);
  LabelledData data;
  if (!columns.id.empty()) {
    const TextColumn* id = FindColumn(table, columns.id);
    if (id == nullptr) return NoSuchColumn(columns.id);
    left_out.push_back(columns.id);
    data.ids = id->values;
  }
  absl::StatusOr<std::vector<uint8_t>> labels = ReadLabels(*label, columns.positive);
  if (!labels.ok()) return labels.status();
  data.labels = *std::move(labels);
  absl::StatusOr<v1::FeatureSchema> schema = InferSchema(table, left_out);
  if (!schema.ok()) return schema.status();
  absl::StatusOr<FeatureEncoder> encoder = FeatureEncoder::Create(*std::move(schema));
  if (!encoder.ok()) return encoder.status();
  absl::StatusOr<FeatureMatrix> features = encoder->Encode(table);
  if (!features.ok()) return features.status();
  data.features = *std::move(features);
  data.schema = encoder->schema();
  return data;
}

}  // namespace rapport::churn

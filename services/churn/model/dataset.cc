#include "services/churn/model/dataset.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
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

bool IsOfKind(const v1::FeatureValue& value, v1::FeatureKind kind) {
  switch (value.value_case()) {
    case v1::FeatureValue::kNumber:
      // Trees compare in single precision.
      return kind == v1::FEATURE_KIND_NUMERIC && std::isfinite(static_cast<float>(value.number()));
    case v1::FeatureValue::kBoolean:
      return kind == v1::FEATURE_KIND_BOOLEAN;
    case v1::FeatureValue::kCategory:
      return kind == v1::FEATURE_KIND_CATEGORICAL;
    case v1::FeatureValue::VALUE_NOT_SET:
      return true;
  }
  return false;
}

absl::Status CheckKind(const v1::Feature& feature, const v1::FeatureValue& value) {
  if (IsOfKind(value, feature.kind())) return absl::OkStatus();
  if (value.has_number()) return NotOfKind(feature, absl::StrCat(value.number()));
  return NotOfKind(feature, value.has_boolean() ? (value.boolean() ? "true" : "false") : value.category());
}

// The value that a number stands for.
v1::FeatureValue ValueOf(const v1::Feature& feature, float number) {
  v1::FeatureValue value;
  if (std::isnan(number)) return value;
  if (feature.kind() == v1::FEATURE_KIND_CATEGORICAL) {
    value.set_category(feature.categories(static_cast<int>(number)));
  } else if (feature.kind() == v1::FEATURE_KIND_BOOLEAN) {
    value.set_boolean(number != 0);
  } else {
    value.set_number(number);
  }
  return value;
}

// The median of numbers, the most frequent of anything else.
float TypicalOf(v1::FeatureKind kind, std::vector<float> column) {
  if (kind == v1::FEATURE_KIND_NUMERIC) {
    const auto middle = column.begin() + static_cast<std::ptrdiff_t>((column.size() - 1) / 2);
    std::nth_element(column.begin(), middle, column.end());
    return *middle;
  }
  std::map<float, int64_t> counts;
  for (float number : column) ++counts[number];
  return std::max_element(counts.begin(), counts.end(),
                          [](const auto& a, const auto& b) { return a.second < b.second; })
      ->first;
}

std::vector<float> ColumnOf(const FeatureMatrix& matrix, size_t feature) {
  std::vector<float> column;
  column.reserve(matrix.rows());
  for (size_t row = 0; row < matrix.rows(); ++row) column.push_back(matrix.row(row)[feature]);
  return column;
}

bool HasMissing(absl::Span<const float> column) {
  return std::any_of(column.begin(), column.end(), [](float number) { return std::isnan(number); });
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
    if (!IsOfKind(feature.typical(), feature.kind()) ||
        (feature.typical().has_category() && !categories.contains(feature.typical().category()))) {
      return error("has a typical value that is none of its values: it must be one, or absent");
    }
  }
  return absl::OkStatus();
}

void SetTypicalValues(const FeatureMatrix& features, v1::FeatureSchema& schema) {
  for (int i = 0; i < schema.features_size(); ++i) {
    v1::Feature& feature = *schema.mutable_features(i);
    feature.clear_typical();
    std::vector<float> column = ColumnOf(features, static_cast<size_t>(i));
    if (column.empty() || HasMissing(column)) continue;
    *feature.mutable_typical() = ValueOf(feature, TypicalOf(feature.kind(), std::move(column)));
  }
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
    const size_t index = categories_.size() - 1;
    if (feature.has_typical()) typical_.push_back({index, NumberOf(index, feature.typical())});
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

float FeatureEncoder::NumberOf(size_t feature, const v1::FeatureValue& value) const {
  switch (value.value_case()) {
    case v1::FeatureValue::kNumber:
      return static_cast<float>(value.number());
    case v1::FeatureValue::kBoolean:
      return value.boolean() ? 1.0F : 0.0F;
    case v1::FeatureValue::kCategory:
      return CategoryNumber(feature, value.category());
    case v1::FeatureValue::VALUE_NOT_SET:
      break;
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

absl::StatusOr<std::vector<float>> FeatureEncoder::Encode(const FeatureValues& values, UnknownNames unknown) const {
  std::vector<float> row(static_cast<size_t>(schema_.features_size()), kMissing);
  for (const auto& [name, value] : values) {
    const auto found = feature_by_name_.find(name);
    if (found == feature_by_name_.end()) {
      if (unknown == UnknownNames::kPassOver) continue;
      return absl::InvalidArgumentError(
          absl::StrCat("feature '", name, "' is not one of the model's: leave it out, or use another model"));
    }
    const v1::Feature& feature = schema_.features(static_cast<int>(found->second));
    if (absl::Status status = CheckKind(feature, value); !status.ok()) return status;
    row[found->second] = NumberOf(found->second, value);
  }
  return row;
}

bool FeatureEncoder::LacksTypical(const FeatureMatrix& features) const {
  if (typical_.empty()) return false;
  for (size_t row = 0; row < features.rows(); ++row) {
    const absl::Span<const float> numbers = features.row(row);
    if (std::any_of(typical_.begin(), typical_.end(),
                    [&](const Typical& typical) { return std::isnan(numbers[typical.feature]); })) {
      return true;
    }
  }
  return false;
}

void FeatureEncoder::FillInTypical(FeatureMatrix& features) const {
  for (size_t start = 0; start < features.values.size(); start += features.columns) {
    for (const Typical& typical : typical_) {
      float& number = features.values[start + typical.feature];
      if (std::isnan(number)) number = typical.number;
    }
  }
}

v1::FeatureValue FeatureEncoder::Decode(size_t feature, float number) const {
  return ValueOf(schema_.features(static_cast<int>(feature)), number);
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

LabelledRows::LabelledRows(v1::FeatureSchema features) : categories_(static_cast<size_t>(features.features_size())) {
  data_.features.columns = categories_.size();
  data_.schema = std::move(features);
}

absl::Status LabelledRows::Add(const FeatureValues& values, bool churned) {
  std::vector<float> row;
  row.reserve(categories_.size());
  for (const v1::Feature& feature : data_.schema.features()) {
    const auto found = values.find(feature.name());
    const v1::FeatureValue& value = found == values.end() ? v1::FeatureValue::default_instance() : found->second;
    if (absl::Status status = CheckKind(feature, value); !status.ok()) return status;
    Categories& categories = categories_[row.size()];
    if (value.has_number()) {
      row.push_back(static_cast<float>(value.number()));
    } else if (value.has_boolean()) {
      row.push_back(value.boolean() ? 1.0F : 0.0F);
    } else if (!value.category().empty()) {
      row.push_back(categories.try_emplace(value.category(), static_cast<float>(categories.size())).first->second);
    } else {
      row.push_back(kMissing);
    }
  }
  data_.features.values.insert(data_.features.values.end(), row.begin(), row.end());
  data_.labels.push_back(churned ? 1 : 0);
  return absl::OkStatus();
}

void LabelledRows::FinishCategories(size_t feature) {
  struct Met {
    std::string category;
    int64_t count = 0;
  };
  std::vector<Met> met(categories_[feature].size());
  for (const auto& [category, number] : categories_[feature]) met[static_cast<size_t>(number)].category = category;
  for (float number : ColumnOf(data_.features, feature)) {
    if (!std::isnan(number)) ++met[static_cast<size_t>(number)].count;
  }
  std::vector<Met> kept = met;
  std::sort(kept.begin(), kept.end(), [](const Met& a, const Met& b) {
    return a.count != b.count ? a.count > b.count : a.category < b.category;
  });
  if (kept.size() > kMaxCategories) kept.resize(kMaxCategories);
  std::sort(kept.begin(), kept.end(), [](const Met& a, const Met& b) { return a.category < b.category; });

  v1::Feature& known = *data_.schema.mutable_features(static_cast<int>(feature));
  known.clear_categories();
  absl::flat_hash_map<absl::string_view, float> numbers;
  for (const Met& each : kept) {
    numbers.emplace(each.category, static_cast<float>(numbers.size()));
    known.add_categories(each.category);
  }
  for (size_t i = feature; i < data_.features.values.size(); i += data_.features.columns) {
    float& number = data_.features.values[i];
    if (std::isnan(number)) continue;
    const auto found = numbers.find(met[static_cast<size_t>(number)].category);
    number = found == numbers.end() ? kMissing : found->second;
  }
}

absl::StatusOr<LabelledData> LabelledRows::Finish() && {
  std::vector<size_t> kept;
  v1::FeatureSchema schema;
  for (size_t feature = 0; feature < categories_.size(); ++feature) {
    const v1::Feature& known = data_.schema.features(static_cast<int>(feature));
    if (known.kind() == v1::FEATURE_KIND_CATEGORICAL) FinishCategories(feature);
    const std::vector<float> column = ColumnOf(data_.features, feature);
    if (std::all_of(column.begin(), column.end(), [](float number) { return std::isnan(number); })) continue;
    kept.push_back(feature);
    *schema.add_features() = known;
  }
  if (absl::Status status = ValidateSchema(schema); !status.ok()) return status;
  FeatureMatrix features;
  features.columns = kept.size();
  features.values.reserve(data_.features.rows() * kept.size());
  for (size_t row = 0; row < data_.features.rows(); ++row) {
    for (size_t feature : kept) features.values.push_back(data_.features.row(row)[feature]);
  }
  data_.schema = std::move(schema);
  data_.features = std::move(features);
  return std::move(data_);
}

}  // namespace rapport::churn

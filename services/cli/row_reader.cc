#include "services/cli/row_reader.h"

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <charconv>
#include <cmath>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "services/cli/row_conversion.h"

namespace rapport::cli {
namespace {

using google::protobuf::Struct;
using google::protobuf::Value;

class CsvRows final : public RowReader {
 public:
  CsvRows(std::istream& in, char delimiter) : reader_(in, delimiter) {}
  absl::StatusOr<std::optional<csv::Row>> Next() override { return reader_.Next(); }
  int64_t bytes_read() const override { return reader_.bytes_read(); }

 private:
  csv::Reader reader_;
};

// The value of `name`, which is a key, or keys of objects within objects; null when there is none.
const Value* Find(const Struct& object, absl::string_view name) {
  const auto whole = object.fields().find(std::string(name));
  if (whole != object.fields().end()) return &whole->second;
  const std::pair<absl::string_view, absl::string_view> parts = absl::StrSplit(name, absl::MaxSplits('.', 1));
  const auto outer = object.fields().find(std::string(parts.first));
  if (parts.second.empty() || outer == object.fields().end() || !outer->second.has_struct_value()) return nullptr;
  return Find(outer->second.struct_value(), parts.second);
}

absl::StatusOr<std::string> NumberText(double number) {
  constexpr double kExact = 9007199254740992;
  if (std::abs(number) >= kExact) return absl::InvalidArgumentError("is too large for a number; write it as a text");
  if (number == std::trunc(number)) return absl::StrFormat("%.0f", number);
  std::string text(32, '\0');
  text.resize(static_cast<size_t>(std::to_chars(text.data(), text.data() + text.size(), number).ptr - text.data()));
  return text;
}

absl::StatusOr<std::string> Text(const Value& value) {
  switch (value.kind_case()) {
    case Value::kStringValue:
      return value.string_value();
    case Value::kBoolValue:
      return std::string(value.bool_value() ? "true" : "false");
    case Value::kNumberValue:
      return NumberText(value.number_value());
    case Value::kStructValue:
    case Value::kListValue:
      return absl::InvalidArgumentError("is no single value; name a key within it, such as user.id");
    default:
      return std::string();
  }
}

class JsonRows final : public RowReader {
 public:
  JsonRows(std::istream& in, std::vector<std::string> names)
      : in_(in), names_(std::move(names)), line_(csv::Reader::kMaxRowBytes + 1, '\0') {}

  absl::StatusOr<std::optional<csv::Row>> Next() override {
    if (!std::exchange(named_, true)) return std::optional<csv::Row>({.line = 1, .fields = names_, .error = ""});
    while (in_.getline(line_.data(), static_cast<std::streamsize>(line_.size())) || in_.gcount() > 0) {
      ++line_number_;
      bytes_read_ += in_.gcount();
      if (in_.fail()) {
        return absl::InvalidArgumentError(
            absl::StrCat("line ", line_number_, ": it is longer than ", csv::Reader::kMaxRowBytes, " bytes"));
      }
      const absl::string_view line(line_.data(), static_cast<size_t>(in_.gcount()) - (in_.eof() ? 0 : 1));
      const absl::string_view text = absl::StripAsciiWhitespace(absl::StripPrefix(line, "\xEF\xBB\xBF"));
      if (!text.empty()) return std::optional<csv::Row>(Read(text));
    }
    if (in_.bad()) return absl::DataLossError("the file cannot be read any further");
    return std::optional<csv::Row>();
  }

  int64_t bytes_read() const override { return bytes_read_; }

 private:
  csv::Row Read(absl::string_view text) const {
    csv::Row row;
    row.line = line_number_;
    // The parser would complain of such text on stderr.
    if (const absl::Status checked = CheckText(text); !checked.ok()) {
      row.error = std::string(checked.message());
      return row;
    }
    Struct object;
    const auto parsed =
        google::protobuf::util::JsonStringToMessage(google::protobuf::StringPiece(text.data(), text.size()), &object);
    if (!parsed.ok()) row.error = "the line is not a JSON object";
    for (const std::string& name : names_) {
      const Value* value = Find(object, name);
      absl::StatusOr<std::string> field = value == nullptr ? std::string() : Text(*value);
      if (!field.ok()) row.error = absl::StrCat("'", name, "' ", field.status().message());
      row.fields.push_back(field.ok() ? *std::move(field) : "");
    }
    return row;
  }

  std::istream& in_;
  const std::vector<std::string> names_;
  std::string line_;
  bool named_ = false;
  int64_t line_number_ = 0;
  int64_t bytes_read_ = 0;
};

}  // namespace

std::unique_ptr<RowReader> MakeCsvRows(std::istream& in, char delimiter) {
  return std::make_unique<CsvRows>(in, delimiter);
}

std::unique_ptr<RowReader> MakeJsonRows(std::istream& in, std::vector<std::string> names) {
  return std::make_unique<JsonRows>(in, std::move(names));
}

}  // namespace rapport::cli

#include "services/cli/labelled_table.h"

#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/csv/reader.h"
#include "common/csv/table.h"
#include "services/cli/column_mapping.h"
#include "services/cli/import_file.h"

namespace rapport::cli {
namespace {

constexpr size_t kValuesShown = 10;

absl::Status CheckPositive(const churn::TextColumn& column, const std::string& positive) {
  std::set<absl::string_view> values;
  for (const std::string& value : column.values) {
    const absl::string_view text = absl::StripAsciiWhitespace(value);
    if (text == positive) return absl::OkStatus();
    if (values.size() <= kValuesShown) values.insert(text);
  }
  const bool more = values.size() > kValuesShown;
  if (more) values.erase(std::prev(values.end()));
  return absl::InvalidArgumentError(absl::StrCat("--positive '", positive, "' is in no row of column '", column.name,
                                                 "', which has: ", absl::StrJoin(values, ", "), more ? ", ..." : "",
                                                 "; name the value of those who left"));
}

}  // namespace

absl::StatusOr<churn::TextTable> ReadTextTable(Environment& environment, const TableOptions& options) {
  if (options.delimiter.size() != 1) return absl::InvalidArgumentError("--delimiter must be one character");
  absl::StatusOr<ImportInput> input = ImportInput::Open(environment, options.file);
  if (!input.ok()) return input.status();
  absl::StatusOr<std::vector<csv::Column>> columns = csv::ReadTable(input->stream(), options.delimiter.front());
  if (!columns.ok()) {
    return absl::Status(columns.status().code(), absl::StrCat(options.file, ": ", columns.status().message()));
  }
  churn::TextTable table;
  for (csv::Column& column : *columns) table.push_back({std::move(column.name), std::move(column.values)});
  return table;
}

absl::StatusOr<const churn::TextColumn*> FindColumn(absl::string_view flag, const std::string& name,
                                                    const churn::TextTable& table) {
  std::vector<std::string> header;
  for (const churn::TextColumn& column : table) header.push_back(column.name);
  const absl::StatusOr<size_t> at = FindColumn(flag, name, header);
  if (!at.ok()) return at.status();
  return &table[*at];
}

absl::StatusOr<churn::TextTable> ReadLabelledTable(Environment& environment, const LabelledTableOptions& options) {
  absl::StatusOr<churn::TextTable> table = ReadTextTable(environment, options);
  if (!table.ok()) return table.status();
  const absl::StatusOr<const churn::TextColumn*> label = FindColumn("--label", options.label, *table);
  if (!label.ok()) return label.status();
  absl::Status status = CheckPositive(**label, options.positive);
  if (!options.id.empty()) status.Update(FindColumn("--id", options.id, *table).status());
  for (const std::string& name : options.ignored) status.Update(FindColumn("--ignore", name, *table).status());
  if (!status.ok()) return status;
  return table;
}

std::string ToCsv(const churn::TextTable& table) {
  std::vector<std::string> fields;
  for (const churn::TextColumn& column : table) fields.push_back(column.name);
  std::string text = csv::Line(fields);
  for (size_t row = 0; row < table.front().values.size(); ++row) {
    for (size_t i = 0; i < table.size(); ++i) fields[i] = table[i].values[row];
    text += csv::Line(fields);
  }
  return text;
}

}  // namespace rapport::cli

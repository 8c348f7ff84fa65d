#include "common/csv/table.h"

#include <google/protobuf/stubs/common.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/csv/reader.h"

namespace rapport::csv {
namespace {

absl::Status LineError(const Row& row, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("line ", row.line, ": ", what));
}

absl::Status CheckRow(const Row& row) {
  if (!row.error.empty()) return LineError(row, row.error);
  for (const std::string& field : row.fields) {
    if (!google::protobuf::internal::IsStructurallyValidUTF8(field.data(), static_cast<int>(field.size()))) {
      return LineError(row, "the text is not UTF-8; convert the file first: iconv -f WINDOWS-1252 -t UTF-8 FILE");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckHeadings(const std::vector<std::string>& headings) {
  for (auto heading = headings.begin(); heading != headings.end(); ++heading) {
    if (heading->empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat("column ", heading - headings.begin() + 1, " has no heading; name every column"));
    }
    if (std::find(headings.begin(), heading, *heading) != heading) {
      return absl::InvalidArgumentError(absl::StrCat("heading '", *heading, "' is there twice; rename one"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<Column>> ReadTable(std::istream& in, char delimiter) {
  Reader reader(in, delimiter);
  std::vector<Column> table;
  while (true) {
    absl::StatusOr<std::optional<Row>> row = reader.Next();
    if (!row.ok()) return row.status();
    if (!row->has_value()) break;
    if (absl::Status status = CheckRow(**row); !status.ok()) return status;
    std::vector<std::string>& fields = (*row)->fields;
    if (table.empty()) {
      if (absl::Status status = CheckHeadings(fields); !status.ok()) return status;
      for (std::string& name : fields) table.push_back({std::move(name), {}});
      continue;
    }
    if (fields.size() != table.size()) {
      return LineError(**row, absl::StrCat("the row has ", fields.size(), " columns, the header ", table.size()));
    }
    for (size_t i = 0; i < fields.size(); ++i) table[i].values.push_back(std::move(fields[i]));
  }
  if (table.empty()) return absl::InvalidArgumentError("the file is empty; its first line must name the columns");
  return table;
}

}  // namespace rapport::csv

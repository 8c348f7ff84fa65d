#ifndef RAPPORT_SERVICES_CLI_LABELLED_TABLE_H_
#define RAPPORT_SERVICES_CLI_LABELLED_TABLE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/churn/model/dataset.h"
#include "services/cli/session.h"

namespace rapport::cli {

struct TableOptions {
  // `-` reads standard input.
  std::string file;
  std::string delimiter = ",";
};

// Which columns of a table say what became of the rows.
struct LabelledTableOptions : TableOptions {
  std::string label;
  std::string positive;
  std::string id;
  std::vector<std::string> ignored;
};

// The whole file, column by column.
absl::StatusOr<churn::TextTable> ReadTextTable(Environment& environment, const TableOptions& options);

// The column of that name. The error names `flag` and the heading that is nearest.
absl::StatusOr<const churn::TextColumn*> FindColumn(absl::string_view flag, const std::string& name,
                                                    const churn::TextTable& table);

// Reads the file; the columns that the flags name are there, and so is the positive value.
absl::StatusOr<churn::TextTable> ReadLabelledTable(Environment& environment, const LabelledTableOptions& options);

// The table as RFC 4180 CSV.
std::string ToCsv(const churn::TextTable& table);

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_LABELLED_TABLE_H_

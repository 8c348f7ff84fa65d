#include "services/cli/table.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "services/cli/text.h"

namespace rapport::cli {

void Table::AddRow(std::vector<std::string> cells) {
  for (std::string& cell : cells) cell = Printable(cell);
  rows_.push_back(std::move(cells));
}

std::string Table::ToText() const {
  std::string header;
  std::string rule;
  std::vector<std::string> lines(rows_.size());
  for (size_t i = 0; i < columns_.size(); ++i) {
    size_t width = 0;
    for (const auto& row : rows_) width = std::max(width, DisplayWidth(row[i]));
    if (width == 0) continue;
    width = std::max(width, DisplayWidth(columns_[i].title));
    const auto pad = columns_[i].align == Align::kRight ? PadLeft : PadRight;
    absl::StrAppend(&header, pad(columns_[i].title, width), "  ");
    absl::StrAppend(&rule, std::string(width, '-'), "  ");
    for (size_t row = 0; row < rows_.size(); ++row) absl::StrAppend(&lines[row], pad(rows_[row][i], width), "  ");
  }
  std::string text;
  for (const std::string* line : {&header, &rule}) {
    absl::StrAppend(&text, absl::StripTrailingAsciiWhitespace(*line), "\n");
  }
  for (const std::string& line : lines) absl::StrAppend(&text, absl::StripTrailingAsciiWhitespace(line), "\n");
  return text;
}

}  // namespace rapport::cli

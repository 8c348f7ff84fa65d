// CSV files. The first byte chooses the delimiter. What was read, written and read again is the same.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "common/csv/reader.h"
#include "common/csv/table.h"
#include "tests/fuzz/fail.h"

namespace rapport::fuzz {
namespace {

constexpr size_t kMostRowBytes = 4096;

std::vector<std::vector<std::string>> GoodRows(const std::string& text, char delimiter) {
  std::istringstream in(text);
  csv::Reader reader(in, delimiter, kMostRowBytes);
  std::vector<std::vector<std::string>> rows;
  int64_t line = 0;
  while (true) {
    absl::StatusOr<std::optional<csv::Row>> row = reader.Next();
    if (!row.ok()) {
      RequireClear(row.status(), "a CSV file");
      return rows;
    }
    if (!row->has_value()) return rows;
    Require((*row)->line >= line, "rows come in the order of their lines");
    line = (*row)->line;
    if ((*row)->error.empty()) rows.push_back((*row)->fields);
  }
}

void TestFile(const std::string& text, char delimiter) {
  const std::vector<std::vector<std::string>> rows = GoodRows(text, delimiter);
  std::string written;
  for (const std::vector<std::string>& row : rows) written += csv::Line(row);
  Require(GoodRows(written, ',') == rows, "what is written is read as it was");
  std::istringstream in(text);
  const auto table = csv::ReadTable(in, delimiter);
  if (!table.ok()) RequireClear(table.status(), "a table");
  const auto line = csv::SplitLine(text);
  if (!line.ok()) RequireClear(line.status(), "a line");
}

}  // namespace
}  // namespace rapport::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr char kDelimiters[] = {',', ';', '\t', '|'};
  if (size == 0) return -1;
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  rapport::fuzz::TestFile(text, kDelimiters[data[0] % sizeof(kDelimiters)]);
  return 0;
}

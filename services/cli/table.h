#ifndef RAPPORT_SERVICES_CLI_TABLE_H_
#define RAPPORT_SERVICES_CLI_TABLE_H_

#include <string>
#include <vector>

namespace rapport::cli {

// A table for people to read: aligned columns, a line under the header. Cells are made safe for a terminal.
class Table {
 public:
  enum class Align { kLeft, kRight };
  struct Column {
    std::string title;
    Align align = Align::kLeft;
  };

  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // `cells` has as many entries as there are columns.
  void AddRow(std::vector<std::string> cells);

  // Columns in which every cell is empty are left out.
  std::string ToText() const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_TABLE_H_

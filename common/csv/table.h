#ifndef RAPPORT_COMMON_CSV_TABLE_H_
#define RAPPORT_COMMON_CSV_TABLE_H_

#include <istream>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace rapport::csv {

struct Column {
  std::string name;
  std::vector<std::string> values;
};

// A whole file in memory, column by column, its first row being the headings. A file that cannot be read to the last
// row is an error that names the line: a table with holes would tell something else. So are a heading that is blank or
// there twice and text that is not UTF-8.
absl::StatusOr<std::vector<Column>> ReadTable(std::istream& in, char delimiter = ',');

}  // namespace rapport::csv

#endif  // RAPPORT_COMMON_CSV_TABLE_H_

#ifndef RAPPORT_SERVICES_CLI_ROW_READER_H_
#define RAPPORT_SERVICES_CLI_ROW_READER_H_

#include <cstdint>
#include <istream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/csv/reader.h"

namespace rapport::cli {

// The rows of a file, the first of which names the columns.
class RowReader {
 public:
  virtual ~RowReader() = default;
  // As csv::Reader.
  virtual absl::StatusOr<std::optional<csv::Row>> Next() = 0;
  virtual int64_t bytes_read() const = 0;
};

// `in` must outlive the readers.
std::unique_ptr<RowReader> MakeCsvRows(std::istream& in, char delimiter);

// A JSON object a line, of which the columns `names` are read: keys, and keys within objects as `user.id`. What an
// object does not have, and null, is blank. A line that is no such object spoils its own row only.
std::unique_ptr<RowReader> MakeJsonRows(std::istream& in, std::vector<std::string> names);

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_ROW_READER_H_

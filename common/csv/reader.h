#ifndef RAPPORT_COMMON_CSV_READER_H_
#define RAPPORT_COMMON_CSV_READER_H_

#include <cstddef>
#include <cstdint>
#include <istream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace rapport::csv {

struct Row {
  // Where the row begins, from 1; a quoted field may go on over more lines.
  int64_t line = 0;
  std::vector<std::string> fields;
  // Why the row could not be read; empty for a good one. `fields` has what came before the fault.
  std::string error;
};

// Reads RFC 4180 CSV row by row, in memory bounded by the largest row allowed. Line ends may be LF, CRLF or CR; empty
// lines are skipped; a byte-order mark of UTF-8 is dropped. White space belongs to the field.
class Reader {
 public:
  static constexpr size_t kMaxRowBytes = size_t{1} << 20;

  // `in` must outlive the reader.
  explicit Reader(std::istream& in, char delimiter = ',', size_t max_row_bytes = kMaxRowBytes);
  ~Reader();
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  // The next row, or nothing at the end. A stray quote spoils only its own row. An error ends the reading: a quote that
  // is never closed, a row beyond the limit, UTF-16, an unreadable stream.
  absl::StatusOr<std::optional<Row>> Next();

  int64_t bytes_read() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// `fields` as one CSV line, each quoted, ended by LF.
std::string Line(const std::vector<std::string>& fields);

// Splits one line such as a command-line value at its commas; quotes protect a comma.
absl::StatusOr<std::vector<std::string>> SplitLine(absl::string_view line);

}  // namespace rapport::csv

#endif  // RAPPORT_COMMON_CSV_READER_H_

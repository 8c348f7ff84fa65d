#ifndef RAPPORT_SERVICES_CLI_IMPORT_REPORT_H_
#define RAPPORT_SERVICES_CLI_IMPORT_REPORT_H_

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace rapport::cli {

// What a kind of file calls what is special in it.
struct ReportWords {
  // Rows that say nothing, such as `not rated`.
  std::string skipped;
  // Events that rows imply, such as `opened`; empty where there are none.
  std::string implied{};
};

// What became of the rows of a file.
class ImportReport {
 public:
  explicit ImportReport(ReportWords words) : words_(std::move(words)) {}

  void CountRead() { ++read_; }
  void CountSkipped() { ++skipped_; }
  // An implied event that is known now, whether or not it was before.
  void CountImplied() { ++implied_; }
  // `outcome` is the short name of an outcome, such as `CREATED`.
  void CountOutcome(absl::string_view outcome) { ++outcomes_[std::string(outcome)]; }
  // Rejections are grouped by their reason without its values; memory is bounded however many reasons there are.
  void CountRejected(int64_t line, absl::string_view reason);

  int64_t read() const { return read_; }
  int64_t rejected() const { return rejected_; }

  std::string ToText() const;
  std::string ToJson() const;

 private:
  int64_t Count(absl::string_view outcome) const;

  struct Reason {
    std::string example;
    int64_t count = 0;
    std::vector<int64_t> first_lines;
  };

  ReportWords words_;
  int64_t read_ = 0;
  int64_t skipped_ = 0;
  int64_t implied_ = 0;
  int64_t rejected_ = 0;
  std::map<std::string, int64_t, std::less<>> outcomes_;
  std::map<std::string, Reason> reasons_;
};

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_IMPORT_REPORT_H_

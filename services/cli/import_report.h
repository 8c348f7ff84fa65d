#ifndef RAPPORT_SERVICES_CLI_IMPORT_REPORT_H_
#define RAPPORT_SERVICES_CLI_IMPORT_REPORT_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "rapport/ratings/v1/ratings.pb.h"

namespace rapport::cli {

// What became of the rows of a file.
class ImportReport {
 public:
  void CountRead() { ++read_; }
  void CountNotRated() { ++not_rated_; }
  void CountOutcome(ratings::v1::Outcome outcome) { ++outcomes_[outcome]; }
  // Rejections are grouped by their reason without its values; memory is bounded however many reasons there are.
  void CountRejected(int64_t line, absl::string_view reason);

  int64_t read() const { return read_; }
  int64_t rejected() const { return rejected_; }
  int64_t count(ratings::v1::Outcome outcome) const;

  std::string ToText() const;
  std::string ToJson() const;

 private:
  struct Reason {
    std::string example;
    int64_t count = 0;
    std::vector<int64_t> first_lines;
  };

  int64_t read_ = 0;
  int64_t not_rated_ = 0;
  int64_t rejected_ = 0;
  std::map<int, int64_t> outcomes_;
  std::map<std::string, Reason> reasons_;
};

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_IMPORT_REPORT_H_

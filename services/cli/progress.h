#ifndef RAPPORT_SERVICES_CLI_PROGRESS_H_
#define RAPPORT_SERVICES_CLI_PROGRESS_H_

#include <cstdint>
#include <ostream>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace rapport::cli {

// One line on a terminal that tells how far a long command is. Silent when not `enabled`.
class Progress {
 public:
  // `total_bytes` is 0 when it is not known. `err` must outlive the object.
  Progress(std::ostream& err, bool enabled, int64_t total_bytes);
  ~Progress() { Clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // Redraws the line a few times a second at most.
  void Update(int64_t rows, int64_t bytes);
  // The same for work of which a share is done, 0 to 1; `step` says what is being done.
  void UpdateShare(double share, absl::string_view step);
  // Prints a line of its own, also when the progress line is not shown.
  void Note(absl::string_view text);
  // Leaves the line empty for other output.
  void Clear();

 private:
  // Whether the line may be drawn again already.
  bool IsDue(absl::Time now);

  std::ostream& err_;
  const bool enabled_;
  const int64_t total_bytes_;
  const absl::Time start_;
  absl::Time drawn_ = absl::InfinitePast();
};

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_PROGRESS_H_

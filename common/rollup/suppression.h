#ifndef RAPPORT_COMMON_ROLLUP_SUPPRESSION_H_
#define RAPPORT_COMMON_ROLLUP_SUPPRESSION_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/span.h"

namespace rapport::rollup {

// How many people's observations stand behind one group in one bucket of an answer, or in the whole period that the
// buckets add up to, if the answer has that too.
struct GroupCount {
  std::string group;
  std::optional<absl::Time> bucket;  // its start; absent for the whole period
  int64_t count = 0;
};

// Which of the counts, and what is made of them, to withhold so that nobody is unmasked, parallel to `counts`:
//  - those below `min_group_size`, but at least one;
//  - further ones, the smallest first, as long as a withheld one could be told from the others: what is withheld of a
//    bucket must be at least two groups with, together, at least `min_group_size` and more than one each, as everyone
//    may ask for the bucket without groups; and likewise what is withheld of a group over time, as its total is known
//    or can be summed up.
// Where nothing is left to withhold, as in a bucket with a single group, a count can still be told from the figures
// without groups.
std::vector<bool> Withhold(int64_t min_group_size, absl::Span<const GroupCount> counts);

}  // namespace rapport::rollup

#endif  // RAPPORT_COMMON_ROLLUP_SUPPRESSION_H_

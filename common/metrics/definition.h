#ifndef RAPPORT_COMMON_METRICS_DEFINITION_H_
#define RAPPORT_COMMON_METRICS_DEFINITION_H_

#include <array>

#include "absl/types/span.h"

// Metrics as data: what a service measures is a constexpr list that can be read, reviewed and tested as a whole.
namespace rapport::metrics {

enum class Type { kCounter, kGauge, kHistogram };

// One metric family. Names use base units and end in _total, _seconds, _bytes or _ratio where these apply. Label values
// come from closed sets: never an id of a customer, conversation or agent.
struct Definition {
  const char* name;
  const char* help;
  Type type;
  std::array<const char*, 4> labels = {};  // null past the last
  absl::Span<const double> buckets = {};   // upper bounds, ascending; for histograms

  constexpr size_t label_count() const {
    size_t count = 0;
    while (count < labels.size() && labels[count] != nullptr) ++count;
    return count;
  }
};

}  // namespace rapport::metrics

#endif  // RAPPORT_COMMON_METRICS_DEFINITION_H_

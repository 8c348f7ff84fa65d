#ifndef RAPPORT_SERVICES_RESPONSE_TIMES_CORE_COUNTING_H_
#define RAPPORT_SERVICES_RESPONSE_TIMES_CORE_COUNTING_H_

#include <array>
#include <cstdint>
#include <utility>

#include "absl/strings/string_view.h"
#include "common/rollup/cells.h"
#include "common/write/changes.h"
#include "rapport/response_times/storage/v1/storage.pb.h"
#include "services/response_times/core/facts.h"

namespace rapport::response_times {

// What a conversation counts for in roll-ups, in the bucket of its begin.
std::array<std::pair<rollup::Measure, int64_t>, 5> MeasuresOf(const ConversationFact& fact);

// Adds all that an analysis says to the counters, `sign` times. What is stored of a conversation that changes is
// corrected by counting the old analysis with -1 and the new one with +1.
void Count(absl::string_view conversation_id, const storage::v1::Analysis& analysis, int sign, write::Changes& changes);

}  // namespace rapport::response_times

#endif  // RAPPORT_SERVICES_RESPONSE_TIMES_CORE_COUNTING_H_

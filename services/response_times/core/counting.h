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

// Corrects the counters by the difference between what was counted of a conversation and what is to be counted: takes
// back what `before` says and `after` does not, and the other way round. Either may be empty. Costs no more than the
// difference is large, but for a comparison of the two.
void CountChange(absl::string_view conversation_id, const storage::v1::Analysis& before,
                 const storage::v1::Analysis& after, write::Changes& changes);

}  // namespace rapport::response_times

#endif  // RAPPORT_SERVICES_RESPONSE_TIMES_CORE_COUNTING_H_

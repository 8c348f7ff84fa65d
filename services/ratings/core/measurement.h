#ifndef RAPPORT_SERVICES_RATINGS_CORE_MEASUREMENT_H_
#define RAPPORT_SERVICES_RATINGS_CORE_MEASUREMENT_H_

#include "absl/strings/string_view.h"
#include "common/write/changes.h"
#include "rapport/ratings/storage/v1/storage.pb.h"

namespace rapport::ratings {

// Adds all that is counted of a record, `sign` times, to the counters. A pure function of the record: what is stored of
// a record that changes is corrected by measuring it with -1 before and with +1 after the change.
void Measure(absl::string_view rating_id, const storage::v1::RatingRecord& record, int sign, write::Changes& changes);

}  // namespace rapport::ratings

#endif  // RAPPORT_SERVICES_RATINGS_CORE_MEASUREMENT_H_

#ifndef RAPPORT_SERVICES_CHURN_SERVICE_ERASURE_H_
#define RAPPORT_SERVICES_CHURN_SERVICE_ERASURE_H_

#include <cstdint>
#include <functional>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/store/store.h"
#include "common/write/write_path.h"

namespace rapport::churn {

// The contract of Recorder::Erase. One mutation takes away all that shows of the customer and leaves the mark, so that
// nothing new is stored; then the activities go in chunks. `path` and `store` must outlive the erasure. Does not block.
void EraseCustomer(write::WritePath& path, store::Store& store, absl::string_view tenant, absl::string_view customer_id,
                   const std::function<void(absl::StatusOr<int64_t>)>& done);

}  // namespace rapport::churn

#endif  // RAPPORT_SERVICES_CHURN_SERVICE_ERASURE_H_

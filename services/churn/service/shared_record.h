#ifndef RAPPORT_SERVICES_CHURN_SERVICE_SHARED_RECORD_H_
#define RAPPORT_SERVICES_CHURN_SERVICE_SHARED_RECORD_H_

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/write/write_path.h"
#include "rapport/churn/storage/v1/storage.pb.h"
#include "rapport/churn/v1/activities.pb.h"

namespace rapport::churn {

// The record of a customer that the writes of a batch share: parsed by the first of them, packed after the last, with
// the customer's row counted anew once.
class SharedRecord final : public write::SharedEntity {
 public:
  // That of the entity of RecordKey, for plans. DATA_LOSS when its bytes are no record.
  static absl::StatusOr<SharedRecord*> In(absl::string_view customer_id, write::EntityState& state);

  const storage::v1::CustomerRecord& record() const { return record_; }

  // Counts an activity in place of the revision that is known of it, which is null for a new one. FAILED_PRECONDITION,
  // with nothing changed, when there is no room for it.
  absl::Status Replace(const v1::Activity* known, const v1::Activity& activity);

  std::string Pack(write::Changes& changes) override;

 private:
  SharedRecord(absl::string_view customer_id, storage::v1::CustomerRecord record)
      : customer_id_(customer_id), record_(std::move(record)) {}

  const std::string customer_id_;
  storage::v1::CustomerRecord record_;
  bool life_changed_ = false;
};

// Takes the row that was counted from the pieces of rows, and adds another; either may be empty.
void CountRow(absl::string_view customer_id, absl::string_view before, absl::string_view after,
              write::Changes& changes);

}  // namespace rapport::churn

#endif  // RAPPORT_SERVICES_CHURN_SERVICE_SHARED_RECORD_H_

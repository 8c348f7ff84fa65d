#ifndef RAPPORT_SERVICES_CHURN_SERVICE_READER_H_
#define RAPPORT_SERVICES_CHURN_SERVICE_READER_H_

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/store/store.h"
#include "rapport/churn/storage/v1/storage.pb.h"
#include "rapport/churn/v1/activities.pb.h"

namespace rapport::churn {

// The entities of a customer; all of them lie in PartitionOf the customer's id.
store::Key RecordKey(absl::string_view customer_id);
store::Key ActivityKey(absl::string_view customer_id, absl::string_view activity_id);

// The table whose fields are the ids of a customer's stored activities: what there is to erase.
std::string ActivityIdsTable(absl::string_view customer_id);

// DATA_LOSS when the bytes are no record.
absl::StatusOr<storage::v1::CustomerRecord> UnpackRecord(absl::string_view customer_id, const std::string& bytes);

// A record as it was stored, with features past the most that keep their name folded; an empty one of none.
absl::StatusOr<storage::v1::CustomerRecord> ReadRecord(absl::string_view customer_id, const store::Entity& entity);

// Reads what the recorder wrote. Thread-safe; blocks on the store.
class Reader {
 public:
  // `store` must outlive the reader. `clock` tells what is now, for all that depends on it.
  explicit Reader(store::Store& store, std::function<absl::Time()> clock = absl::Now)
      : store_(store), clock_(std::move(clock)) {}

  // The stored bytes of the records of these customers with their versions, in order and one round trip: for
  // ReadRecord. Version 0 for an unknown id.
  absl::StatusOr<std::vector<store::Entity>> LoadRecordEntities(absl::string_view tenant,
                                                                const std::vector<std::string>& ids);

  // The records of these customers, in order and one round trip; an empty one for an unknown id. See ReadRecord.
  absl::StatusOr<std::vector<storage::v1::CustomerRecord>> LoadRecords(absl::string_view tenant,
                                                                       const std::vector<std::string>& ids);

  // These activities of a customer, in order and one round trip, with all ids; a default one for an unknown id.
  absl::StatusOr<std::vector<v1::Activity>> LoadActivities(absl::string_view tenant, absl::string_view customer_id,
                                                           const std::vector<std::string>& activity_ids);

  // Where everything about a customer lies.
  store::Partition PartitionOfCustomer(absl::string_view tenant, absl::string_view customer_id) const;

  absl::Time Now() const { return clock_(); }
  store::Store& store() { return store_; }

 private:
  store::Store& store_;
  const std::function<absl::Time()> clock_;
};

}  // namespace rapport::churn

#endif  // RAPPORT_SERVICES_CHURN_SERVICE_READER_H_

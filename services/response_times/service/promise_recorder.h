#ifndef RAPPORT_SERVICES_RESPONSE_TIMES_SERVICE_PROMISE_RECORDER_H_
#define RAPPORT_SERVICES_RESPONSE_TIMES_SERVICE_PROMISE_RECORDER_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/rollup/dictionary.h"
#include "common/service/tenants.h"
#include "common/store/store.h"
#include "common/write/write_path.h"
#include "rapport/response_times/storage/v1/storage.pb.h"
#include "rapport/response_times/v1/promises.pb.h"
#include "services/response_times/service/response_times_metrics.h"

namespace rapport::response_times {

// The entity of a person's promise.
store::Key PromiseKey(absl::string_view promise_id);
// DATA_LOSS when the bytes are no record.
absl::StatusOr<storage::v1::PromiseRecord> UnpackPromise(absl::string_view promise_id, const std::string& bytes);

// Takes what people promise into the store, through the write path. Thread-safe; does not block.
class PromiseRecorder {
 public:
  // All must outlive the recorder.
  PromiseRecorder(write::WritePath& path, rollup::Dictionary& dictionary, service::Tenants& tenants,
                  uint32_t partition_count, ResponseTimesMetrics& metrics, std::function<absl::Time()> clock);

  // Called once: with the promise as it stands when what was said of it is durable, else with INVALID_ARGUMENT or an
  // error of the write path.
  using Done = std::function<void(absl::StatusOr<v1::Promise>)>;

  void Make(absl::string_view tenant, absl::Time deadline, const v1::MakePromiseRequest& request, const Done& done);
  void Keep(absl::string_view tenant, absl::Time deadline, const v1::KeepPromiseRequest& request, const Done& done);
  void Cancel(absl::string_view tenant, absl::Time deadline, const v1::CancelPromiseRequest& request, const Done& done);

  // Erases those of these promises that were made to a customer. `done` gets how many.
  void Erase(absl::string_view tenant, absl::string_view customer_id, const std::vector<std::string>& promise_ids,
             const std::function<void(absl::StatusOr<int64_t>)>& done);

 private:
  write::WritePath& path_;
  rollup::Dictionary& dictionary_;
  service::Tenants& tenants_;
  const uint32_t partition_count_;
  ResponseTimesMetrics& metrics_;
  const std::function<absl::Time()> clock_;
};

}  // namespace rapport::response_times

#endif  // RAPPORT_SERVICES_RESPONSE_TIMES_SERVICE_PROMISE_RECORDER_H_

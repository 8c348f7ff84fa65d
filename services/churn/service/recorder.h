#ifndef RAPPORT_SERVICES_CHURN_SERVICE_RECORDER_H_
#define RAPPORT_SERVICES_CHURN_SERVICE_RECORDER_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/store/store.h"
#include "common/write/write_path.h"
#include "rapport/churn/v1/activities.pb.h"
#include "services/churn/service/churn_metrics.h"

namespace rapport::service {
class Tenants;
}

namespace rapport::churn {

// Records activities through the write path. Thread-safe; does not block.
class Recorder {
 public:
  // All must outlive the recorder.
  Recorder(write::WritePath& path, service::Tenants& tenants, store::Store& store, ChurnMetrics& metrics,
           std::function<absl::Time()> clock);

  // Records activities with one result each, in order. `done` gets OK when all results are final, or the error that
  // failed the call as a whole, RESOURCE_EXHAUSTED above all. Activities and results must live until then.
  void Record(absl::string_view tenant, absl::Time deadline, const std::vector<const v1::Activity*>& activities,
              const std::vector<v1::ActivityResult*>& results, const std::function<void(absl::Status)>& done);

  // Forgets a customer, at first all that shows, then activity by activity; `done` gets how many activities were
  // erased. After an error, erase again.
  void Erase(absl::string_view tenant, absl::string_view customer_id,
             const std::function<void(absl::StatusOr<int64_t>)>& done);

 private:
  write::WritePath& path_;
  service::Tenants& tenants_;
  store::Store& store_;
  ChurnMetrics& metrics_;
  const std::function<absl::Time()> clock_;
};

}  // namespace rapport::churn

#endif  // RAPPORT_SERVICES_CHURN_SERVICE_RECORDER_H_

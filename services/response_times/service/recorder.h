#ifndef RAPPORT_SERVICES_RESPONSE_TIMES_SERVICE_RECORDER_H_
#define RAPPORT_SERVICES_RESPONSE_TIMES_SERVICE_RECORDER_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/rollup/dictionary.h"
#include "common/service/tenants.h"
#include "common/store/store.h"
#include "common/write/write_path.h"
#include "rapport/response_times/v1/conversations.pb.h"
#include "services/response_times/service/resource_store.h"
#include "services/response_times/service/response_times_metrics.h"

namespace rapport::response_times {

// The entity of a conversation.
store::Key ConversationKey(absl::string_view conversation_id);

// Records events through the write path. Thread-safe; does not block.
class Recorder {
 public:
  // All must outlive the recorder.
  Recorder(write::WritePath& path, rollup::Dictionary& dictionary, ResourceStore& resources, service::Tenants& tenants,
           uint32_t partition_count, ResponseTimesMetrics& metrics, std::function<absl::Time()> clock);

  // Records events with one result each, in order. `done` gets OK when all results are final, or the error that failed
  // the call as a whole, RESOURCE_EXHAUSTED above all. Events and results must live until then.
  void Record(absl::string_view tenant, absl::Time deadline, const std::vector<const v1::ConversationEvent*>& events,
              const std::vector<v1::EventResult*>& results, const std::function<void(absl::Status)>& done);

  // Takes a customer out of these conversations. `done` gets how many had something to take out.
  void Erase(absl::string_view tenant, absl::string_view customer_id, const std::vector<std::string>& conversation_ids,
             const std::function<void(absl::StatusOr<int64_t>)>& done);

 private:
  write::WritePath& path_;
  rollup::Dictionary& dictionary_;
  ResourceStore& resources_;
  service::Tenants& tenants_;
  const uint32_t partition_count_;
  ResponseTimesMetrics& metrics_;
  const std::function<absl::Time()> clock_;
};

}  // namespace rapport::response_times

#endif  // RAPPORT_SERVICES_RESPONSE_TIMES_SERVICE_RECORDER_H_

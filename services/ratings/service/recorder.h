#ifndef RAPPORT_SERVICES_RATINGS_SERVICE_RECORDER_H_
#define RAPPORT_SERVICES_RATINGS_SERVICE_RECORDER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/rollup/dictionary.h"
#include "common/write/write_path.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "rapport/ratings/v1/ratings.pb.h"
#include "services/ratings/service/ratings_metrics.h"

namespace rapport::ratings {

// Ratings in the collection of records, and the stream that tells of changes.
store::Key RecordKey(absl::string_view rating_id);
inline constexpr absl::string_view kChangeStream = "w";
// The ids in an entry of the stream, each behind its length in one byte.
std::vector<std::string> ChangedIds(absl::string_view entry);

// Takes ratings and surveys into the store: validates each, hands the good ones to the write path, and answers for all.
// Thread-safe; does not block.
class Recorder {
 public:
  // All must outlive the recorder.
  Recorder(write::WritePath& path, rollup::Dictionary& dictionary, uint32_t partition_count, RatingsMetrics& metrics,
           std::function<absl::Time()> clock);

  using Done = std::function<void(absl::Status)>;

  // Records events with one result each, in order. `done` gets OK when all results are final, or the error that failed
  // the call as a whole, RESOURCE_EXHAUSTED above all. Events and results must live until then.
  void Record(absl::string_view tenant, absl::Time deadline, const std::vector<const v1::Rating*>& ratings,
              const std::vector<v1::ItemResult*>& results, const Done& done);
  void Record(absl::string_view tenant, absl::Time deadline, const std::vector<const v1::Survey*>& surveys,
              const std::vector<v1::ItemResult*>& results, const Done& done);

  // Takes a customer out of these records. `done` gets how many had something to take out.
  void Erase(absl::string_view tenant, absl::string_view customer_id, const std::vector<std::string>& rating_ids,
             const std::function<void(absl::StatusOr<int64_t>)>& done);

 private:
  template <typename Event>
  void RecordAll(absl::string_view tenant, absl::Time deadline, const std::vector<const Event*>& events,
                 const std::vector<v1::ItemResult*>& results, const Done& done);

  write::WritePath& path_;
  rollup::Dictionary& dictionary_;
  const uint32_t partition_count_;
  RatingsMetrics& metrics_;
  const std::function<absl::Time()> clock_;
};

}  // namespace rapport::ratings

#endif  // RAPPORT_SERVICES_RATINGS_SERVICE_RECORDER_H_

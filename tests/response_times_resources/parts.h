#ifndef RAPPORT_TESTS_RESPONSE_TIMES_RESOURCES_PARTS_H_
#define RAPPORT_TESTS_RESPONSE_TIMES_RESOURCES_PARTS_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/metrics/registry.h"
#include "common/rollup/dictionary.h"
#include "common/store/store.h"
#include "common/write/write_path.h"
#include "rapport/response_times/storage/v1/storage.pb.h"
#include "rapport/response_times/v1/promises.pb.h"
#include "services/response_times/service/issue_recorder.h"
#include "services/response_times/service/promise_recorder.h"
#include "services/response_times/service/reader.h"
#include "services/response_times/service/response_times_metrics.h"
#include "tests/support/redis_server.h"
#include "tests/support/temp_dir.h"

namespace rapport::response_times {

inline const std::string kTenant = "acme";

// The parts of the service that keep promises and issues, on a store of their own, with a clock that stands still.
class Parts {
 public:
  explicit Parts(const std::string& engine, int64_t stream_retention = 10'000);
  ~Parts();

  // What is said of a promise, answered when it is durable.
  absl::StatusOr<v1::Promise> Make(const v1::Promise& promise);
  absl::StatusOr<v1::Promise> Keep(const std::string& id, absl::Time at);
  absl::StatusOr<v1::Promise> Cancel(const std::string& id, absl::Time at);
  int64_t ErasePromises(const std::string& customer_id);

  // Stores a conversation as if this had been counted of it.
  void PutConversation(const std::string& id, const storage::v1::Analysis& counted);

  absl::Time now = absl::FromUnixSeconds(1'700'000'000);
  store::Store& store() { return *store_; }
  Reader& reader() { return *reader_; }
  IssueRecorder& issues() { return *issues_; }
  metrics::Registry& registry() { return registry_; }

 private:
  const test_support::TempDir dir_;
  std::unique_ptr<test_support::RedisServer> redis_;
  metrics::Registry registry_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<write::WritePath> path_;
  std::unique_ptr<rollup::Dictionary> dictionary_;
  std::unique_ptr<ResponseTimesMetrics> metrics_;
  std::unique_ptr<Reader> reader_;
  std::unique_ptr<service::Tenants> tenants_;
  std::unique_ptr<PromiseRecorder> promises_;
  std::unique_ptr<IssueRecorder> issues_;
};

}  // namespace rapport::response_times

#endif  // RAPPORT_TESTS_RESPONSE_TIMES_RESOURCES_PARTS_H_

#ifndef RAPPORT_TESTS_CHURN_ACTIVITIES_SERVICE_HARNESS_H_
#define RAPPORT_TESTS_CHURN_ACTIVITIES_SERVICE_HARNESS_H_

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/metrics/registry.h"
#include "common/service/tenants.h"
#include "common/store/store.h"
#include "common/write/write_path.h"
#include "rapport/churn/v1/activities.pb.h"
#include "services/churn/service/churn_metrics.h"
#include "services/churn/service/directory.h"
#include "services/churn/service/reader.h"
#include "services/churn/service/recorder.h"
#include "tests/support/redis_server.h"
#include "tests/support/temp_dir.h"

namespace rapport::churn {

inline constexpr char kTenant[] = "acme";

// What records, reads and lists customers, on a store of its own, with a clock that tests set.
class Harness {
 public:
  // `engine` is "rocksdb" or "redis".
  explicit Harness(absl::Time now, const std::string& engine = "rocksdb", uint32_t partitions = 4);
  // As a replica on the store of another harness, which must outlive this.
  explicit Harness(Harness& first);
  ~Harness();
  Harness(const Harness&) = delete;
  Harness& operator=(const Harness&) = delete;

  void SetNow(absl::Time now) { now_ms_ = absl::ToUnixMillis(now); }
  std::function<absl::Time()> clock() {
    return [this] { return absl::FromUnixMillis(now_ms_); };
  }

  // Records activities in one call and waits for the results. A failure of the test unless the call is answered with
  // OK.
  std::vector<v1::ActivityResult> TryRecord(absl::Span<const v1::Activity> activities,
                                            absl::string_view tenant = kTenant);
  // The same for activities of which none is refused.
  void Record(absl::Span<const v1::Activity> activities, absl::string_view tenant = kTenant);

  // How many activities were erased.
  int64_t Erase(absl::string_view customer_id, absl::string_view tenant = kTenant);

  // How many tables were read from the store.
  int64_t tables_read() const { return tables_read_; }

  metrics::Registry& registry() { return registry_; }
  store::Store& store() { return *store_; }
  write::WritePath& path() { return *path_; }
  service::Tenants& tenants() { return *tenants_; }
  ChurnMetrics& metrics() { return *metrics_; }
  Reader& reader() { return *reader_; }
  Recorder& recorder() { return *recorder_; }
  Directory& directory() { return *directory_; }

 private:
  void Build();

  const test_support::TempDir dir_;
  std::unique_ptr<test_support::RedisServer> redis_;
  std::atomic<int64_t> now_ms_;
  std::atomic<int64_t> tables_read_ = 0;
  metrics::Registry registry_;
  std::shared_ptr<store::Store> shared_store_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<write::WritePath> path_;
  std::unique_ptr<service::Tenants> tenants_;
  std::unique_ptr<ChurnMetrics> metrics_;
  std::unique_ptr<Reader> reader_;
  std::unique_ptr<Recorder> recorder_;
  std::unique_ptr<Directory> directory_;
};

}  // namespace rapport::churn

#endif  // RAPPORT_TESTS_CHURN_ACTIVITIES_SERVICE_HARNESS_H_

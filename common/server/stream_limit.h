#ifndef RAPPORT_COMMON_SERVER_STREAM_LIMIT_H_
#define RAPPORT_COMMON_SERVER_STREAM_LIMIT_H_

#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"

namespace rapport::server {

// Counts the streams that each tenant has open. Thread-safe.
class StreamLimit {
 public:
  // One stream's place, free again when it is destroyed. The limit must outlive it.
  class Place {
   public:
    Place(StreamLimit& limit, absl::string_view tenant) : limit_(limit), tenant_(tenant) {}
    ~Place() { limit_.Leave(tenant_); }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

   private:
    StreamLimit& limit_;
    const std::string tenant_;
  };

  // 0: no limit.
  explicit StreamLimit(int per_tenant) : per_tenant_(per_tenant) {}

  // Null when the tenant has as many open as it may.
  std::unique_ptr<Place> Enter(absl::string_view tenant);

  int per_tenant() const { return per_tenant_; }

 private:
  void Leave(const std::string& tenant);

  const int per_tenant_;
  absl::Mutex mutex_;
  absl::flat_hash_map<std::string, int> open_ ABSL_GUARDED_BY(mutex_);  // without those that have none
};

}  // namespace rapport::server

#endif  // RAPPORT_COMMON_SERVER_STREAM_LIMIT_H_

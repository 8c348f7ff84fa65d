#ifndef RAPPORT_SERVICES_CHURN_SERVICE_PEER_CACHE_H_
#define RAPPORT_SERVICES_CHURN_SERVICE_PEER_CACHE_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "rapport/churn/storage/v1/storage.pb.h"
#include "services/churn/service/reader.h"
#include "services/churn/service/recent.h"

namespace rapport::churn {

// What the other services said of customers, kept in the store for all replicas, and for some seconds in memory, so
// that a customer who is asked for again and again costs no look at the store. Thread-safe; blocks on the store.
class PeerCache {
 public:
  using Answer = std::shared_ptr<const storage::v1::PeerAnswer>;

  // `reader` must outlive the cache. An answer disappears `kept_for` after it was put.
  PeerCache(Reader& reader, absl::Duration kept_for) : reader_(reader), kept_for_(kept_for) {}

  // In the order of the ids; null where nothing is kept. A store that does not answer knows nothing.
  std::vector<Answer> Load(absl::string_view tenant, const std::vector<std::string>& ids);

  // That the store does not take them is no error: they are asked for again.
  void Put(absl::string_view tenant, const std::vector<std::pair<std::string, Answer>>& answers);

 private:
  Reader& reader_;
  const absl::Duration kept_for_;
  Recent<Answer> recent_{absl::Seconds(5)};
};

}  // namespace rapport::churn

#endif  // RAPPORT_SERVICES_CHURN_SERVICE_PEER_CACHE_H_

// Calls of the ratings service.
#include <memory>

#include "common/rollup/dictionary.h"
#include "common/write/write_path.h"
#include "services/ratings/service/ratings_metrics.h"
#include "services/ratings/service/ratings_service.h"
#include "services/ratings/service/reader.h"
#include "services/ratings/service/recorder.h"
#include "tests/fuzz/rpc_target.h"

namespace rapport::fuzz {
namespace {

rollup::DictionaryOptions Dictionaries() {
  return {*rollup::ParseDimensions("agent,team,channel,product,plan,locale"), 8};
}

class ServedRatings final : public Served {
 public:
  ServedRatings(server::RpcRuntime& runtime, store::Store& store, metrics::Registry& registry)
      : path_(store, write::WriteOptions(), nullptr),
        dictionary_(store, Dictionaries()),
        metrics_(registry),
        recorder_(path_, dictionary_, store.partition_count(), metrics_, Now),
        reader_(store, Now),
        service_(runtime, recorder_, reader_, dictionary_, ratings::RatingsOptions{.min_group_size = 2}) {}
  ~ServedRatings() override { path_.Close(); }

  grpc::Service& service() override { return service_; }

 private:
  write::WritePath path_;
  rollup::Dictionary dictionary_;
  ratings::RatingsMetrics metrics_;
  ratings::Recorder recorder_;
  ratings::Reader reader_;
  ratings::RatingsService service_;
};

}  // namespace

const google::protobuf::ServiceDescriptor& ServiceUnderTest() {
  return *google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(
      ratings::v1::RatingsService::service_full_name());
}

std::unique_ptr<Served> Serve(server::RpcRuntime& runtime, store::Store& store, metrics::Registry& registry) {
  return std::make_unique<ServedRatings>(runtime, store, registry);
}

}  // namespace rapport::fuzz

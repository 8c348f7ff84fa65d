// Calls of the response times service.
#include <memory>

#include "common/rollup/dictionary.h"
#include "common/service/tenants.h"
#include "common/write/write_path.h"
#include "services/response_times/service/response_times_metrics.h"
#include "services/response_times/service/response_times_service.h"
#include "tests/fuzz/rpc_target.h"

namespace rapport::fuzz {
namespace {

rollup::DictionaryOptions Dictionaries() {
  return {*rollup::ParseDimensions("agent,team,channel,plan"), 8};
}

class ServedResponseTimes final : public Served {
 public:
  ServedResponseTimes(server::RpcRuntime& runtime, store::Store& store, metrics::Registry& registry)
      : path_(store, write::WriteOptions(), nullptr),
        dictionary_(store, Dictionaries()),
        metrics_(registry),
        resources_(store, Now),
        tenants_(store),
        recorder_(path_, dictionary_, resources_, tenants_, store.partition_count(), metrics_, Now),
        promises_(path_, dictionary_, tenants_, store.partition_count(), metrics_, Now),
        reader_(store, Now),
        issues_(path_, reader_, Now),
        service_(runtime, {recorder_, promises_, issues_, resources_, reader_, dictionary_},
                 response_times::ResponseTimesOptions{.min_group_size = 2}) {}
  ~ServedResponseTimes() override { path_.Close(); }

  grpc::Service& service() override { return service_; }

 private:
  write::WritePath path_;
  rollup::Dictionary dictionary_;
  response_times::ResponseTimesMetrics metrics_;
  response_times::ResourceStore resources_;
  service::Tenants tenants_;
  response_times::Recorder recorder_;
  response_times::PromiseRecorder promises_;
  response_times::Reader reader_;
  response_times::IssueRecorder issues_;
  response_times::ResponseTimesService service_;
};

}  // namespace

const google::protobuf::ServiceDescriptor& ServiceUnderTest() {
  return *google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(
      response_times::v1::ResponseTimesService::service_full_name());
}

std::unique_ptr<Served> Serve(server::RpcRuntime& runtime, store::Store& store, metrics::Registry& registry) {
  return std::make_unique<ServedResponseTimes>(runtime, store, registry);
}

}  // namespace rapport::fuzz

#include <atomic>

#include "tests/store/store_contract.h"
#include "tests/support/temp_dir.h"

namespace rapport::store {
namespace {

class RocksDbEnvironment final : public StoreEnvironment {
 public:
  std::string url() const override { return "rocksdb:" + dir_.path() + "/data"; }
  void Pass(absl::Duration duration) override { passed_ms_ += absl::ToInt64Milliseconds(duration); }
  absl::Time Now() const override { return absl::FromUnixMillis(1'700'000'000'000 + passed_ms_); }

 private:
  const test_support::TempDir dir_;
  std::atomic<int64_t> passed_ms_ = 0;
};

INSTANTIATE_TEST_SUITE_P(RocksDb, StoreContract, testing::Values(+[]() -> std::unique_ptr<StoreEnvironment> {
                           return std::make_unique<RocksDbEnvironment>();
                         }),
                         [](const auto&) { return "Store"; });

}  // namespace
}  // namespace rapport::store

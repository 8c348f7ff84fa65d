#include "common/store/rocksdb_operators.h"

#include <rocksdb/compaction_filter.h>
#include <rocksdb/merge_operator.h>

#include <deque>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "common/store/rocksdb_format.h"

namespace rapport::store {
namespace {

// Summing up is left to RocksDbStore, which knows how much a table has grown: done here it would be repeated by every
// read.
class CounterLogMerge final : public rocksdb::MergeOperator {
 public:
  bool FullMergeV2(const MergeOperationInput& in, MergeOperationOutput* out) const override {
    size_t size = in.existing_value == nullptr ? 0 : in.existing_value->size();
    for (const rocksdb::Slice& operand : in.operand_list) size += operand.size();
    out->new_value.clear();
    out->new_value.reserve(size);
    if (in.existing_value != nullptr) out->new_value.append(in.existing_value->data(), in.existing_value->size());
    for (const rocksdb::Slice& operand : in.operand_list) out->new_value.append(operand.data(), operand.size());
    return true;
  }

  bool PartialMergeMulti(const rocksdb::Slice& /*key*/, const std::deque<rocksdb::Slice>& operands, std::string* merged,
                         rocksdb::Logger* /*log*/) const override {
    merged->clear();
    for (const rocksdb::Slice& operand : operands) merged->append(operand.data(), operand.size());
    return true;
  }

  const char* Name() const override { return "rapport.CounterLog"; }
};

class ExpiryFilter final : public rocksdb::CompactionFilter {
 public:
  explicit ExpiryFilter(absl::Time now) : now_(now) {}

  bool Filter(int /*level*/, const rocksdb::Slice& /*key*/, const rocksdb::Slice& value, std::string* /*new_value*/,
              bool* /*value_changed*/) const override {
    return HasExpired(absl::string_view(value.data(), value.size()), now_);
  }

  const char* Name() const override { return "rapport.Expiry"; }

 private:
  const absl::Time now_;
};

class ExpiryFilterFactory final : public rocksdb::CompactionFilterFactory {
 public:
  explicit ExpiryFilterFactory(std::function<absl::Time()> clock) : clock_(std::move(clock)) {}

  std::unique_ptr<rocksdb::CompactionFilter> CreateCompactionFilter(
      const rocksdb::CompactionFilter::Context& /*context*/) override {
    return std::make_unique<ExpiryFilter>(clock_());
  }

  const char* Name() const override { return "rapport.ExpiryFactory"; }

 private:
  const std::function<absl::Time()> clock_;
};

}  // namespace

std::shared_ptr<rocksdb::MergeOperator> MakeCounterLogMerge() {
  return std::make_shared<CounterLogMerge>();
}

std::shared_ptr<rocksdb::CompactionFilterFactory> MakeExpiryFilter(std::function<absl::Time()> clock) {
  return std::make_shared<ExpiryFilterFactory>(std::move(clock));
}

}  // namespace rapport::store

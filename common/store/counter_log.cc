#include "common/store/counter_log.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/store/varint.h"
#include "common/store/wrapping.h"

namespace rapport::store {
namespace {

uint64_t ZigZag(int64_t value) {
  return (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63);
}
int64_t UnZigZag(uint64_t value) {
  return static_cast<int64_t>((value >> 1) ^ (~(value & 1) + 1));
}

using Sums = absl::flat_hash_map<absl::string_view, int64_t>;

absl::Status SumInto(const CounterLog& log, Sums& sums) {
  return log.ForEach([&sums](absl::string_view field, int64_t delta) {
    int64_t& sum = sums[field];
    sum = WrappingAdd(sum, delta);
  });
}

}  // namespace

void CounterLog::Add(absl::string_view field, int64_t delta) {
  AppendVarint(field.size(), bytes_);
  bytes_.append(field.data(), field.size());
  AppendVarint(ZigZag(delta), bytes_);
}

absl::Status CounterLog::ForEach(absl::FunctionRef<void(absl::string_view field, int64_t delta)> visit) const {
  absl::string_view rest = bytes_;
  while (!rest.empty()) {
    const size_t offset = bytes_.size() - rest.size();
    uint64_t size = 0;
    uint64_t delta = 0;
    if (!ConsumeVarint(rest, size) || size > rest.size()) {
      return absl::DataLossError(absl::StrCat("counter log is damaged at byte ", offset, " of ", bytes_.size()));
    }
    const absl::string_view field = rest.substr(0, size);
    rest.remove_prefix(size);
    if (!ConsumeVarint(rest, delta)) {
      return absl::DataLossError(absl::StrCat("counter log is damaged at byte ", offset, " of ", bytes_.size()));
    }
    visit(field, UnZigZag(delta));
  }
  return absl::OkStatus();
}

absl::flat_hash_map<std::string, int64_t> CounterLog::Sum() const {
  Sums sums;
  SumInto(*this, sums).IgnoreError();
  absl::flat_hash_map<std::string, int64_t> result;
  result.reserve(sums.size());
  for (const auto& [field, sum] : sums) {
    if (sum != 0) result.emplace(field, sum);
  }
  return result;
}

absl::Status CounterLog::Compact() {
  Sums sums;
  if (absl::Status status = SumInto(*this, sums); !status.ok()) return status;
  std::vector<std::pair<absl::string_view, int64_t>> sorted(sums.begin(), sums.end());
  std::sort(sorted.begin(), sorted.end());
  CounterLog compacted;
  compacted.bytes_.reserve(bytes_.size());
  for (const auto& [field, sum] : sorted) {
    if (sum != 0) compacted.Add(field, sum);
  }
  compacted.bytes_.shrink_to_fit();
  bytes_ = std::move(compacted.bytes_);
  return absl::OkStatus();
}

}  // namespace rapport::store

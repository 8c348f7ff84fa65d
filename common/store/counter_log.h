#ifndef RAPPORT_COMMON_STORE_COUNTER_LOG_H_
#define RAPPORT_COMMON_STORE_COUNTER_LOG_H_

#include <cstdint>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace rapport::store {

// Signed increments of named counters as bytes: a run of (field, delta) records, each a varint length, the field's
// bytes and a zigzag varint. Concatenation is addition, so that a table of counters is the concatenation of everything
// ever added to it; Compact() sums up without changing what it stands for.
class CounterLog {
 public:
  CounterLog() = default;
  explicit CounterLog(std::string bytes) : bytes_(std::move(bytes)) {}

  void Add(absl::string_view field, int64_t delta);
  void Append(const CounterLog& other) { bytes_ += other.bytes_; }

  // Calls `visit` for every record. A field may come up several times: sum its deltas. DATA_LOSS when the bytes are
  // not a log; `visit` was then called for the records before the damage.
  absl::Status ForEach(absl::FunctionRef<void(absl::string_view field, int64_t delta)> visit) const;

  // The sums of all fields, without those that are 0.
  absl::flat_hash_map<std::string, int64_t> Sum() const;

  // The same counters as the shortest log: each field once, ascending, none with 0. DATA_LOSS as in ForEach.
  absl::Status Compact();

  bool empty() const { return bytes_.empty(); }
  const std::string& bytes() const { return bytes_; }
  std::string&& release() && { return std::move(bytes_); }

 private:
  std::string bytes_;
};

}  // namespace rapport::store

#endif  // RAPPORT_COMMON_STORE_COUNTER_LOG_H_

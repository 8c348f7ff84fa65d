#ifndef RAPPORT_TESTS_CHURN_QUERIES_LIVES_H_
#define RAPPORT_TESTS_CHURN_QUERIES_LIVES_H_

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "rapport/churn/storage/v1/storage.pb.h"

// Lives of customers for tests, and what figures need of them, looked up in the plainest way.
namespace rapport::churn {

inline constexpr int64_t kHourMs = 3'600'000;
inline constexpr int64_t kDayMs = 24 * kHourMs;

using Random = std::mt19937;

// From 0 to below `n`.
int64_t Below(Random& random, int64_t n);

// A customer who comes, changes and leaves within [0, span_ms), in steps of an hour. Of few plans, owners, countries,
// currencies and topics, some of them missing.
storage::v1::CustomerRow RandomLife(Random& random, const std::string& customer_id, int64_t span_ms);
std::vector<storage::v1::CustomerRow> RandomLives(uint32_t seed, int count, int64_t span_ms);

// What a customer is at a moment.
struct Snapshot {
  std::optional<int64_t> active_since;  // of who is active
  int64_t minor = 0;                    // 0 unless active
  std::string currency;                 // empty without revenue
  std::string plan;
};
Snapshot SnapshotAt(const storage::v1::CustomerRow& row, int64_t moment_ms);
std::string ValueAt(const storage::v1::CustomerRow& row, absl::string_view key, int64_t moment_ms);

}  // namespace rapport::churn

#endif  // RAPPORT_TESTS_CHURN_QUERIES_LIVES_H_

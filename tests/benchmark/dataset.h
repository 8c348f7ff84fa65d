#ifndef RAPPORT_TESTS_BENCHMARK_DATASET_H_
#define RAPPORT_TESTS_BENCHMARK_DATASET_H_

#include <cstdint>
#include <string>

#include "rapport/ratings/v1/ratings.pb.h"

// The ratings of a month: November 2025 in UTC, 20,000 customers, 50 agents, 5 channels, 3 plans, CSAT_5, no comments.
namespace rapport::benchmark {

inline constexpr int64_t kFirstSecond = 1761955200;  // 2025-11-01T00:00:00Z
inline constexpr int64_t kDays = 30;

struct Row {
  std::string rating_id;
  std::string customer_id;
  std::string agent_id;
  std::string channel;
  std::string plan;
  std::string conversation_id;
  int score = 0;
  int64_t occurred_ms = 0;
};

// Rating number `index` of `count`, which are spread over the month in order of time. The same for the same arguments;
// ids begin with `prefix`.
Row MakeRow(const std::string& prefix, int64_t index, int64_t count);

ratings::v1::Rating ToRating(const Row& row);

}  // namespace rapport::benchmark

#endif  // RAPPORT_TESTS_BENCHMARK_DATASET_H_

#ifndef RAPPORT_SERVICES_RESPONSE_TIMES_CORE_FIGURES_H_
#define RAPPORT_SERVICES_RESPONSE_TIMES_CORE_FIGURES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/stats/proportion.h"
#include "common/stats/sketch.h"
#include "rapport/response_times/v1/promises.pb.h"
#include "rapport/response_times/v1/response_times.pb.h"

// Counts to figures. The rules behind their definition ids stand in the README.
namespace rapport::response_times {

// `response_times.first_response_time.within.v1` for METRIC_FIRST_RESPONSE_TIME and `within`.
std::string DefinitionId(v1::Metric metric, absl::string_view rule);

// The stretches of one metric on one clock.
struct TimeCounts {
  stats::BucketCounts answered;
  int64_t sum_ms = 0;             // of those answered
  std::optional<int64_t> max_ms;  // of those answered, if it was looked for
  std::vector<int64_t> open_ms;   // what each open one shows now

  void Add(const TimeCounts& other);
};

struct TimeOptions {
  std::vector<double> quantiles;       // each above 0 and below 1
  std::vector<int64_t> thresholds_ms;  // of `within`
  double confidence = 0.95;
  bool histogram = false;
};

v1::TimeFigures MakeTimeFigures(v1::Metric metric, v1::Clock clock, const TimeCounts& counts,
                                const TimeOptions& options);

// Sets the comparison with the period before on mean and `within`; quantiles are not compared. `before` and `now` are
// what `previous` and `figures` were made of; without anything before, they are empty. What `previous` withholds of
// its observations is not compared, as that would give it away.
void CompareTimes(const v1::TimeFigures& previous, const TimeCounts& before, const TimeCounts& now,
                  const TimeOptions& options, v1::TimeFigures* figures);

// Answered in at most `threshold_ms`, of those answered and those open for longer.
struct Within {
  stats::Proportion proportion;
  int64_t uncertain = 0;  // of those answered
  int64_t censored = 0;   // open, and not for longer
};
Within CountWithin(const stats::Sketch& answered, const std::vector<int64_t>& open_ms, int64_t threshold_ms);

// Sets "slower than this share of answers": those that took less than `duration_ms`.
void SetShareRank(v1::Metric metric, const TimeCounts& counts, int64_t duration_ms, double confidence,
                  v1::GetShareRankResponse* response);

// Conversations that customers began.
struct ConversationCounts {
  int64_t begun = 0;
  int64_t resolved = 0;
  int64_t reopenings = 0;
  int64_t resolved_reopened = 0;
  int64_t one_touch = 0;

  void Add(const ConversationCounts& other);
};
v1::ConversationFigures MakeConversationFigures(const ConversationCounts& counts, double confidence);
void CompareConversations(const v1::ConversationFigures& previous, const ConversationCounts& before,
                          const ConversationCounts& now, double confidence, v1::ConversationFigures* figures);

// Promises by where they stand.
struct PromiseCounts {
  int64_t kept = 0;
  int64_t kept_late = 0;
  int64_t broken = 0;
  int64_t pending = 0;
  int64_t cancelled = 0;

  void Add(const PromiseCounts& other);
  // Counts promises in a state, or takes them back when `times` is negative.
  void Add(v1::PromiseState state, int64_t times);
  int64_t all() const { return kept + kept_late + broken + pending + cancelled; }
};
// Sets all but bucket and group.
void SetPromiseFigures(const PromiseCounts& counts, double confidence, v1::PromiseRow* row);
void ComparePromises(const v1::PromiseRow& previous, const PromiseCounts& before, const PromiseCounts& now,
                     double confidence, v1::PromiseRow* row);

// What of one customer: `answered` are buckets of calendar time.
v1::CustomerTimes MakeCustomerTimes(v1::Metric metric, const stats::BucketCounts& answered, double confidence);

}  // namespace rapport::response_times

#endif  // RAPPORT_SERVICES_RESPONSE_TIMES_CORE_FIGURES_H_

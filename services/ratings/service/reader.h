#ifndef RAPPORT_SERVICES_RATINGS_SERVICE_READER_H_
#define RAPPORT_SERVICES_RATINGS_SERVICE_READER_H_

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/rollup/count_query.h"
#include "common/store/store.h"
#include "common/time/interval.h"
#include "rapport/ratings/storage/v1/storage.pb.h"
#include "services/ratings/core/facts.h"

namespace rapport::ratings {

// Reads what the recorder wrote, from all partitions. Thread-safe; blocks on the store.
class Reader {
 public:
  // `store` must outlive the reader. `clock` bounds what is looked for: nothing is recorded later than it, but for the
  // tolerance.
  explicit Reader(store::Store& store, std::function<absl::Time()> clock = absl::Now)
      : store_(store), clock_(std::move(clock)) {}

  // Reads only what no failover takes back: for what is acknowledged because of what was read.
  Reader Lasting() const {
    Reader reader(store_, clock_);
    reader.lasting_ = true;
    return reader;
  }

  // The records under these ids, in order; an empty one for an unknown id.
  absl::StatusOr<std::vector<storage::v1::RatingRecord>> LoadRecords(absl::string_view tenant,
                                                                     const std::vector<std::string>& rating_ids);

  // Calls `visit` for each fact of the UTC days that `range` touches, by day, in no order within one. A fact can come
  // up several times, with counts that sum up to 0 or 1. Facts outside the range are left out.
  absl::Status ForEachFact(absl::string_view tenant, const Interval& range,
                           absl::FunctionRef<void(int64_t day, const Fact& fact, int64_t count)> visit);

  // The facts of one UTC day, each once: as bytes (see DecodeFact), in the order of time.
  absl::StatusOr<std::vector<std::string>> FactsOfDay(absl::string_view tenant, int64_t day);

  // Calls `visit` for each day of each of these customers, also of others who share their tables. Counts sum up.
  absl::Status ForEachCustomerDay(absl::string_view tenant, const std::vector<std::string>& customer_ids,
                                  absl::FunctionRef<void(const CustomerDay& day, int64_t count)> visit);

  // The part of an interval that can hold anything; it can be empty.
  Interval Bounded(const Interval& interval) const;

  // Feeds a query with the tables and fragments that it names.
  absl::Status Answer(absl::string_view tenant, rollup::CountQuery& query);

  store::Store& store() { return store_; }

 private:
  store::Store& store_;
  const std::function<absl::Time()> clock_;
  bool lasting_ = false;
};

// When a fact of this day happened.
absl::Time TimeOf(int64_t day, const Fact& fact);

}  // namespace rapport::ratings

#endif  // RAPPORT_SERVICES_RATINGS_SERVICE_READER_H_

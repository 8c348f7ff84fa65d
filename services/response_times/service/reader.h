#ifndef RAPPORT_SERVICES_RESPONSE_TIMES_SERVICE_READER_H_
#define RAPPORT_SERVICES_RESPONSE_TIMES_SERVICE_READER_H_

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
#include "rapport/response_times/storage/v1/storage.pb.h"

namespace rapport::response_times {

// Reads what the recorder wrote, from all partitions. Thread-safe; blocks on the store.
class Reader {
 public:
  // `store` must outlive the reader. `clock` tells what is now, for all that depends on it.
  explicit Reader(store::Store& store, std::function<absl::Time()> clock = absl::Now)
      : store_(store), clock_(std::move(clock)) {}

  // Reads only what no failover takes back: for what is acknowledged because of what was read.
  Reader Lasting() const {
    Reader reader(store_, clock_);
    reader.lasting_ = true;
    return reader;
  }

  // The records of these conversations, in order; an empty one for an unknown id.
  absl::StatusOr<std::vector<storage::v1::ConversationRecord>> LoadConversations(absl::string_view tenant,
                                                                                 const std::vector<std::string>& ids);

  // Calls `visit` for each row of these tables with its count, which is positive; in no order. Rows live for the call
  // only.
  absl::Status ForEachRow(absl::string_view tenant, const std::vector<std::string>& tables,
                          absl::FunctionRef<void(absl::string_view row, int64_t count)> visit);

  // The same for rows of one type, decoded: Decode is one of facts.h and promise_counting.h. DATA_LOSS for a row that
  // is none.
  template <auto Decode, typename Visit>
  absl::Status ForEach(absl::string_view tenant, const std::vector<std::string>& tables, const Visit& visit) {
    bool damaged = false;
    const absl::Status read = ForEachRow(tenant, tables, [&](absl::string_view row, int64_t count) {
      const auto fact = Decode(row);
      damaged = damaged || !fact;
      if (fact) visit(*fact, count);
    });
    return read.ok() && damaged ? Damaged(tables) : read;
  }

  // Feeds a query with the tables and fragments that it names; fragments from stretches and conversations, not from
  // promises.
  absl::Status Answer(absl::string_view tenant, rollup::CountQuery& query);

  // The part of an interval that can hold anything that has happened; it can be empty.
  Interval Bounded(const Interval& interval) const;

  absl::Time Now() const { return clock_(); }
  store::Store& store() { return store_; }

 private:
  static absl::Status Damaged(const std::vector<std::string>& tables);

  store::Store& store_;
  const std::function<absl::Time()> clock_;
  bool lasting_ = false;
};

// The names of the tables, by `table_of`, of the UTC days that an interval touches.
std::vector<std::string> TablesOfDays(const Interval& interval, absl::FunctionRef<std::string(int64_t day)> table_of);

}  // namespace rapport::response_times

#endif  // RAPPORT_SERVICES_RESPONSE_TIMES_SERVICE_READER_H_

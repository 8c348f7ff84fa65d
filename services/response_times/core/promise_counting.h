#ifndef RAPPORT_SERVICES_RESPONSE_TIMES_CORE_PROMISE_COUNTING_H_
#define RAPPORT_SERVICES_RESPONSE_TIMES_CORE_PROMISE_COUNTING_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/rollup/dimensions.h"
#include "common/write/changes.h"
#include "rapport/response_times/storage/v1/storage.pb.h"
#include "rapport/response_times/v1/promises.pb.h"
#include "services/response_times/core/promise.h"

// How promises of both origins are counted. Four things hold them:
//
// Roll-ups (promise_measures.h) count those that are kept or cancelled, at the moment at which they were due.
//
// Open promises: a row each, in a table per UTC month in which they are due (paused ones: would have been due). Whether
// one is pending or broken depends on the time of the question.
//
// The index kPromiseIndex has the id of every promise but the paused ones, scored with when it is due.
//
// Customers' promises: a row each of a person's promise, and of a target's one while it is open; those of targets that
// are kept or cancelled share rows by day. Spread by customer over 1,024 tables.
//
// A row that is there has its count.
namespace rapport::response_times {

inline constexpr absl::string_view kPromiseIndex = "p";

// A promise as it is counted, whoever made it.
struct CountedPromise {
  std::string id;
  PromiseMoments moments;
  v1::PromiseOrigin origin = v1::PROMISE_ORIGIN_UNSPECIFIED;
  rollup::Codes codes{};
  std::string customer_id;
};

// Nothing when the promise was not made, or erased.
std::optional<CountedPromise> CountedOf(absl::string_view promise_id, const storage::v1::PromiseRecord& record);
CountedPromise CountedOf(absl::string_view conversation_id, absl::string_view customer_id,
                         const storage::v1::TargetPromise& promise);

// Counts a promise (`sign` 1), or takes it back exactly as it was counted (-1).
void CountPromise(const CountedPromise& promise, int sign, write::Changes& changes);

// Names in an entry of the change stream each promise of a conversation that is new, or stands otherwise than before.
void TellOfPromises(absl::string_view conversation_id, const storage::v1::Analysis& before,
                    const storage::v1::Analysis& after, std::string& entry);

struct OpenPromise {
  int64_t due_ms = 0;
  v1::PromiseOrigin origin = v1::PROMISE_ORIGIN_UNSPECIFIED;
  bool paused = false;
  rollup::Codes codes{};
  absl::string_view customer_id;
  absl::string_view promise_id;
};

// PENDING or BROKEN.
v1::PromiseState StateOf(const OpenPromise& promise, int64_t now_ms);

// The table of promises due in the UTC month that holds `due`.
std::string OpenPromiseTable(absl::Time due);
std::string EncodeOpenPromise(const OpenPromise& promise);
// Points into `bytes`. Nothing when they are none.
std::optional<OpenPromise> DecodeOpenPromise(absl::string_view bytes);

struct CustomerPromise {
  absl::string_view customer_id;
  // KEPT, KEPT_LATE or CANCELLED; nothing while it is open.
  std::optional<v1::PromiseState> final_state;
  bool paused = false;
  // When it is due; where rows are shared, the start of that UTC day.
  int64_t due_ms = 0;
  // Of a person's promise; else empty.
  absl::string_view promise_id;
};

v1::PromiseState StateOf(const CustomerPromise& promise, int64_t now_ms);

// The table with the promises to this customer, and to others.
std::string CustomerPromiseTable(absl::string_view customer_id);
std::string EncodeCustomerPromise(const CustomerPromise& promise);
// Points into `bytes`. Nothing when they are none.
std::optional<CustomerPromise> DecodeCustomerPromise(absl::string_view bytes);

}  // namespace rapport::response_times

#endif  // RAPPORT_SERVICES_RESPONSE_TIMES_CORE_PROMISE_COUNTING_H_

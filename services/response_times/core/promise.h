#ifndef RAPPORT_SERVICES_RESPONSE_TIMES_CORE_PROMISE_H_
#define RAPPORT_SERVICES_RESPONSE_TIMES_CORE_PROMISE_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "rapport/response_times/storage/v1/storage.pb.h"
#include "rapport/response_times/v1/promises.pb.h"

// Where promises stand: those that response targets make by themselves, and those that people make. All moments are in
// milliseconds since 1970-01-01 UTC.
namespace rapport::response_times {

// What decides where a promise stands.
struct PromiseMoments {
  int64_t due_ms = 0;                        // of a paused clock, when it would have been at the pause
  std::optional<int64_t> remaining_ms = {};  // on the paused clock of a target
  std::optional<int64_t> kept_ms = {};
  std::optional<int64_t> cancelled_ms = {};

  // A clock that is paused after the promise was due changes nothing any more.
  bool IsPaused() const { return remaining_ms.value_or(0) > 0; }
};

PromiseMoments MomentsOf(const storage::v1::TargetPromise& promise);
// The record has a promise.
PromiseMoments MomentsOf(const storage::v1::PromiseRecord& record);

// KEPT, KEPT_LATE or CANCELLED, whatever the time is; nothing while it is open. It is kept in time until the moment it
// is due, that included, and cancelled only up to then and earlier than it was kept.
std::optional<v1::PromiseState> FinalState(const PromiseMoments& moments);

// An open promise is PENDING until it is due and while its clock is paused, then BROKEN.
v1::PromiseState StateOf(const PromiseMoments& moments, int64_t now_ms);

// What is said about a promise of a person. The record depends on the set of what was said alone, not on its order; it
// can be kept or cancelled before it is made. Each tells whether the record changed.
//
// The largest revision counts, among equal ones the larger bytes. `stated` needs no codes yet: see SetCodes.
bool AddRevision(const v1::Promise& stated, storage::v1::PromiseRecord& record);
// The earliest moment counts.
bool AddKept(int64_t kept_ms, storage::v1::PromiseRecord& record);
bool AddCancelled(int64_t cancelled_ms, storage::v1::PromiseRecord& record);
// Takes everything out when the promise was made to this customer, and marks the record.
bool EraseCustomer(absl::string_view customer_id, storage::v1::PromiseRecord& record);

// As answers show it. Without `made_at` and state while it was not made.
v1::Promise Present(absl::string_view promise_id, const storage::v1::PromiseRecord& record, int64_t now_ms);
v1::Promise Present(absl::string_view conversation_id, absl::string_view customer_id,
                    const storage::v1::TargetPromise& promise, int64_t now_ms);

// `CONVERSATION/POLICY/METRIC/NUMBER`, such as `c1/gold/first_response_time/0`. Ids of promises of people have no `/`.
std::string TargetPromiseId(absl::string_view conversation_id, const storage::v1::TargetPromise& promise);

// The conversation of such an id; nothing when it is none.
std::optional<absl::string_view> ConversationOf(absl::string_view promise_id);

// The promise with this id among those of its conversation; null when there is none.
const storage::v1::TargetPromise* FindPromise(absl::string_view promise_id, const storage::v1::Analysis& analysis);

}  // namespace rapport::response_times

#endif  // RAPPORT_SERVICES_RESPONSE_TIMES_CORE_PROMISE_H_

#ifndef RAPPORT_TESTS_RESPONSE_TIMES_RESOURCES_PROMISES_H_
#define RAPPORT_TESTS_RESPONSE_TIMES_RESOURCES_PROMISES_H_

#include <string>

#include "absl/time/time.h"
#include "common/time/interval.h"
#include "rapport/response_times/storage/v1/storage.pb.h"
#include "rapport/response_times/v1/promises.pb.h"

namespace rapport::response_times {

// A promise that can be made, an hour before it is due.
inline v1::Promise PromiseDue(const std::string& id, absl::Time due, const std::string& customer = "ann") {
  v1::Promise promise;
  promise.set_promise_id(id);
  promise.set_customer_id(customer);
  *promise.mutable_made_at() = ToProto(due - absl::Hours(1));
  *promise.mutable_due_at() = ToProto(due);
  return promise;
}

inline storage::v1::TargetPromise TargetDue(const std::string& policy, absl::Time due, int number = 0) {
  storage::v1::TargetPromise promise;
  promise.set_policy_id(policy);
  promise.set_metric(v1::METRIC_FIRST_RESPONSE_TIME);
  promise.set_number(number);
  promise.set_made_ms(ToMillis(due - absl::Hours(1)));
  promise.set_due_ms(ToMillis(due));
  return promise;
}

}  // namespace rapport::response_times

#endif  // RAPPORT_TESTS_RESPONSE_TIMES_RESOURCES_PROMISES_H_

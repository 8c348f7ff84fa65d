#include "services/response_times/core/promise.h"

#include <algorithm>
#include <tuple>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "common/request/stable_bytes.h"
#include "common/time/interval.h"

namespace rapport::response_times {
namespace {

using storage::v1::PromiseRecord;
using storage::v1::TargetPromise;

google::protobuf::Timestamp TimestampOf(int64_t millis) {
  return ToProto(absl::FromUnixMillis(millis));
}

// A promise as its maker stated it: without what answers add, to the millisecond.
v1::Promise Stated(v1::Promise promise) {
  *promise.mutable_made_at() = TimestampOf(ToMillis(promise.made_at()));
  *promise.mutable_due_at() = TimestampOf(ToMillis(promise.due_at()));
  promise.clear_origin();
  promise.clear_policy_id();
  promise.clear_metric();
  promise.clear_state();
  promise.clear_kept_at();
  promise.clear_cancelled_at();
  promise.clear_remaining();
  return promise;
}

std::string ShortName(v1::Metric metric) {
  return absl::AsciiStrToLower(absl::StripPrefix(v1::Metric_Name(metric), "METRIC_"));
}

// The parts of a target promise's id.
struct TargetId {
  absl::string_view conversation;
  absl::string_view policy;
  v1::Metric metric = v1::METRIC_UNSPECIFIED;
  int32_t number = 0;
};

// Takes the last part, and the `/` before it, off an id; nothing when there is no `/`.
std::optional<absl::string_view> TakeLast(absl::string_view& id) {
  const size_t slash = id.rfind('/');
  if (slash == absl::string_view::npos) return std::nullopt;
  const absl::string_view last = id.substr(slash + 1);
  id = id.substr(0, slash);
  return last;
}

// The three last parts have no `/`; a conversation's id may.
std::optional<TargetId> ParseTargetId(absl::string_view promise_id) {
  TargetId id;
  const auto number = TakeLast(promise_id);
  const auto metric = TakeLast(promise_id);
  const auto policy = TakeLast(promise_id);
  if (!policy || !absl::SimpleAtoi(*number, &id.number) ||
      !v1::Metric_Parse(absl::StrCat("METRIC_", absl::AsciiStrToUpper(*metric)), &id.metric)) {
    return std::nullopt;
  }
  id.conversation = promise_id;
  id.policy = *policy;
  return id;
}

void SetMoments(const PromiseMoments& moments, int64_t now_ms, v1::Promise& promise) {
  promise.set_state(StateOf(moments, now_ms));
  if (moments.IsPaused()) {
    *promise.mutable_remaining() = ToProto(absl::Milliseconds(*moments.remaining_ms));
  } else {
    *promise.mutable_due_at() = TimestampOf(moments.due_ms);
  }
}

}  // namespace

PromiseMoments MomentsOf(const TargetPromise& promise) {
  PromiseMoments moments{promise.due_ms()};
  if (promise.has_remaining_ms()) moments.remaining_ms = promise.remaining_ms();
  if (promise.has_kept_ms()) moments.kept_ms = promise.kept_ms();
  if (promise.has_cancelled_ms()) moments.cancelled_ms = promise.cancelled_ms();
  return moments;
}

PromiseMoments MomentsOf(const PromiseRecord& record) {
  PromiseMoments moments{ToMillis(record.promise().due_at())};
  if (record.has_kept_ms()) moments.kept_ms = record.kept_ms();
  if (record.has_cancelled_ms()) moments.cancelled_ms = record.cancelled_ms();
  return moments;
}

std::optional<v1::PromiseState> FinalState(const PromiseMoments& moments) {
  const auto& [due, remaining, kept, cancelled] = moments;
  if (cancelled && *cancelled <= due && (!kept || *cancelled < *kept)) return v1::PROMISE_STATE_CANCELLED;
  if (!kept) return std::nullopt;
  return *kept <= due ? v1::PROMISE_STATE_KEPT : v1::PROMISE_STATE_KEPT_LATE;
}

v1::PromiseState StateOf(const PromiseMoments& moments, int64_t now_ms) {
  if (const auto final = FinalState(moments)) return *final;
  return moments.IsPaused() || now_ms < moments.due_ms ? v1::PROMISE_STATE_PENDING : v1::PROMISE_STATE_BROKEN;
}

bool AddRevision(const v1::Promise& stated, PromiseRecord& record) {
  if (record.erased()) return false;
  v1::Promise added = Stated(stated);
  if (record.has_promise()) {
    const v1::Promise& known = record.promise();
    if (std::tuple(added.revision(), StableBytes(added)) <= std::tuple(known.revision(), StableBytes(known)))
      return false;
  }
  *record.mutable_promise() = std::move(added);
  return true;
}

bool AddKept(int64_t kept_ms, PromiseRecord& record) {
  if (record.erased() || (record.has_kept_ms() && record.kept_ms() <= kept_ms)) return false;
  record.set_kept_ms(kept_ms);
  return true;
}

bool AddCancelled(int64_t cancelled_ms, PromiseRecord& record) {
  if (record.erased() || (record.has_cancelled_ms() && record.cancelled_ms() <= cancelled_ms)) return false;
  record.set_cancelled_ms(cancelled_ms);
  return true;
}

bool EraseCustomer(absl::string_view customer_id, PromiseRecord& record) {
  if (!record.has_promise() || record.promise().customer_id() != customer_id) return false;
  record.Clear();
  record.set_erased(true);
  return true;
}

v1::Promise Present(absl::string_view promise_id, const PromiseRecord& record, int64_t now_ms) {
  v1::Promise promise = record.promise();
  promise.set_promise_id(std::string(promise_id));
  promise.set_origin(v1::PROMISE_ORIGIN_PERSON);
  if (record.has_promise()) SetMoments(MomentsOf(record), now_ms, promise);
  if (record.has_kept_ms()) *promise.mutable_kept_at() = TimestampOf(record.kept_ms());
  if (record.has_cancelled_ms()) *promise.mutable_cancelled_at() = TimestampOf(record.cancelled_ms());
  return promise;
}

v1::Promise Present(absl::string_view conversation_id, absl::string_view customer_id, const TargetPromise& target,
                    int64_t now_ms) {
  v1::Promise promise;
  promise.set_promise_id(TargetPromiseId(conversation_id, target));
  promise.set_customer_id(std::string(customer_id));
  promise.set_conversation_id(std::string(conversation_id));
  promise.set_agent_id(target.agent_id());
  promise.set_channel(target.channel());
  *promise.mutable_made_at() = TimestampOf(target.made_ms());
  promise.set_origin(v1::PROMISE_ORIGIN_POLICY);
  promise.set_policy_id(target.policy_id());
  promise.set_metric(target.metric());
  SetMoments(MomentsOf(target), now_ms, promise);
  if (target.has_kept_ms()) *promise.mutable_kept_at() = TimestampOf(target.kept_ms());
  if (target.has_cancelled_ms()) *promise.mutable_cancelled_at() = TimestampOf(target.cancelled_ms());
  return promise;
}

std::string TargetPromiseId(absl::string_view conversation_id, const TargetPromise& promise) {
  return absl::StrCat(conversation_id, "/", promise.policy_id(), "/", ShortName(promise.metric()), "/",
                      promise.number());
}

std::optional<absl::string_view> ConversationOf(absl::string_view promise_id) {
  const std::optional<TargetId> id = ParseTargetId(promise_id);
  return id ? std::optional(id->conversation) : std::nullopt;
}

const TargetPromise* FindPromise(absl::string_view promise_id, const storage::v1::Analysis& analysis) {
  const std::optional<TargetId> id = ParseTargetId(promise_id);
  if (!id) return nullptr;
  const auto& promises = analysis.promises();
  const auto found = std::find_if(promises.begin(), promises.end(), [&](const TargetPromise& each) {
    return each.number() == id->number && each.metric() == id->metric && each.policy_id() == id->policy;
  });
  return found == promises.end() ? nullptr : &*found;
}

}  // namespace rapport::response_times

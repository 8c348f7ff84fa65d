#include "services/response_times/core/promise_counting.h"

#include <tuple>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "common/rollup/cells.h"
#include "common/store/stable_hash.h"
#include "common/time/interval.h"
#include "services/response_times/core/change_stream.h"
#include "services/response_times/core/promise_measures.h"
#include "services/response_times/core/record.h"
#include "services/response_times/core/row.h"

namespace rapport::response_times {
namespace {

constexpr uint64_t kCustomerTables = 1024;

v1::PromiseState OpenState(bool paused, int64_t due_ms, int64_t now_ms) {
  return paused || now_ms < due_ms ? v1::PROMISE_STATE_PENDING : v1::PROMISE_STATE_BROKEN;
}

CustomerPromise RowOf(const CountedPromise& promise) {
  CustomerPromise row;
  row.customer_id = promise.customer_id;
  row.final_state = FinalState(promise.moments);
  row.paused = !row.final_state && promise.moments.IsPaused();
  row.due_ms = promise.moments.due_ms;
  if (promise.origin == v1::PROMISE_ORIGIN_PERSON) {
    row.promise_id = promise.id;
  } else if (row.final_state) {
    row.due_ms = ToMillis(StartOfUtcDay(UtcDay(absl::FromUnixMillis(row.due_ms))));
  }
  return row;
}

}  // namespace

std::optional<CountedPromise> CountedOf(absl::string_view promise_id, const storage::v1::PromiseRecord& record) {
  if (!record.has_promise()) return std::nullopt;
  return CountedPromise{std::string(promise_id), MomentsOf(record), v1::PROMISE_ORIGIN_PERSON,
                        CodesOf(record.dimension_codes()), record.promise().customer_id()};
}

CountedPromise CountedOf(absl::string_view conversation_id, absl::string_view customer_id,
                         const storage::v1::TargetPromise& promise) {
  return {TargetPromiseId(conversation_id, promise), MomentsOf(promise), v1::PROMISE_ORIGIN_POLICY,
          CodesOf(promise.dimension_codes()), std::string(customer_id)};
}

void CountPromise(const CountedPromise& promise, int sign, write::Changes& changes) {
  const PromiseMoments& moments = promise.moments;
  const absl::Time due = absl::FromUnixMillis(moments.due_ms);
  const std::optional<v1::PromiseState> final = FinalState(moments);
  if (final) {
    rollup::Count(due, promise.codes, PromiseMeasure(promise.origin, *final), sign, changes);
  } else {
    changes.Add(OpenPromiseTable(due),
                EncodeOpenPromise({moments.due_ms, promise.origin, moments.IsPaused(), promise.codes,
                                   promise.customer_id, promise.id}),
                sign);
  }
  changes.Add(CustomerPromiseTable(promise.customer_id), EncodeCustomerPromise(RowOf(promise)), sign);
  const bool ranked = sign > 0 && (final || !moments.IsPaused());
  changes.Rank(kPromiseIndex, promise.id, ranked ? std::optional(moments.due_ms) : std::nullopt);
}

void TellOfPromises(absl::string_view conversation_id, const storage::v1::Analysis& before,
                    const storage::v1::Analysis& after, std::string& entry) {
  const auto standing = [](const storage::v1::TargetPromise& promise) {
    const PromiseMoments moments = MomentsOf(promise);
    return std::tuple(FinalState(moments), moments.IsPaused(), moments.due_ms, moments.kept_ms);
  };
  absl::flat_hash_map<std::string, decltype(standing({}))> known;
  for (const auto& each : before.promises()) known.emplace(TargetPromiseId(conversation_id, each), standing(each));
  for (const auto& each : after.promises()) {
    const std::string id = TargetPromiseId(conversation_id, each);
    const auto was = known.find(id);
    if (was == known.end() || was->second != standing(each)) AppendChange(ChangeTag::kPromise, id, entry);
  }
}

v1::PromiseState StateOf(const OpenPromise& promise, int64_t now_ms) {
  return OpenState(promise.paused, promise.due_ms, now_ms);
}

std::string OpenPromiseTable(absl::Time due) {
  const absl::CivilMonth month = absl::ToCivilMonth(due, absl::UTCTimeZone());
  return absl::StrCat("q", month.year() * 100 + month.month());
}

std::string EncodeOpenPromise(const OpenPromise& promise) {
  return RowWriter()
      .Number(promise.origin)
      .Number(promise.paused)
      .Number(promise.due_ms)
      .Codes(promise.codes)
      .Text(promise.customer_id)
      .Text(promise.promise_id)
      .Take();
}

std::optional<OpenPromise> DecodeOpenPromise(absl::string_view bytes) {
  RowReader row(bytes);
  OpenPromise promise;
  promise.origin = row.Choice<v1::PromiseOrigin>();
  promise.paused = row.Number() != 0;
  promise.due_ms = row.Number();
  promise.codes = row.Codes();
  promise.customer_id = row.Text();
  promise.promise_id = row.Text();
  return row.Complete() ? std::optional(promise) : std::nullopt;
}

v1::PromiseState StateOf(const CustomerPromise& promise, int64_t now_ms) {
  return promise.final_state.value_or(OpenState(promise.paused, promise.due_ms, now_ms));
}

std::string CustomerPromiseTable(absl::string_view customer_id) {
  return absl::StrCat("k", store::StableHash(customer_id) % kCustomerTables);
}

std::string EncodeCustomerPromise(const CustomerPromise& promise) {
  return RowWriter()
      .Number(promise.final_state.value_or(v1::PROMISE_STATE_UNSPECIFIED))
      .Number(promise.paused)
      .Number(promise.due_ms)
      .Text(promise.customer_id)
      .Text(promise.promise_id)
      .Take();
}

std::optional<CustomerPromise> DecodeCustomerPromise(absl::string_view bytes) {
  RowReader row(bytes);
  CustomerPromise promise;
  const auto state = row.Choice<v1::PromiseState>();
  if (state != v1::PROMISE_STATE_UNSPECIFIED) promise.final_state = state;
  promise.paused = row.Number() != 0;
  promise.due_ms = row.Number();
  promise.customer_id = row.Text();
  promise.promise_id = row.Text();
  return row.Complete() ? std::optional(promise) : std::nullopt;
}

}  // namespace rapport::response_times

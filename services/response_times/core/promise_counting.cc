#include "services/response_times/core/promise_counting.h"

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "common/rollup/cells.h"
#include "common/store/stable_hash.h"
#include "common/store/varint.h"
#include "common/time/interval.h"
#include "services/response_times/core/change_stream.h"
#include "services/response_times/core/promise_measures.h"
#include "services/response_times/core/record.h"

namespace rapport::response_times {
namespace {

constexpr uint64_t kCustomerTables = 1024;
constexpr uint8_t kPaused = 0x10;  // beside a small number in the first byte of a row

bool ConsumeByte(absl::string_view& bytes, uint8_t& byte) {
  if (bytes.empty()) return false;
  byte = static_cast<uint8_t>(bytes.front());
  bytes.remove_prefix(1);
  return true;
}

void AppendShort(absl::string_view text, std::string& bytes) {
  bytes.push_back(static_cast<char>(text.size()));
  absl::StrAppend(&bytes, text);
}

bool ConsumeShort(absl::string_view& bytes, absl::string_view& text) {
  uint8_t size = 0;
  if (!ConsumeByte(bytes, size) || bytes.size() < size) return false;
  text = bytes.substr(0, size);
  bytes.remove_prefix(size);
  return true;
}

bool ConsumeMillis(absl::string_view& bytes, int64_t& millis) {
  uint64_t value = 0;
  if (!store::ConsumeVarint(bytes, value)) return false;
  millis = static_cast<int64_t>(value);
  return true;
}

bool ConsumeCodes(absl::string_view& bytes, rollup::Codes& codes) {
  for (rollup::Code& code : codes) {
    uint64_t value = 0;
    if (!store::ConsumeVarint(bytes, value) || value > UINT16_MAX) return false;
    code = static_cast<rollup::Code>(value);
  }
  return true;
}

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
  std::string bytes;
  bytes.push_back(static_cast<char>(static_cast<uint8_t>(promise.origin) | (promise.paused ? kPaused : 0)));
  store::AppendVarint(static_cast<uint64_t>(promise.due_ms), bytes);
  for (const rollup::Code code : promise.codes) store::AppendVarint(code, bytes);
  AppendShort(promise.customer_id, bytes);
  absl::StrAppend(&bytes, promise.promise_id);
  return bytes;
}

std::optional<OpenPromise> DecodeOpenPromise(absl::string_view bytes) {
  OpenPromise promise;
  uint8_t flags = 0;
  if (!ConsumeByte(bytes, flags) || !ConsumeMillis(bytes, promise.due_ms) || !ConsumeCodes(bytes, promise.codes) ||
      !ConsumeShort(bytes, promise.customer_id)) {
    return std::nullopt;
  }
  promise.origin = static_cast<v1::PromiseOrigin>(flags & ~kPaused);
  promise.paused = (flags & kPaused) != 0;
  promise.promise_id = bytes;
  return promise;
}

v1::PromiseState StateOf(const CustomerPromise& promise, int64_t now_ms) {
  return promise.final_state.value_or(OpenState(promise.paused, promise.due_ms, now_ms));
}

std::string CustomerPromiseTable(absl::string_view customer_id) {
  return absl::StrCat("k", store::StableHash(customer_id) % kCustomerTables);
}

std::string EncodeCustomerPromise(const CustomerPromise& promise) {
  std::string bytes;
  const auto state = static_cast<uint8_t>(promise.final_state.value_or(v1::PROMISE_STATE_UNSPECIFIED));
  bytes.push_back(static_cast<char>(state | (promise.paused ? kPaused : 0)));
  store::AppendVarint(static_cast<uint64_t>(promise.due_ms), bytes);
  AppendShort(promise.customer_id, bytes);
  absl::StrAppend(&bytes, promise.promise_id);
  return bytes;
}

std::optional<CustomerPromise> DecodeCustomerPromise(absl::string_view bytes) {
  CustomerPromise promise;
  uint8_t flags = 0;
  if (!ConsumeByte(bytes, flags) || !ConsumeMillis(bytes, promise.due_ms) ||
      !ConsumeShort(bytes, promise.customer_id)) {
    return std::nullopt;
  }
  const auto state = static_cast<v1::PromiseState>(flags & ~kPaused);
  if (state != v1::PROMISE_STATE_UNSPECIFIED) promise.final_state = state;
  promise.paused = (flags & kPaused) != 0;
  promise.promise_id = bytes;
  return promise;
}

}  // namespace rapport::response_times

// Bytes as they come from a store. The first byte chooses the format. Bytes that are of the format mean the same when
// they are written again; all others are refused.
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "common/rollup/cells.h"
#include "common/rollup/count_query.h"
#include "common/stats/sketch.h"
#include "common/store/counter_log.h"
#include "common/store/open_store.h"
#include "common/store/redis_format.h"
#include "common/store/redis_url.h"
#include "common/store/rocksdb_format.h"
#include "common/store/validate.h"
#include "services/ratings/core/facts.h"
#include "services/ratings/core/record.h"
#include "services/response_times/core/facts.h"
#include "services/response_times/core/promise_counting.h"
#include "services/response_times/core/record.h"
#include "tests/fuzz/fail.h"

namespace rapport::fuzz {
namespace {

using absl::string_view;

// What was decoded, written and decoded again, is written the same.
template <typename Decode, typename Encode>
void TestRow(string_view bytes, const Decode& decode, const Encode& encode) {
  const auto row = decode(bytes);
  if (!row) return;
  const std::string written = encode(*row);
  const auto again = decode(written);
  Require(again.has_value() && encode(*again) == written, "a row is written as it was read");
}

template <typename Row>
std::string EncodeRow(const Row& row) {
  return response_times::Encode(row);
}

void TestCounterLog(string_view bytes) {
  store::CounterLog log{std::string(bytes)};
  absl::flat_hash_map<std::string, uint64_t> sums;
  const absl::Status read = log.ForEach(
      [&sums](string_view field, int64_t delta) { sums[std::string(field)] += static_cast<uint64_t>(delta); });
  const std::string before = log.bytes();
  if (!read.ok()) {
    Require(absl::IsDataLoss(read) && absl::IsDataLoss(log.Compact()), "damage is told");
    Require(log.bytes() == before, "what is damaged is left as it is");
    return;
  }
  Require(log.Compact().ok() && log.bytes().size() <= before.size(), "compacting makes nothing longer");
  for (const auto& [field, sum] : log.Sum()) {
    Require(static_cast<uint64_t>(sum) == sums[field] && sum != 0, "compacting keeps the sums");
    sums.erase(field);
  }
  for (const auto& [field, sum] : sums) Require(sum == 0, "compacting keeps every sum but 0");
}

void TestCountQuery(string_view bytes) {
  const Interval day{absl::FromUnixSeconds(1'782'864'000), absl::FromUnixSeconds(1'782'950'400)};
  rollup::Question question;
  question.intervals = {day};
  question.group_by = common::v1::DIMENSION_AGENT;
  rollup::CountQuery query(question);
  for (size_t i = 0; i < query.tables().size(); ++i) {
    const absl::Status taken = query.TakeTable(i, store::CounterLog(std::string(bytes)));
    Require(taken.ok() || absl::IsDataLoss(taken), "damage is told");
  }
  query.Rows();
}

void TestSketch(string_view bytes) {
  stats::BucketCounts counts;
  store::CounterLog{std::string(bytes)}
      .ForEach([&counts](string_view field, int64_t delta) {
        const auto step = static_cast<stats::BucketId>(1 + field.size());
        const stats::BucketId bucket = (counts.empty() ? 0 : counts.back().first) + step;
        if (bucket < stats::kBucketLimit) counts.emplace_back(bucket, delta % 1'000'000'000);
      })
      .IgnoreError();
  const stats::Sketch sketch(counts);
  double last = 0;
  for (const double probability : {0.01, 0.5, 0.9, 0.99999}) {
    const auto quantile = sketch.Quantile(probability, 0.95);
    Require(quantile.has_value() == (sketch.size() > 0), "there is a quantile when there is a sample");
    if (!quantile) continue;
    const double value = sketch.ValueAt(stats::QuantileRank(sketch.size(), probability));
    Require(value >= last, "quantiles ascend");
    last = value;
  }
  for (const int64_t ms : {int64_t{0}, int64_t{60'000}, INT64_MAX}) {
    const stats::Sketch::Rank rank = sketch.RankOf(ms);
    Require(rank.count >= 0 && rank.count <= sketch.size(), "a rank lies within the sample");
  }
  const std::array<int64_t, 2> bounds = {60'000, 3'600'000};
  int64_t sum = 0;
  for (const int64_t count : sketch.Histogram(bounds)) sum += count;
  Require(sum == sketch.size(), "a histogram counts everything once");
  Require(stats::MergeCounts(counts, {}) == counts, "nothing is merged with nothing");
}

void TestRocksDb(string_view bytes) {
  TestRow(bytes, store::ParseRankPosition,
          [](const store::RankedMember& member) { return store::RankPosition(member.score, member.member); });
  TestRow(bytes, store::ParsePosition, store::EncodePosition);
  TestRow(bytes, store::ParseNumber, store::EncodeNumber);
  TestRow(
      bytes, [](string_view entity) { return store::ParseEntity(entity, false); },
      [](const store::StoredEntity& entity) {
        return store::EncodeEntity(entity.version, entity.value, std::nullopt);
      });
  store::ParseEntity(bytes, true);
  store::HasExpired(bytes, absl::FromUnixSeconds(1'782'907'200));
  Require(store::AfterPrefix(std::string(bytes)) > bytes || store::AfterPrefix(std::string(bytes)).empty(),
          "what comes after a prefix comes after it");
}

void TestRedis(string_view bytes) {
  TestRow(bytes, store::ParseStreamId, store::StreamId);
  TestRow(
      bytes, [](string_view entity) { return store::ParseEntity(entity); },
      [](const store::Entity& entity) { return store::EncodeVersion(entity.version) + entity.value; });
  const absl::StatusOr<store::RedisUrl> url = store::ParseRedisUrl(bytes);
  if (!url.ok()) return RequireClear(url.status(), "a URL");
  Require(!url->endpoints.empty(), "a URL names a server");
  for (const store::RedisEndpoint& endpoint : url->endpoints) {
    Require(!endpoint.host.empty() && endpoint.port > 0 && endpoint.port < 65536, "a server can be connected to");
  }
}

void TestFormatRecord(string_view bytes) {
  store::StoreOptions options;
  options.service = "ratings";
  const absl::Status same = store::CompareFormat(bytes, store::kRedisFormat, options, "the store");
  if (!same.ok()) RequireClear(same, "the format of a store");
}

void TestRatingsRows(string_view bytes) {
  TestRow(bytes, ratings::DecodeFact, ratings::EncodeFact);
  TestRow(bytes, ratings::DecodeCustomerDay, ratings::EncodeCustomerDay);
  TestRow(bytes, rollup::DecodeCell, rollup::EncodeCell);
}

void TestResponseTimesRows(string_view bytes) {
  using namespace response_times;
  TestRow(bytes, DecodeStretch, EncodeRow<StretchFact>);
  TestRow(bytes, DecodeConversation, EncodeRow<ConversationFact>);
  TestRow(bytes, DecodeOpen, [](const OpenFact& fact) { return Encode(fact.stretch, fact.conversation_id); });
  TestRow(bytes, DecodeWaiting,
          [](const WaitingFact& fact) { return Encode(fact.waiting, fact.customer_id, fact.conversation_id); });
  TestRow(bytes, DecodeEscalation, EncodeRow<EscalationFact>);
  TestRow(bytes, DecodeCustomer, EncodeRow<CustomerFact>);
  TestRow(bytes, DecodeOpenPromise, EncodeOpenPromise);
  TestRow(bytes, DecodeCustomerPromise, EncodeCustomerPromise);
}

void TestRecords(string_view bytes) {
  const auto rating = ratings::Unpack("r1", std::string(bytes));
  if (!rating.ok()) Require(absl::IsDataLoss(rating.status()), "damage is told");
  const auto conversation = response_times::Unpack("v1", std::string(bytes));
  if (!conversation.ok()) Require(absl::IsDataLoss(conversation.status()), "damage is told");
}

constexpr void (*kFormats[])(string_view) = {TestCounterLog, TestCountQuery,   TestSketch,      TestRocksDb,
                                             TestRedis,      TestFormatRecord, TestRatingsRows, TestResponseTimesRows,
                                             TestRecords};

}  // namespace
}  // namespace rapport::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0 || data[0] < '0' || data[0] > '8') return -1;
  rapport::fuzz::kFormats[data[0] - '0']({reinterpret_cast<const char*>(data) + 1, size - 1});
  return 0;
}

#include "common/store/redis_store.h"

#include <algorithm>
#include <csignal>
#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "common/store/redis_client.h"
#include "common/store/redis_commit.h"
#include "common/store/redis_format.h"
#include "common/store/redis_scripts.h"
#include "common/store/redis_settings.h"
#include "common/store/redis_url.h"
#include "common/store/validate.h"

namespace rapport::store {
namespace {

constexpr size_t kMostArguments = 1'000'000;  // of one command; the protocol allows 1,048,576

// A cursor holds the score and the member that a page ended with.
std::string EncodeCursor(const RankedMember& last) {
  return absl::StrCat(last.score, ":", last.member);
}

std::optional<RankedMember> ParseCursor(absl::string_view cursor) {
  const size_t colon = cursor.find(':');
  RankedMember member;
  if (colon == absl::string_view::npos || !absl::SimpleAtoi(cursor.substr(0, colon), &member.score)) {
    return std::nullopt;
  }
  member.member = std::string(cursor.substr(colon + 1));
  return member;
}

// The logs of a table as one.
CounterLog Concatenate(absl::Span<redisReply* const> logs) {
  size_t size = 0;
  for (const redisReply* log : logs) size += log->len;
  std::string bytes;
  bytes.reserve(size);
  for (const redisReply* log : logs) absl::StrAppend(&bytes, ReplyBytes(*log));
  return CounterLog(std::move(bytes));
}

// Tables that are due for summing up, in their turn. Those that are always written together are due together: each
// commit of their partition sees to some of them, so that none is held up by all, nor by another node. Lost with the
// process, as they are due again when their logs have doubled. Thread-safe.
class DueTables {
 public:
  void Add(const Partition& partition, absl::Span<const std::string> keys) {
    if (keys.empty()) return;
    const absl::MutexLock lock(&mutex_);
    Turns& turns = turns_[partition];
    for (const std::string& key : keys) {
      if (turns.waiting.insert(key).second) turns.keys.push_back(key);
    }
  }

  // A share of what waits, so that it is gone soon, however much it is.
  void Take(const Partition& partition, std::vector<std::string>& taken) {
    const absl::MutexLock lock(&mutex_);
    const auto found = turns_.find(partition);
    if (found == turns_.end()) return;
    auto& [keys, waiting] = found->second;
    for (size_t n = std::min(keys.size(), std::max(kLeastAtOnce, keys.size() / kCommitsToCatchUp)); n > 0; --n) {
      waiting.erase(keys.front());
      taken.push_back(std::move(keys.front()));
      keys.pop_front();
    }
    if (keys.empty()) turns_.erase(found);
  }

 private:
  static constexpr size_t kLeastAtOnce = 2;
  static constexpr size_t kCommitsToCatchUp = 64;

  struct Turns {
    std::deque<std::string> keys;
    absl::flat_hash_set<std::string> waiting;  // the same
  };

  absl::Mutex mutex_;
  std::map<Partition, Turns> turns_ ABSL_GUARDED_BY(mutex_);
};

class RedisStore final : public Store {
 public:
  RedisStore(RedisUrl url, const StoreOptions& options)
      : service_(options.service),
        partitions_(options.partitions),
        retention_(options.stream_retention),
        client_(std::move(url), options.redis_connections, options.redis_timeout) {
    info_.engine = "redis";
  }

  // Checks the servers, loads the scripts and records or compares the format.
  absl::Status Open(const StoreOptions& options);

  std::vector<absl::Status> Commit(absl::Span<const Mutation> mutations) override;
  absl::StatusOr<std::vector<Loaded>> Load(absl::Span<const LoadRequest> requests) override;
  absl::StatusOr<std::vector<CounterLog>> ReadCounters(absl::Span<const TableRef> tables) override;
  absl::StatusOr<IndexPage> RangeIndex(const IndexRange& range) override;
  absl::StatusOr<std::vector<StreamPage>> ReadStreams(absl::Span<const StreamRange> ranges) override;
  uint32_t GroupOf(const Partition& partition) const override {
    if (client_.url().kind != RedisTopologyKind::kCluster) return 0;
    return client_.GroupOf(PartitionKeys(service_, partition).Slot());
  }
  uint32_t partition_count() const override { return partitions_; }
  const StoreInfo& info() const override { return info_; }
  absl::Status Ping() override { return client_.Ping(); }

 private:
  absl::Status CheckFormat(const StoreOptions& options);
  absl::Status Damaged(absl::string_view what) const;
  absl::Status CommitStatus(const CommitRun& run, const redisReply& reply, const Partition& partition);
  void CompactTables(const std::vector<std::string>& keys);
  absl::Status ParseLoaded(const redisReply& reply, Entity& entity) const;
  absl::Status ParseStreamPage(const redisReply& trimmed, const redisReply& entries, StreamPosition after,
                               StreamPage& page) const;

  const std::string service_;
  const uint32_t partitions_;
  const int64_t retention_;
  RedisClient client_;
  StoreInfo info_;
  DueTables due_tables_;
  std::string commit_sha_;
  std::string compact_sha_;
  std::string range_sha_;
};

absl::Status RedisStore::Damaged(absl::string_view what) const {
  return absl::DataLossError(
      absl::StrCat(client_.Name(), " holds a damaged ", what, " of service ", service_, ": restore it from a backup"));
}

absl::Status RedisStore::CheckFormat(const StoreOptions& options) {
  const std::string key = absl::StrCat(service_, ":format");
  const uint16_t slot = RedisSlotOf(key);
  std::vector<RedisRequest> requests;
  requests.push_back({RedisCommand{"SET", key, FormatRecord(kRedisFormat, options), "NX"}, slot, std::nullopt});
  requests.push_back({RedisCommand{"GET", key}, slot, 0});
  absl::StatusOr<std::vector<RedisReply>> replies = client_.Read(requests, kRedisRead);
  if (!replies.ok()) return replies.status();
  return CompareFormat(ReplyBytes(*replies->back()), kRedisFormat, options,
                       absl::StrCat(client_.Name(), ", database ", client_.url().login.database));
}

absl::Status RedisStore::Open(const StoreOptions& options) {
  absl::StatusOr<std::vector<std::string>> scripts =
      client_.Open({kCommitScript, kCompactTableScript, kRangeIndexScript});
  if (!scripts.ok()) return scripts.status();
  commit_sha_ = std::move((*scripts)[0]);
  compact_sha_ = std::move((*scripts)[1]);
  range_sha_ = std::move((*scripts)[2]);
  absl::Status status = CheckRedisVersion(client_);
  if (status.ok()) status = CheckFormat(options);
  if (status.ok()) status = CheckRedisSettings(client_, info_);
  return status;
}

std::vector<absl::Status> RedisStore::Commit(absl::Span<const Mutation> mutations) {
  std::vector<absl::Status> statuses(mutations.size());
  std::vector<CommitRun> runs(mutations.size());
  std::vector<RedisRequest> requests;
  std::vector<size_t> places;                 // of the requests among the mutations
  std::map<Partition, size_t> last_requests;  // of the partitions
  for (size_t i = 0; i < mutations.size(); ++i) {
    statuses[i] = CheckMutation(mutations[i], partitions_);
    if (!statuses[i].ok()) continue;
    RedisRequest request;
    runs[i] = BuildCommit(commit_sha_, service_, mutations[i], retention_, request.command);
    if (request.command.size() > kMostArguments) {
      statuses[i] =
          absl::InvalidArgumentError(absl::StrCat("the mutation takes ", request.command.size(), " arguments of ",
                                                  kMostArguments, " that Redis takes at once: split it"));
      continue;
    }
    request.slot = PartitionKeys(service_, mutations[i].partition).Slot();
    const auto [last, first_of_partition] = last_requests.try_emplace(mutations[i].partition, requests.size());
    if (!first_of_partition) request.after = std::exchange(last->second, requests.size());
    requests.push_back(std::move(request));
    places.push_back(i);
  }

  const std::vector<RedisAnswer> answers = client_.Run(requests, kRedisWrite);
  for (size_t i = 0; i < answers.size(); ++i) {
    absl::Status& status = statuses[places[i]];
    status = answers[i].status;
    if (status.ok()) status = CommitStatus(runs[places[i]], *answers[i].reply, mutations[places[i]].partition);
  }
  std::vector<std::string> due_tables;
  for (const auto& [partition, last] : last_requests) due_tables_.Take(partition, due_tables);
  CompactTables(due_tables);
  return statuses;
}

absl::Status RedisStore::CommitStatus(const CommitRun& run, const redisReply& reply, const Partition& partition) {
  const absl::Span<redisReply* const> numbers = ReplyElements(reply);
  if (numbers.empty()) return absl::InternalError("the commit script gave no answer");
  const auto number = [&](size_t i) { return static_cast<size_t>(numbers[i]->integer); };
  if (number(0) == 0) {
    if (numbers.size() == 1) return absl::OkStatus();
    return absl::AbortedError(absl::StrCat("an entity of collection '", run.expects.at(number(1))->key.collection,
                                           "' was changed meanwhile: load it again and replan"));
  }
  std::vector<std::string> due;
  due.reserve(numbers.size() - 1);
  for (size_t i = 1; i < numbers.size(); ++i) due.push_back(run.table_keys.at(number(i)));
  due_tables_.Add(partition, due);
  return absl::OkStatus();
}

// Sums up those tables to which as much was added as they held when last summed up, so that a table takes the memory of
// what it holds, not of what was ever added. Without a status: a table that is not replaced now is looked at again.
void RedisStore::CompactTables(const std::vector<std::string>& keys) {
  if (keys.empty()) return;
  std::vector<RedisRequest> reads;
  reads.reserve(keys.size());
  for (const std::string& key : keys) {
    reads.push_back({RedisCommand{"LRANGE", key, "0", "-1"}, RedisSlotOf(key), std::nullopt});
  }
  const absl::StatusOr<std::vector<RedisReply>> tables = client_.Read(reads, kRedisRead);
  if (!tables.ok()) return;
  std::vector<RedisRequest> replacements;
  for (size_t i = 0; i < keys.size(); ++i) {
    const absl::Span<redisReply* const> logs = ReplyElements(*(*tables)[i]);
    CounterLog table = Concatenate(logs);
    if (logs.size() < 2 || table.bytes().size() < 2 * ReplyBytes(*logs.front()).size()) continue;
    RedisCommand replace{"EVALSHA", compact_sha_, "1", keys[i], absl::StrCat(logs.size())};
    replace.Own(table.bytes());
    if (!table.Compact().ok()) continue;
    replace.Own(std::move(table).release());
    replacements.push_back({std::move(replace), reads[i].slot, std::nullopt});
  }
  client_.Run(replacements, kRedisBestEffort);
}

absl::Status RedisStore::ParseLoaded(const redisReply& reply, Entity& entity) const {
  if (reply.type == REDIS_REPLY_NIL) return absl::OkStatus();
  std::optional<Entity> parsed = ParseEntity(ReplyBytes(reply));
  if (!parsed) return Damaged("entity");
  entity = *std::move(parsed);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Loaded>> RedisStore::Load(absl::Span<const LoadRequest> requests) {
  std::vector<RedisRequest> reads;
  for (const LoadRequest& request : requests) {
    if (absl::Status status = CheckPartition(request.partition, partitions_); !status.ok()) return status;
    const PartitionKeys keys(service_, request.partition);
    const uint16_t slot = keys.Slot();
    // Before the entities: were it read after them, it could vouch for values that a commit has since replaced.
    const size_t first = reads.size();
    reads.push_back({RedisCommand{"GET", keys.Sequence()}, slot, std::nullopt});
    for (const Key& key : request.keys) {
      if (absl::Status status = CheckKey(key); !status.ok()) return status;
      reads.push_back(
          {key.expires ? RedisCommand{"GET", keys.Entity(key)} : RedisCommand{"HGET", keys.Bucket(key), key.id}, slot,
           first});
    }
  }
  // Replicated, since events that are already there are acknowledged without a commit.
  absl::StatusOr<std::vector<RedisReply>> replies = client_.Read(reads, kRedisReplicatedRead);
  if (!replies.ok()) return replies.status();
  std::vector<Loaded> loaded(requests.size());
  auto reply = replies->begin();
  for (size_t i = 0; i < requests.size(); ++i) {
    const redisReply& sequence = **reply++;
    if (sequence.type != REDIS_REPLY_NIL && !absl::SimpleAtoi(ReplyBytes(sequence), &loaded[i].sequence)) {
      return Damaged("commit sequence");
    }
    loaded[i].entities.resize(requests[i].keys.size());
    for (Entity& entity : loaded[i].entities) {
      if (absl::Status status = ParseLoaded(**reply++, entity); !status.ok()) return status;
    }
  }
  return loaded;
}

absl::StatusOr<std::vector<CounterLog>> RedisStore::ReadCounters(absl::Span<const TableRef> tables) {
  std::vector<RedisRequest> reads;
  RedisTerms terms = kRedisRead;
  for (const TableRef& table : tables) {
    if (table.lasting) terms = kRedisReplicatedRead;
    if (absl::Status status = CheckPartition(table.partition, partitions_); !status.ok()) return status;
    const PartitionKeys keys(service_, table.partition);
    reads.push_back({RedisCommand{"LRANGE", keys.Table(table.table), "0", "-1"}, keys.Slot(), std::nullopt});
  }
  absl::StatusOr<std::vector<RedisReply>> replies = client_.Read(reads, terms);
  if (!replies.ok()) return replies.status();
  std::vector<CounterLog> logs(tables.size());
  for (size_t i = 0; i < tables.size(); ++i) logs[i] = Concatenate(ReplyElements(*(*replies)[i]));
  return logs;
}

absl::StatusOr<IndexPage> RedisStore::RangeIndex(const IndexRange& range) {
  if (absl::Status status = CheckPartition(range.partition, partitions_); !status.ok()) return status;
  if (absl::Status status = CheckLimit(range.limit); !status.ok()) return status;
  const std::optional<RankedMember> after = ParseCursor(range.cursor);
  if (!range.cursor.empty() && !after) return InvalidCursor();
  IndexPage page;
  if (range.from > range.to) return page;
  const auto limit = static_cast<size_t>(range.limit);
  const PartitionKeys keys(service_, range.partition);
  RedisRequest request;
  request.slot = keys.Slot();
  request.command = RedisCommand{"EVALSHA",
                                 range_sha_,
                                 "1",
                                 keys.Index(range.index),
                                 absl::StrCat(range.from),
                                 absl::StrCat(range.to),
                                 range.descending ? "1" : "0",
                                 absl::StrCat(limit + 1)};
  if (after) {
    request.command.Own(absl::StrCat(after->score));
    request.command.Own(after->member);
  }
  absl::StatusOr<std::vector<RedisReply>> replies = client_.Read({&request, 1}, kRedisRead);
  if (!replies.ok()) return replies.status();
  const absl::Span<redisReply* const> flat = ReplyElements(*replies->front());
  for (size_t i = 0; i + 1 < flat.size(); i += 2) {
    RankedMember& member = page.members.emplace_back();
    member.member = std::string(ReplyBytes(*flat[i]));
    if (!absl::SimpleAtoi(ReplyBytes(*flat[i + 1]), &member.score)) return Damaged("score");
  }
  if (range.descending) std::reverse(page.members.begin(), page.members.end());
  if (page.members.size() > limit) {
    page.members.pop_back();
    page.next_cursor = EncodeCursor(page.members.back());
  }
  return page;
}

absl::StatusOr<std::vector<StreamPage>> RedisStore::ReadStreams(absl::Span<const StreamRange> ranges) {
  std::vector<RedisRequest> reads;
  for (const StreamRange& range : ranges) {
    if (absl::Status status = CheckPartition(range.partition, partitions_); !status.ok()) return status;
    if (absl::Status status = CheckLimit(range.limit); !status.ok()) return status;
    const PartitionKeys keys(service_, range.partition);
    const size_t entries = reads.size();
    reads.push_back({RedisCommand{"XRANGE", keys.Stream(range.stream), absl::StrCat("(", StreamId(range.after)), "+",
                                  "COUNT", absl::StrCat(range.limit)},
                     keys.Slot(), std::nullopt});
    // After the entries, so that it tells of all that they lack.
    reads.push_back({RedisCommand{"GET", keys.StreamTrim(range.stream)}, keys.Slot(), entries});
  }
  // Replicated, since the reader will go on behind what it was given.
  absl::StatusOr<std::vector<RedisReply>> replies = client_.Read(reads, kRedisReplicatedRead);
  if (!replies.ok()) return replies.status();
  std::vector<StreamPage> pages(ranges.size());
  for (size_t i = 0; i < ranges.size(); ++i) {
    absl::Status status = ParseStreamPage(*(*replies)[2 * i + 1], *(*replies)[2 * i], ranges[i].after, pages[i]);
    if (!status.ok()) return status;
  }
  return pages;
}

absl::Status RedisStore::ParseStreamPage(const redisReply& trimmed, const redisReply& entries, StreamPosition after,
                                         StreamPage& page) const {
  if (trimmed.type != REDIS_REPLY_NIL) {
    const std::optional<StreamPosition> last_trimmed = ParseStreamId(ReplyBytes(trimmed));
    if (!last_trimmed) return Damaged("record of a stream");
    page.trimmed = after < *last_trimmed;
  }
  for (const redisReply* reply : ReplyElements(entries)) {
    const absl::Span<redisReply* const> entry = ReplyElements(*reply);  // id, (field, value)
    if (entry.size() != 2 || ReplyElements(*entry[1]).size() != 2) return Damaged("stream entry");
    const std::optional<StreamPosition> position = ParseStreamId(ReplyBytes(*entry[0]));
    if (!position) return Damaged("stream entry");
    page.entries.push_back({*position, std::string(ReplyBytes(*ReplyElements(*entry[1])[1]))});
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Store>> OpenRedisStore(const StoreOptions& options) {
  absl::StatusOr<RedisUrl> url = ParseRedisUrl(options.url);
  if (!url.ok()) return url.status();
  if (options.redis_connections < 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("the number of Redis connections is ", options.redis_connections, ": give at least 1"));
  }
  if (options.redis_timeout < absl::Milliseconds(1) || options.redis_timeout > absl::Hours(1)) {
    return absl::InvalidArgumentError(
        absl::StrCat("the Redis time-out is ", absl::FormatDuration(options.redis_timeout), ": give 1ms to 1h"));
  }
  std::signal(SIGPIPE, SIG_IGN);
  auto store = std::make_unique<RedisStore>(*std::move(url), options);
  if (absl::Status status = store->Open(options); !status.ok()) return status;
  return store;
}

}  // namespace rapport::store

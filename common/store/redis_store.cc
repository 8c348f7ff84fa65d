#include "common/store/redis_store.h"

#include <algorithm>
#include <csignal>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/store/redis_commit.h"
#include "common/store/redis_connection.h"
#include "common/store/redis_format.h"
#include "common/store/redis_scripts.h"
#include "common/store/redis_settings.h"
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

class RedisStore final : public Store {
 public:
  RedisStore(RedisAddress address, const StoreOptions& options)
      : service_(options.service),
        partitions_(options.partitions),
        retention_(options.stream_retention),
        pool_(std::move(address), options.redis_connections, options.redis_timeout) {
    info_.engine = "redis";
  }

  // Checks the server, loads the scripts and records or compares the format.
  absl::Status Open(const StoreOptions& options);

  std::vector<absl::Status> Commit(absl::Span<const Mutation> mutations) override;
  absl::StatusOr<std::vector<Loaded>> Load(absl::Span<const LoadRequest> requests) override;
  absl::StatusOr<std::vector<CounterLog>> ReadCounters(absl::Span<const TableRef> tables) override;
  absl::StatusOr<IndexPage> RangeIndex(const IndexRange& range) override;
  absl::StatusOr<std::vector<StreamPage>> ReadStreams(absl::Span<const StreamRange> ranges) override;
  uint32_t partition_count() const override { return partitions_; }
  const StoreInfo& info() const override { return info_; }
  absl::Status Ping() override;

 private:
  absl::Status LoadScripts();
  absl::Status CheckFormat(const StoreOptions& options);
  absl::Status Damaged(absl::string_view what) const;
  absl::Status CommitStatus(const CommitRun& run, const redisReply& reply, std::vector<std::string>& due_tables) const;
  void CompactTables(const std::vector<std::string>& keys);
  absl::StatusOr<std::vector<RedisReply>> ReadByScript(absl::Span<const RedisCommand> commands);
  absl::Status ParseLoaded(const redisReply& reply, Entity& entity) const;
  absl::Status ParseStreamPage(const redisReply& trimmed, const redisReply& entries, StreamPosition after,
                               StreamPage& page) const;

  const std::string service_;
  const uint32_t partitions_;
  const int64_t retention_;
  RedisPool pool_;
  StoreInfo info_;
  std::string commit_sha_;
  std::string compact_sha_;
  std::string range_sha_;
};

absl::Status RedisStore::Damaged(absl::string_view what) const {
  return absl::DataLossError(absl::StrCat("Redis at ", pool_.address().HostPort(), " holds a damaged ", what,
                                          " of service ", service_, ": restore it from a backup"));
}

absl::Status RedisStore::LoadScripts() {
  std::vector<RedisCommand> commands;
  for (const char* source : {kCommitScript, kCompactTableScript, kRangeIndexScript}) {
    commands.push_back(RedisCommand{"SCRIPT", "LOAD", source});
  }
  absl::StatusOr<std::vector<RedisReply>> replies = pool_.Read(commands);
  if (!replies.ok()) return replies.status();
  if (!commit_sha_.empty()) return absl::OkStatus();
  commit_sha_ = std::string(ReplyBytes(*(*replies)[0]));
  compact_sha_ = std::string(ReplyBytes(*(*replies)[1]));
  range_sha_ = std::string(ReplyBytes(*(*replies)[2]));
  return absl::OkStatus();
}

absl::Status RedisStore::CheckFormat(const StoreOptions& options) {
  const std::string key = absl::StrCat(service_, ":format");
  std::vector<RedisCommand> commands;
  commands.push_back(RedisCommand{"SET", key, FormatRecord(options), "NX"});
  commands.push_back(RedisCommand{"GET", key});
  absl::StatusOr<std::vector<RedisReply>> replies = pool_.Read(commands);
  if (!replies.ok()) return replies.status();
  return CompareFormat(ReplyBytes(*replies->back()), options,
                       absl::StrCat("Redis at ", pool_.address().HostPort(), ", database ", pool_.address().database));
}

absl::Status RedisStore::Open(const StoreOptions& options) {
  absl::Status status = CheckRedisVersion(pool_);
  if (status.ok()) status = CheckFormat(options);
  if (status.ok()) status = LoadScripts();
  if (status.ok()) status = CheckRedisSettings(pool_, info_);
  return status;
}

std::vector<absl::Status> RedisStore::Commit(absl::Span<const Mutation> mutations) {
  std::vector<absl::Status> statuses(mutations.size());
  std::vector<CommitRun> runs(mutations.size());
  std::vector<RedisCommand> commands;
  std::vector<size_t> places;  // of the commands among the mutations
  for (size_t i = 0; i < mutations.size(); ++i) {
    statuses[i] = CheckMutation(mutations[i], partitions_);
    if (!statuses[i].ok()) continue;
    RedisCommand command;
    runs[i] = BuildCommit(commit_sha_, service_, mutations[i], retention_, command);
    if (command.size() > kMostArguments) {
      statuses[i] = absl::InvalidArgumentError(absl::StrCat("the mutation takes ", command.size(), " arguments of ",
                                                            kMostArguments, " that Redis takes at once: split it"));
      continue;
    }
    commands.push_back(std::move(command));
    places.push_back(i);
  }

  std::vector<std::string> due_tables;
  for (bool may_reload = true; !commands.empty(); may_reload = false) {
    const RedisPool::Outcome outcome = pool_.Run(commands);
    std::vector<RedisCommand> missed;
    std::vector<size_t> missed_places;
    for (size_t i = 0; i < commands.size(); ++i) {
      absl::Status& status = statuses[places[i]];
      if (i >= outcome.replies.size()) {
        status = outcome.sent
                     ? absl::UnavailableError(absl::StrCat("outcome unknown, commit again: ", outcome.status.message()))
                     : outcome.status;
      } else if (may_reload && absl::IsNotFound(pool_.ErrorOf(*outcome.replies[i]))) {
        missed.push_back(std::move(commands[i]));
        missed_places.push_back(places[i]);
      } else {
        status = CommitStatus(runs[places[i]], *outcome.replies[i], due_tables);
      }
    }
    // The server was restarted, or its scripts flushed. Only what it refused for that is sent again.
    const absl::Status reloaded = missed.empty() ? absl::OkStatus() : LoadScripts();
    if (!reloaded.ok()) {
      for (const size_t place : missed_places) statuses[place] = reloaded;
      break;
    }
    commands = std::move(missed);
    places = std::move(missed_places);
  }
  CompactTables(due_tables);
  return statuses;
}

absl::Status RedisStore::CommitStatus(const CommitRun& run, const redisReply& reply,
                                      std::vector<std::string>& due_tables) const {
  if (absl::Status status = pool_.ErrorOf(reply); !status.ok()) return status;
  const absl::Span<redisReply* const> numbers = ReplyElements(reply);
  if (numbers.empty()) return absl::InternalError("the commit script gave no answer");
  const auto number = [&](size_t i) { return static_cast<size_t>(numbers[i]->integer); };
  if (number(0) == 0) {
    if (numbers.size() == 1) return absl::OkStatus();
    return absl::AbortedError(absl::StrCat("an entity of collection '", run.expects.at(number(1))->key.collection,
                                           "' was changed meanwhile: load it again and replan"));
  }
  for (size_t i = 1; i < numbers.size(); ++i) due_tables.push_back(run.table_keys.at(number(i)));
  return absl::OkStatus();
}

// Sums up those tables to which as much was added as they held when last summed up, so that a table takes the memory of
// what it holds, not of what was ever added. Without a status: a table that is not replaced now is looked at again.
void RedisStore::CompactTables(const std::vector<std::string>& keys) {
  if (keys.empty()) return;
  std::vector<RedisCommand> reads;
  for (const std::string& key : keys) reads.push_back(RedisCommand{"LRANGE", key, "0", "-1"});
  const absl::StatusOr<std::vector<RedisReply>> tables = pool_.Read(reads);
  if (!tables.ok()) return;
  std::vector<RedisCommand> replacements;
  for (size_t i = 0; i < keys.size(); ++i) {
    const absl::Span<redisReply* const> logs = ReplyElements(*(*tables)[i]);
    CounterLog table = Concatenate(logs);
    if (logs.size() < 2 || table.bytes().size() < 2 * ReplyBytes(*logs.front()).size()) continue;
    RedisCommand replace{"EVALSHA", compact_sha_, "1", keys[i], absl::StrCat(logs.size())};
    replace.Own(table.bytes());
    if (!table.Compact().ok()) continue;
    replace.Own(std::move(table).release());
    replacements.push_back(std::move(replace));
  }
  if (!replacements.empty()) pool_.Run(replacements);
}

absl::Status RedisStore::ParseLoaded(const redisReply& reply, Entity& entity) const {
  if (reply.type == REDIS_REPLY_NIL) return absl::OkStatus();
  std::optional<Entity> parsed = ParseEntity(ReplyBytes(reply));
  if (!parsed) return Damaged("entity");
  entity = *std::move(parsed);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Loaded>> RedisStore::Load(absl::Span<const LoadRequest> requests) {
  std::vector<RedisCommand> commands;
  for (const LoadRequest& request : requests) {
    if (absl::Status status = CheckPartition(request.partition, partitions_); !status.ok()) return status;
    const PartitionKeys keys(service_, request.partition);
    // Before the entities: were it read after them, it could vouch for values that a commit has since replaced.
    commands.push_back(RedisCommand{"GET", keys.Sequence()});
    for (const Key& key : request.keys) {
      if (absl::Status status = CheckKey(key); !status.ok()) return status;
      commands.push_back(key.expires ? RedisCommand{"GET", keys.Entity(key)}
                                     : RedisCommand{"HGET", keys.Bucket(key), key.id});
    }
  }
  if (commands.empty()) return std::vector<Loaded>();
  absl::StatusOr<std::vector<RedisReply>> replies = pool_.Read(commands);
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
  std::vector<RedisCommand> commands;
  for (const TableRef& table : tables) {
    if (absl::Status status = CheckPartition(table.partition, partitions_); !status.ok()) return status;
    commands.push_back(RedisCommand{"LRANGE", PartitionKeys(service_, table.partition).Table(table.table), "0", "-1"});
  }
  if (commands.empty()) return std::vector<CounterLog>();
  absl::StatusOr<std::vector<RedisReply>> replies = pool_.Read(commands);
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
  std::vector<RedisCommand> commands;
  RedisCommand& command = commands.emplace_back(RedisCommand{
      "EVALSHA", range_sha_, "1", PartitionKeys(service_, range.partition).Index(range.index), absl::StrCat(range.from),
      absl::StrCat(range.to), range.descending ? "1" : "0", absl::StrCat(limit + 1)});
  if (after) {
    command.Own(absl::StrCat(after->score));
    command.Own(after->member);
  }
  absl::StatusOr<std::vector<RedisReply>> replies = ReadByScript(commands);
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

absl::StatusOr<std::vector<RedisReply>> RedisStore::ReadByScript(absl::Span<const RedisCommand> commands) {
  absl::StatusOr<std::vector<RedisReply>> replies = pool_.Read(commands);
  if (!absl::IsNotFound(replies.status())) return replies;
  if (absl::Status status = LoadScripts(); !status.ok()) return status;
  return pool_.Read(commands);
}

absl::StatusOr<std::vector<StreamPage>> RedisStore::ReadStreams(absl::Span<const StreamRange> ranges) {
  std::vector<RedisCommand> commands;
  for (const StreamRange& range : ranges) {
    if (absl::Status status = CheckPartition(range.partition, partitions_); !status.ok()) return status;
    if (absl::Status status = CheckLimit(range.limit); !status.ok()) return status;
    const PartitionKeys keys(service_, range.partition);
    // Entries and the record of what was cut off must be of one moment.
    commands.push_back(RedisCommand{"MULTI"});
    commands.push_back(RedisCommand{"GET", keys.StreamTrim(range.stream)});
    commands.push_back(RedisCommand{"XRANGE", keys.Stream(range.stream), absl::StrCat("(", StreamId(range.after)), "+",
                                    "COUNT", absl::StrCat(range.limit)});
    commands.push_back(RedisCommand{"EXEC"});
  }
  if (commands.empty()) return std::vector<StreamPage>();
  absl::StatusOr<std::vector<RedisReply>> replies = pool_.Read(commands);
  if (!replies.ok()) return replies.status();
  std::vector<StreamPage> pages(ranges.size());
  for (size_t i = 0; i < ranges.size(); ++i) {
    const absl::Span<redisReply* const> answers = ReplyElements(*(*replies)[4 * i + 3]);
    if (answers.size() != 2) return absl::UnavailableError("Redis gave up a read: try again");
    if (absl::Status status = ParseStreamPage(*answers[0], *answers[1], ranges[i].after, pages[i]); !status.ok()) {
      return status;
    }
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

absl::Status RedisStore::Ping() {
  std::vector<RedisCommand> commands;
  commands.push_back(RedisCommand{"PING"});
  return pool_.Read(commands).status();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Store>> OpenRedisStore(const StoreOptions& options) {
  absl::StatusOr<RedisAddress> address = ParseRedisUrl(options.url);
  if (!address.ok()) return address.status();
  if (options.redis_connections < 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("the number of Redis connections is ", options.redis_connections, ": give at least 1"));
  }
  if (options.redis_timeout < absl::Milliseconds(1) || options.redis_timeout > absl::Hours(1)) {
    return absl::InvalidArgumentError(
        absl::StrCat("the Redis time-out is ", absl::FormatDuration(options.redis_timeout), ": give 1ms to 1h"));
  }
  std::signal(SIGPIPE, SIG_IGN);
  auto store = std::make_unique<RedisStore>(*std::move(address), options);
  if (absl::Status status = store->Open(options); !status.ok()) return status;
  return store;
}

}  // namespace rapport::store

#include "common/store/redis_commit.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "common/store/redis_format.h"
#include "common/store/validate.h"

namespace rapport::store {
namespace {

// Pointers to those elements whose key expires, or to those whose key does not.
template <typename T, typename KeyOf>
std::vector<const T*> Select(const std::vector<T>& all, bool expires, KeyOf key_of) {
  std::vector<const T*> selected;
  selected.reserve(all.size());
  for (const T& element : all) {
    if (key_of(element).expires == expires) selected.push_back(&element);
  }
  return selected;
}

// Collects keys and other arguments apart, since the script takes all keys first.
class CommitBuilder {
 public:
  CommitBuilder(absl::string_view service, const Mutation& mutation, int64_t retention, RedisCommand& command);

  void Finish(absl::string_view sha);
  CommitRun TakeRun() { return std::move(run_); }

 private:
  void AddExpects(const Mutation& mutation);
  void AddVersion(uint64_t version);
  void AddPuts(const std::vector<Put>& puts, uint64_t loaded_at);
  void AddErases(const std::vector<Key>& erases, const std::vector<std::string>& dropped_tables);
  void AddCounters(const std::vector<Add>& adds);
  void AddRanks(const std::vector<Rank>& ranks);
  void AddAppends(const std::vector<Append>& appends);

  void AddKey(std::string key) { key_arguments_.push_back(command_.Keep(std::move(key))); }
  void AddBytes(absl::string_view bytes) { arguments_.push_back(bytes); }
  void AddNumber(int64_t number) { AddBytes(command_.Keep(absl::StrCat(number))); }

  const PartitionKeys keys_;
  RedisCommand& command_;
  // What the packed puts expect of the entities that they replace, by collection and id; null: nothing.
  absl::flat_hash_map<std::pair<absl::string_view, absl::string_view>, const Expect*> expected_by_puts_;
  std::vector<absl::string_view> key_arguments_;
  std::vector<absl::string_view> arguments_;
  CommitRun run_;
};

CommitBuilder::CommitBuilder(absl::string_view service, const Mutation& mutation, int64_t retention,
                             RedisCommand& command)
    : keys_(service, mutation.partition), command_(command) {
  AddKey(keys_.Sequence());
  AddNumber(static_cast<int64_t>(mutation.loaded_at));
  AddNumber(HasEffect(mutation) ? 1 : 0);
  AddNumber(retention);
  AddExpects(mutation);
  AddPuts(mutation.puts, mutation.loaded_at);
  AddErases(mutation.erases, mutation.dropped_tables);
  AddCounters(mutation.adds);
  AddRanks(mutation.ranks);
  AddAppends(mutation.appends);
}

void CommitBuilder::Finish(absl::string_view sha) {
  command_.Refer("EVALSHA");
  command_.Refer(sha);
  command_.Own(absl::StrCat(key_arguments_.size()));
  for (const absl::string_view key : key_arguments_) command_.Refer(key);
  for (const absl::string_view argument : arguments_) command_.Refer(argument);
}

void CommitBuilder::AddExpects(const Mutation& mutation) {
  for (const Put& put : mutation.puts) {
    if (!put.key.expires) expected_by_puts_.try_emplace({put.key.collection, put.key.id}, nullptr);
  }
  std::vector<const Expect*> alone;
  for (const Expect& expect : mutation.expects) {
    const auto put = expected_by_puts_.find({expect.key.collection, expect.key.id});
    if (!expect.key.expires && put != expected_by_puts_.end() && put->second == nullptr) {
      put->second = &expect;
    } else {
      alone.push_back(&expect);
    }
  }
  for (const bool expires : {false, true}) {
    const auto count = std::count_if(alone.begin(), alone.end(), [&](auto* e) { return e->key.expires == expires; });
    AddNumber(count);
    for (const Expect* expect : alone) {
      if (expect->key.expires != expires) continue;
      AddKey(expires ? keys_.Entity(expect->key) : keys_.Bucket(expect->key));
      if (!expires) AddBytes(expect->key.id);
      AddVersion(expect->version);
      run_.expects.push_back(expect);
    }
  }
}

void CommitBuilder::AddVersion(uint64_t version) {
  AddBytes(version == 0 ? absl::string_view() : command_.Keep(EncodeVersion(version)));
}

void CommitBuilder::AddPuts(const std::vector<Put>& puts, uint64_t loaded_at) {
  const auto key_of = [](const Put& put) -> const Key& { return put.key; };
  const auto packed = Select(puts, false, key_of);
  const std::string guess = EncodeVersion(loaded_at + 1);
  AddNumber(static_cast<int64_t>(guess.size()));
  AddNumber(static_cast<int64_t>(packed.size()));
  for (const Put* put : packed) {
    AddKey(keys_.Bucket(put->key));
    AddBytes(put->key.id);
    const Expect* expect = expected_by_puts_.find({put->key.collection, put->key.id})->second;
    if (expect == nullptr) {
      AddBytes("any");
    } else {
      AddVersion(expect->version);
    }
    run_.expects.push_back(expect);
    AddBytes(command_.Keep(absl::StrCat(guess, put->value)));
  }

  const auto plain = Select(puts, true, key_of);
  AddNumber(static_cast<int64_t>(plain.size()));
  for (const Put* put : plain) {
    AddKey(keys_.Entity(put->key));
    AddBytes(put->value);
    AddNumber(absl::ToInt64Milliseconds(put->ttl));
  }
}

void CommitBuilder::AddErases(const std::vector<Key>& erases, const std::vector<std::string>& dropped_tables) {
  const auto key_of = [](const Key& key) -> const Key& { return key; };
  const auto packed = Select(erases, false, key_of);
  AddNumber(static_cast<int64_t>(packed.size()));
  for (const Key* key : packed) {
    AddKey(keys_.Bucket(*key));
    AddBytes(key->id);
  }
  const auto plain = Select(erases, true, key_of);
  AddNumber(static_cast<int64_t>(plain.size() + dropped_tables.size()));
  for (const Key* key : plain) AddKey(keys_.Entity(*key));
  for (const std::string& table : dropped_tables) AddKey(keys_.Table(table));
}

void CommitBuilder::AddCounters(const std::vector<Add>& adds) {
  AddNumber(std::count_if(adds.begin(), adds.end(), [](const Add& add) { return !add.deltas.empty(); }));
  for (const Add& add : adds) {
    if (add.deltas.empty()) continue;
    run_.table_keys.push_back(keys_.Table(add.table));
    AddKey(run_.table_keys.back());
    AddBytes(add.deltas.bytes());
  }
}

void CommitBuilder::AddRanks(const std::vector<Rank>& ranks) {
  // The last word on each member.
  std::map<absl::string_view, std::map<absl::string_view, std::optional<int64_t>>> indexes;
  for (const Rank& rank : ranks) indexes[rank.index][rank.member] = rank.score;
  AddNumber(static_cast<int64_t>(indexes.size()));
  for (const auto& [index, members] : indexes) {
    AddKey(keys_.Index(index));
    const auto scored = std::count_if(members.begin(), members.end(), [](const auto& m) { return m.second; });
    AddNumber(scored);
    for (const auto& [member, score] : members) {
      if (!score) continue;
      AddNumber(*score);
      AddBytes(member);
    }
    AddNumber(static_cast<int64_t>(members.size()) - scored);
    for (const auto& [member, score] : members) {
      if (!score) AddBytes(member);
    }
  }
}

void CommitBuilder::AddAppends(const std::vector<Append>& appends) {
  std::map<absl::string_view, std::vector<size_t>> streams;
  for (size_t i = 0; i < appends.size(); ++i) streams[appends[i].stream].push_back(i);
  AddNumber(static_cast<int64_t>(streams.size()));
  for (const auto& [stream, entries] : streams) {
    AddKey(keys_.Stream(stream));
    AddKey(keys_.StreamTrim(stream));
    AddNumber(static_cast<int64_t>(entries.size()));
    for (const size_t i : entries) {
      AddNumber(static_cast<int64_t>(i));
      AddBytes(appends[i].value);
    }
  }
}

}  // namespace

CommitRun BuildCommit(absl::string_view sha, absl::string_view service, const Mutation& mutation, int64_t retention,
                      RedisCommand& command) {
  CommitBuilder builder(service, mutation, retention, command);
  builder.Finish(sha);
  return builder.TakeRun();
}

}  // namespace rapport::store

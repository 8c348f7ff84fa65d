#include "tests/store/store_contract.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <random>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"

namespace rapport::store {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

const Partition kPartition{"acme", 3};
constexpr char kBinary[] = "\0{}\r\n%\xff/:";
const std::string kBinaryName(kBinary, sizeof(kBinary) - 1);

Key K(std::string id) {
  return {"r", std::move(id), false};
}
Key Expiring(std::string id) {
  return {"m", std::move(id), true};
}

Mutation PutOne(const std::string& id, const std::string& value) {
  Mutation mutation;
  mutation.partition = kPartition;
  mutation.puts.push_back({K(id), value});
  return mutation;
}

Mutation AddOne(const std::string& table, const std::string& field, int64_t delta) {
  Mutation mutation;
  mutation.partition = kPartition;
  mutation.adds.emplace_back().table = table;
  mutation.adds.back().deltas.Add(field, delta);
  return mutation;
}

Mutation AppendOne(const std::string& stream, const std::string& value) {
  Mutation mutation;
  mutation.partition = kPartition;
  mutation.appends.push_back({stream, value});
  return mutation;
}

Mutation RankAll(const std::string& index, const std::vector<std::pair<std::string, std::optional<int64_t>>>& members) {
  Mutation mutation;
  mutation.partition = kPartition;
  for (const auto& [member, score] : members) mutation.ranks.push_back({index, member, score});
  return mutation;
}

IndexRange WholeIndex(const std::string& index) {
  IndexRange range;
  range.partition = kPartition;
  range.index = index;
  range.from = -(int64_t{1} << 53) + 1;
  range.to = (int64_t{1} << 53) - 1;
  return range;
}

StreamRange After(const std::string& stream, StreamPosition after) {
  StreamRange range;
  range.partition = kPartition;
  range.stream = stream;
  range.after = after;
  range.limit = 1000;
  return range;
}

std::vector<std::string> Members(const IndexPage& page) {
  std::vector<std::string> names;
  names.reserve(page.members.size());
  for (const RankedMember& member : page.members) names.push_back(member.member);
  return names;
}

std::vector<std::string> Values(const StreamPage& page) {
  std::vector<std::string> values;
  values.reserve(page.entries.size());
  for (const StreamEntry& entry : page.entries) values.push_back(entry.value);
  return values;
}

StoreContract::StoreContract() : environment_(GetParam()()) {
  Reopen();
}

StoreOptions StoreContract::Options() const {
  StoreOptions options;
  options.partitions = 8;
  options.url = environment_->url();
  options.service = "contract";
  options.clock = [this] { return environment_->Now(); };
  return options;
}

void StoreContract::Reopen() {
  Reopen(Options());
}

void StoreContract::Reopen(const StoreOptions& options) {
  store_.reset();
  absl::StatusOr<std::unique_ptr<Store>> opened = OpenStore(options);
  if (!opened.ok()) {
    ADD_FAILURE() << opened.status();
    std::abort();
  }
  store_ = *std::move(opened);
}

absl::Status StoreContract::Commit(const Mutation& mutation) {
  return store().Commit({mutation}).at(0);
}

Loaded StoreContract::Load(const Partition& partition, const std::vector<Key>& keys) {
  absl::StatusOr<std::vector<Loaded>> loaded = store().Load({LoadRequest{partition, keys}});
  EXPECT_TRUE(loaded.ok()) << loaded.status();
  return loaded.ok() ? loaded->at(0) : Loaded{0, std::vector<Entity>(keys.size())};
}

CounterLog StoreContract::ReadTable(const Partition& partition, const std::string& table) {
  absl::StatusOr<std::vector<CounterLog>> logs = store().ReadCounters({TableRef{partition, table}});
  EXPECT_TRUE(logs.ok()) << logs.status();
  return logs.ok() ? logs->at(0) : CounterLog();
}

StreamPage StoreContract::ReadStream(const StreamRange& range) {
  absl::StatusOr<std::vector<StreamPage>> pages = store().ReadStreams({range});
  EXPECT_TRUE(pages.ok()) << pages.status();
  return pages.ok() ? pages->at(0) : StreamPage();
}

TEST_P(StoreContract, GivesBackWhatWasPut) {
  ASSERT_TRUE(Commit(PutOne("a", "one")).ok());
  const Loaded loaded = Load(kPartition, {K("a"), K("b")});
  EXPECT_EQ(loaded.sequence, 1);
  EXPECT_EQ(loaded.entities[0].value, "one");
  EXPECT_EQ(loaded.entities[0].version, 1);
  EXPECT_EQ(loaded.entities[1].value, "");
  EXPECT_EQ(loaded.entities[1].version, 0);
}

TEST_P(StoreContract, EachPutGivesALargerVersionAlsoAfterAnErase) {
  uint64_t last = 0;
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(Commit(PutOne("a", "value")).ok());
    const uint64_t version = LoadOne(kPartition, K("a")).version;
    EXPECT_GT(version, last);
    last = version;
    Mutation erase;
    erase.partition = kPartition;
    erase.erases.push_back(K("a"));
    ASSERT_TRUE(Commit(erase).ok());
    EXPECT_EQ(LoadOne(kPartition, K("a")).version, 0);
  }
}

TEST_P(StoreContract, RefusesAVersionThatMoved) {
  ASSERT_TRUE(Commit(PutOne("a", "one")).ok());
  const uint64_t version = LoadOne(kPartition, K("a")).version;
  Mutation update = PutOne("a", "two");
  update.expects.push_back({K("a"), version});
  EXPECT_TRUE(Commit(update).ok());
  EXPECT_TRUE(absl::IsAborted(Commit(update)));
  EXPECT_EQ(LoadOne(kPartition, K("a")).value, "two");
}

TEST_P(StoreContract, RefusesToCreateWhatIsThereAndToReplaceWhatIsNot) {
  Mutation create = PutOne("a", "one");
  create.expects.push_back({K("a"), 0});
  EXPECT_TRUE(Commit(create).ok());
  EXPECT_TRUE(absl::IsAborted(Commit(create)));
  Mutation replace = PutOne("b", "two");
  replace.expects.push_back({K("b"), 1});
  EXPECT_TRUE(absl::IsAborted(Commit(replace)));
  EXPECT_EQ(LoadOne(kPartition, K("b")).version, 0);
}

TEST_P(StoreContract, AnExpectationMayBeAboutAnEntityThatIsNotPut) {
  ASSERT_TRUE(Commit(PutOne("guard", "1")).ok());
  const uint64_t version = LoadOne(kPartition, K("guard")).version;
  ASSERT_TRUE(Commit(PutOne("guard", "2")).ok());
  Mutation mutation = PutOne("a", "value");
  mutation.expects.push_back({K("guard"), version});
  EXPECT_TRUE(absl::IsAborted(Commit(mutation)));
}

TEST_P(StoreContract, ChecksExpectationsWhenThePartitionMovedSinceTheLoad) {
  const Loaded loaded = Load(kPartition, {K("a"), K("b")});
  ASSERT_TRUE(Commit(PutOne("a", "other's")).ok());
  Mutation mine = PutOne("b", "mine");
  mine.loaded_at = loaded.sequence;
  mine.expects = {{K("b"), 0}};
  EXPECT_TRUE(Commit(mine).ok());
  Mutation stale = PutOne("a", "mine");
  stale.loaded_at = Load(kPartition, {}).sequence - 1;
  stale.expects = {{K("a"), 0}};
  EXPECT_TRUE(absl::IsAborted(Commit(stale)));
}

TEST_P(StoreContract, NothingOfARefusedMutationIsApplied) {
  ASSERT_TRUE(Commit(PutOne("a", "one")).ok());
  Mutation mutation = PutOne("b", "two");
  mutation.expects.push_back({K("a"), 0});
  mutation.puts.push_back({Expiring("e"), "e", absl::Hours(1)});
  mutation.erases.push_back(K("a"));
  mutation.adds.emplace_back().table = "t";
  mutation.adds.back().deltas.Add("f", 1);
  mutation.ranks.push_back({"index", "member", 1});
  mutation.appends.push_back({"stream", "entry"});
  ASSERT_TRUE(absl::IsAborted(Commit(mutation)));
  EXPECT_EQ(LoadOne(kPartition, K("a")).value, "one");
  EXPECT_EQ(LoadOne(kPartition, K("b")).version, 0);
  EXPECT_EQ(LoadOne(kPartition, Expiring("e")).version, 0);
  EXPECT_TRUE(ReadTable(kPartition, "t").empty());
  EXPECT_THAT(store().RangeIndex(WholeIndex("index"))->members, IsEmpty());
  EXPECT_THAT(ReadStream(After("stream", {})).entries, IsEmpty());

  mutation.expects.clear();
  ASSERT_TRUE(Commit(mutation).ok());
  EXPECT_EQ(LoadOne(kPartition, K("a")).version, 0);
  EXPECT_EQ(LoadOne(kPartition, K("b")).value, "two");
  EXPECT_EQ(LoadOne(kPartition, Expiring("e")).value, "e");
  EXPECT_THAT(ReadTable(kPartition, "t").Sum(), UnorderedElementsAre(Pair("f", 1)));
  EXPECT_THAT(Members(*store().RangeIndex(WholeIndex("index"))), ElementsAre("member"));
  EXPECT_THAT(Values(ReadStream(After("stream", {}))), ElementsAre("entry"));
}

TEST_P(StoreContract, MutationsOfOneCallSucceedAndFailEachForItself) {
  ASSERT_TRUE(Commit(PutOne("a", "one")).ok());
  Mutation refused = PutOne("a", "two");
  refused.expects = {{K("a"), 0}};
  Mutation misplaced = PutOne("a", "three");
  misplaced.partition.index = 8;
  Mutation elsewhere = PutOne("a", "four");
  elsewhere.partition.index = 5;
  const std::vector<absl::Status> statuses = store().Commit({{refused, misplaced, elsewhere, PutOne("b", "five")}});
  ASSERT_THAT(statuses, SizeIs(4));
  EXPECT_TRUE(absl::IsAborted(statuses[0]));
  EXPECT_TRUE(absl::IsInvalidArgument(statuses[1]));
  EXPECT_TRUE(statuses[2].ok()) << statuses[2];
  EXPECT_TRUE(statuses[3].ok()) << statuses[3];
  EXPECT_EQ(LoadOne(kPartition, K("a")).value, "one");
  EXPECT_EQ(LoadOne(elsewhere.partition, K("a")).value, "four");
  EXPECT_EQ(LoadOne(kPartition, K("b")).value, "five");
}

TEST_P(StoreContract, MutationsOfOneCallThatShareAPartitionFollowOneAnother) {
  const uint64_t loaded_at = Load(kPartition, {K("a")}).sequence;
  Mutation first = PutOne("a", "first");
  first.loaded_at = loaded_at;
  first.expects = {{K("a"), 0}};
  first.ranks = {{"index", "member", 1}};
  Mutation second = first;
  second.puts[0].value = "second";
  Mutation third = PutOne("a", "third");
  third.expects = {{K("a"), loaded_at + 1}};
  third.ranks = {{"index", "member", 2}};
  third.adds = AddOne("t", "f", 1).adds;
  third.dropped_tables = {"t"};
  const std::vector<absl::Status> statuses = store().Commit({{first, second, third, third}});
  EXPECT_TRUE(statuses[0].ok()) << statuses[0];
  EXPECT_TRUE(absl::IsAborted(statuses[1]));
  EXPECT_TRUE(statuses[2].ok()) << statuses[2];
  EXPECT_TRUE(absl::IsAborted(statuses[3]));
  EXPECT_EQ(LoadOne(kPartition, K("a")).value, "third");
  const IndexPage page = *store().RangeIndex(WholeIndex("index"));
  ASSERT_THAT(page.members, SizeIs(1));
  EXPECT_EQ(page.members[0].score, 2);
  EXPECT_THAT(ReadTable(kPartition, "t").Sum(), UnorderedElementsAre(Pair("f", 1)));
}

TEST_P(StoreContract, ExactlyOneOfSeveralConcurrentWritersWinsEachRound) {
  constexpr int kThreads = 4;
  constexpr int kRounds = 60;
  std::atomic<int> committed = 0;
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int done = 0; done < kRounds;) {
        const Loaded loaded = Load(kPartition, {K("shared")});
        const std::string& value = loaded.entities[0].value;
        Mutation mutation = PutOne("shared", absl::StrCat(value.empty() ? 0 : std::stoi(value) + 1));
        mutation.loaded_at = t % 2 == 0 ? loaded.sequence : 0;
        mutation.expects = {{K("shared"), loaded.entities[0].version}};
        mutation.adds = AddOne("wins", absl::StrCat(t), 1).adds;
        const absl::Status status = Commit(mutation);
        if (status.ok()) {
          ++committed;
          ++done;
        } else if (!absl::IsAborted(status)) {
          ADD_FAILURE() << status;
          return;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(committed, kThreads * kRounds);
  EXPECT_EQ(LoadOne(kPartition, K("shared")).value, absl::StrCat(kThreads * kRounds - 1));
  EXPECT_THAT(ReadTable(kPartition, "wins").Sum(),
              UnorderedElementsAre(Pair("0", kRounds), Pair("1", kRounds), Pair("2", kRounds), Pair("3", kRounds)));
}

TEST_P(StoreContract, ConcurrentWritersOfSeveralPartitionsLoseNothing) {
  constexpr int kThreads = 4;
  constexpr int kCommits = 40;
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kCommits; ++i) {
        std::vector<Mutation> mutations;
        for (uint32_t p = 0; p < 8; ++p) {
          Mutation& mutation = mutations.emplace_back(AddOne("t", "f", 1));
          // In another order in each thread.
          mutation.partition.index = (p + static_cast<uint32_t>(2 * t)) % 8;
        }
        for (const absl::Status& status : store().Commit(mutations)) EXPECT_TRUE(status.ok()) << status;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (uint32_t p = 0; p < 8; ++p) {
    EXPECT_THAT(ReadTable({"acme", p}, "t").Sum(), UnorderedElementsAre(Pair("f", kThreads * kCommits)));
  }
}

TEST_P(StoreContract, CountersAreTheSumOfWhatWasAddedInAnyOrder) {
  std::mt19937 random(11);
  std::map<std::string, std::map<std::string, int64_t>> expected;
  std::vector<Mutation> mutations;
  for (int i = 0; i < 400; ++i) {
    Mutation& mutation = mutations.emplace_back();
    mutation.partition = kPartition;
    for (int a = 0; a < 3; ++a) {
      Add& add = mutation.adds.emplace_back();
      add.table = absl::StrCat("t", random() % 3);
      for (int f = 0; f < 20; ++f) {
        const std::string field = absl::StrCat("field-", random() % 40);
        const int64_t delta = static_cast<int64_t>(random() % 200) - 100;
        add.deltas.Add(field, delta);
        expected[add.table][field] += delta;
      }
    }
  }
  std::shuffle(mutations.begin(), mutations.end(), random);
  for (size_t i = 0; i < mutations.size(); i += 20) {
    for (const absl::Status& status : store().Commit(absl::MakeSpan(mutations).subspan(i, 20))) {
      ASSERT_TRUE(status.ok()) << status;
    }
  }
  Reopen();
  for (auto& [table, fields] : expected) {
    std::erase_if(fields, [](const auto& field) { return field.second == 0; });
    const CounterLog log = ReadTable(kPartition, table);
    const auto sums = log.Sum();
    EXPECT_EQ((std::map<std::string, int64_t>(sums.begin(), sums.end())), fields);
    // 160 KB were added to each; 40 counters need no more than this.
    EXPECT_LT(log.bytes().size(), 8192);
  }
}

TEST_P(StoreContract, TablesThatGrowWhileTheyAreSummedUpKeepEveryAddition) {
  constexpr int kThreads = 4;
  constexpr int kCommits = 150;
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kCommits; ++i) {
        Mutation mutation = AddOne("t", absl::StrCat("of all threads, ", i % 10, std::string(100, '.')), 1);
        mutation.adds[0].deltas.Add(absl::StrCat("of thread ", t, std::string(200, '.')), 1);
        EXPECT_TRUE(Commit(mutation).ok());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const CounterLog log = ReadTable(kPartition, "t");
  int64_t total = 0;
  for (const auto& [field, sum] : log.Sum()) total += sum;
  EXPECT_EQ(total, 2 * kThreads * kCommits);
  EXPECT_LT(log.bytes().size(), 8192);
}

TEST_P(StoreContract, DroppedTablesAreEmptyAndMayBeginAnew) {
  ASSERT_TRUE(Commit(AddOne("t", "f", 5)).ok());
  ASSERT_TRUE(Commit(AddOne("kept", "f", 5)).ok());
  Mutation drop;
  drop.partition = kPartition;
  drop.dropped_tables = {"t", "never there"};
  ASSERT_TRUE(Commit(drop).ok());
  EXPECT_TRUE(ReadTable(kPartition, "t").empty());
  EXPECT_FALSE(ReadTable(kPartition, "kept").empty());
  drop.adds = AddOne("t", "f", 2).adds;
  ASSERT_TRUE(Commit(drop).ok());
  EXPECT_THAT(ReadTable(kPartition, "t").Sum(), UnorderedElementsAre(Pair("f", 2)));
}

TEST_P(StoreContract, RanksAreByScoreThenMemberInEitherDirection) {
  ASSERT_TRUE(Commit(RankAll("i", {{"c", 0}, {"b", -5}, {"a", 0}, {"d", 7}, {"e", -(int64_t{1} << 53) + 1}})).ok());
  EXPECT_THAT(Members(*store().RangeIndex(WholeIndex("i"))), ElementsAre("e", "b", "a", "c", "d"));
  IndexRange range = WholeIndex("i");
  range.descending = true;
  const IndexPage page = *store().RangeIndex(range);
  EXPECT_THAT(Members(page), ElementsAre("d", "c", "a", "b", "e"));
  EXPECT_EQ(page.members.back().score, -(int64_t{1} << 53) + 1);
  EXPECT_EQ(page.next_cursor, "");
}

TEST_P(StoreContract, RangesIncludeTheirBounds) {
  ASSERT_TRUE(Commit(RankAll("i", {{"a", 1}, {"b", 2}, {"c", 3}, {"d", 4}})).ok());
  IndexRange range = WholeIndex("i");
  range.from = 2;
  range.to = 3;
  EXPECT_THAT(Members(*store().RangeIndex(range)), ElementsAre("b", "c"));
  range.descending = true;
  EXPECT_THAT(Members(*store().RangeIndex(range)), ElementsAre("c", "b"));
  range.from = 3;
  range.to = 2;
  EXPECT_THAT(Members(*store().RangeIndex(range)), IsEmpty());
  range.from = range.to = 9;
  EXPECT_THAT(Members(*store().RangeIndex(range)), IsEmpty());
}

TEST_P(StoreContract, ARankIsReplacedAndTakenOut) {
  ASSERT_TRUE(Commit(RankAll("i", {{"a", 1}, {"b", 2}, {"c", 3}})).ok());
  ASSERT_TRUE(Commit(RankAll("i", {{"a", 9}, {"b", std::nullopt}, {"never there", std::nullopt}})).ok());
  EXPECT_THAT(Members(*store().RangeIndex(WholeIndex("i"))), ElementsAre("c", "a"));
  ASSERT_TRUE(Commit(RankAll("i", {{"a", 5}, {"a", std::nullopt}, {"c", std::nullopt}, {"c", 4}})).ok());
  EXPECT_THAT(Members(*store().RangeIndex(WholeIndex("i"))), ElementsAre("c"));
}

TEST_P(StoreContract, PagesThroughAnIndexWhileMembersComeAndGo) {
  std::vector<std::pair<std::string, std::optional<int64_t>>> members;
  members.reserve(100);
  for (int i = 0; i < 100; ++i) members.emplace_back(absl::StrCat("m", 100 + i), i / 10);  // ten of each score
  ASSERT_TRUE(Commit(RankAll("i", members)).ok());
  for (const bool descending : {false, true}) {
    IndexRange range = WholeIndex("i");
    range.descending = descending;
    range.limit = 7;
    std::vector<std::string> seen;
    for (int round = 0; round < 100; ++round) {
      const IndexPage page = *store().RangeIndex(range);
      for (const std::string& member : Members(page)) {
        if (member[0] == 'm') seen.push_back(member);
      }
      if (page.next_cursor.empty()) break;
      EXPECT_THAT(page.members, SizeIs(7));
      range.cursor = page.next_cursor;
      // Around the place where the next page begins; and the member that it goes on after disappears.
      const RankedMember last = page.members.back();
      ASSERT_TRUE(Commit(RankAll("i", {{last.member, std::nullopt},
                                       {absl::StrCat("a", round), last.score},
                                       {absl::StrCat("z", round), last.score}}))
                      .ok());
    }
    std::vector<std::string> expected;
    expected.reserve(members.size());
    for (const auto& [member, score] : members) expected.push_back(member);
    if (descending) std::reverse(expected.begin(), expected.end());
    EXPECT_EQ(seen, expected);
    Mutation restore = RankAll("i", members);
    for (int round = 0; round < 100; ++round) {
      restore.ranks.push_back({"i", absl::StrCat("a", round), std::nullopt});
      restore.ranks.push_back({"i", absl::StrCat("z", round), std::nullopt});
    }
    ASSERT_TRUE(Commit(restore).ok());
  }
}

TEST_P(StoreContract, RefusesACursorThatIsNone) {
  IndexRange range = WholeIndex("i");
  range.cursor = "x";
  EXPECT_TRUE(absl::IsInvalidArgument(store().RangeIndex(range).status()));
  range.cursor.clear();
  range.limit = 0;
  EXPECT_TRUE(absl::IsInvalidArgument(store().RangeIndex(range).status()));
}

TEST_P(StoreContract, StreamsKeepTheOrderOfCommitsAndOfTheirEntries) {
  Mutation mutation = AppendOne("s", "one");
  mutation.appends.push_back({"other", "x"});
  mutation.appends.push_back({"s", "two"});
  ASSERT_TRUE(Commit(mutation).ok());
  ASSERT_TRUE(Commit(AppendOne("s", "three")).ok());
  const StreamPage page = ReadStream(After("s", {}));
  EXPECT_THAT(Values(page), ElementsAre("one", "two", "three"));
  EXPECT_EQ(page.entries[0].position, (StreamPosition{1, 0}));
  EXPECT_EQ(page.entries[1].position, (StreamPosition{1, 2}));
  EXPECT_EQ(page.entries[2].position, (StreamPosition{2, 0}));
  EXPECT_FALSE(page.trimmed);
}

TEST_P(StoreContract, AReaderOfAStreamResumesWhereItStopped) {
  Mutation many;
  many.partition = kPartition;
  for (int i = 0; i < 25; ++i) many.appends.push_back({"s", absl::StrCat(i)});
  ASSERT_TRUE(Commit(many).ok());
  ASSERT_TRUE(Commit(many).ok());
  std::vector<std::string> seen;
  StreamRange range = After("s", {});
  range.limit = 7;
  for (StreamPage page = ReadStream(range); !page.entries.empty(); page = ReadStream(range)) {
    EXPECT_LE(page.entries.size(), 7);
    for (const std::string& value : Values(page)) seen.push_back(value);
    range.after = page.entries.back().position;
  }
  ASSERT_THAT(seen, SizeIs(50));
  EXPECT_EQ(seen[24], "24");
  EXPECT_EQ(seen[25], "0");
  ASSERT_TRUE(Commit(AppendOne("s", "new")).ok());
  EXPECT_THAT(Values(ReadStream(range)), ElementsAre("new"));
}

TEST_P(StoreContract, ReadsSeveralStreamsInOneCall) {
  ASSERT_TRUE(Commit(AppendOne("s", "in three")).ok());
  Mutation other = AppendOne("s", "in four");
  other.partition.index = 4;
  ASSERT_TRUE(Commit(other).ok());
  StreamRange in_four = After("s", {});
  in_four.partition.index = 4;
  const std::vector<StreamPage> pages = *store().ReadStreams({{After("s", {}), After("none", {}), in_four}});
  ASSERT_THAT(pages, SizeIs(3));
  EXPECT_THAT(Values(pages[0]), ElementsAre("in three"));
  EXPECT_THAT(pages[1].entries, IsEmpty());
  EXPECT_THAT(Values(pages[2]), ElementsAre("in four"));
}

TEST_P(StoreContract, TellsAReaderThatEntriesWereTrimmed) {
  StoreOptions options = Options();
  options.stream_retention = 16;
  Reopen(options);
  for (int i = 1; i <= 100; ++i) ASSERT_TRUE(Commit(AppendOne("s", absl::StrCat(i))).ok());
  StreamPage page = ReadStream(After("s", {}));
  ASSERT_GE(page.entries.size(), 16);
  EXPECT_LT(page.entries.size(), 24);
  EXPECT_TRUE(page.trimmed);
  EXPECT_EQ(page.entries.back().value, "100");
  const StreamPosition first = page.entries.front().position;
  EXPECT_FALSE(ReadStream(After("s", {first.sequence - 1, 0})).trimmed);
  EXPECT_TRUE(ReadStream(After("s", {first.sequence - 2, 0})).trimmed);
  EXPECT_FALSE(ReadStream(After("s", first)).trimmed);
  Reopen(options);
  EXPECT_TRUE(ReadStream(After("s", {})).trimmed);
}

TEST_P(StoreContract, EntitiesOfExpiringCollectionsExpire) {
  Mutation mutation;
  mutation.partition = kPartition;
  mutation.puts.push_back({Expiring("soon"), "1", absl::Milliseconds(40)});
  mutation.puts.push_back({Expiring("later"), "2", absl::Hours(2)});
  ASSERT_TRUE(Commit(mutation).ok());
  const absl::Time limit = environment().Now() + absl::Seconds(30);
  while (LoadOne(kPartition, Expiring("soon")).version != 0 && environment().Now() < limit) {
    environment().Pass(absl::Milliseconds(20));
  }
  const Loaded loaded = Load(kPartition, {Expiring("soon"), Expiring("later")});
  EXPECT_EQ(loaded.entities[0].version, 0);
  EXPECT_EQ(loaded.entities[1].value, "2");
  // What has expired is not there, also for expectations.
  Mutation again;
  again.partition = kPartition;
  again.expects = {{Expiring("soon"), 0}, {Expiring("later"), loaded.entities[1].version}};
  again.puts.push_back({Expiring("soon"), "3", absl::Hours(1)});
  ASSERT_TRUE(Commit(again).ok());
  EXPECT_EQ(LoadOne(kPartition, Expiring("soon")).value, "3");
  EXPECT_TRUE(absl::IsAborted(Commit(again)));
  again.expects.clear();
  again.puts.clear();
  again.erases = {Expiring("soon")};
  ASSERT_TRUE(Commit(again).ok());
  EXPECT_EQ(LoadOne(kPartition, Expiring("soon")).version, 0);
}

TEST_P(StoreContract, APutRenewsTheTimeToLive) {
  Mutation mutation;
  mutation.partition = kPartition;
  mutation.puts.push_back({Expiring("e"), "1", absl::Milliseconds(30)});
  ASSERT_TRUE(Commit(mutation).ok());
  mutation.puts[0].ttl = absl::Hours(1);
  ASSERT_TRUE(Commit(mutation).ok());
  environment().Pass(absl::Milliseconds(60));
  EXPECT_EQ(LoadOne(kPartition, Expiring("e")).value, "1");
}

TEST_P(StoreContract, TenantsAndPartitionsDoNotSeeEachOther) {
  const std::vector<Partition> places = {{"acme", 0}, {"acme", 1}, {"acme/1", 0}, {"acme", 7},     {"a}b{c", 1},
                                         {"}", 1},    {"", 1},     {"%7D", 1},    {kBinaryName, 1}};
  for (size_t i = 0; i < places.size(); ++i) {
    Mutation mutation = PutOne("same", absl::StrCat(i));
    mutation.partition = places[i];
    mutation.adds = AddOne("t", "f", static_cast<int64_t>(i) + 1).adds;
    mutation.ranks = {{"i", absl::StrCat(i), 1}};
    mutation.appends = {{"s", absl::StrCat(i)}};
    ASSERT_TRUE(Commit(mutation).ok());
  }
  for (size_t i = 0; i < places.size(); ++i) {
    EXPECT_EQ(Load(places[i], {}).sequence, 1);
    EXPECT_EQ(LoadOne(places[i], K("same")).value, absl::StrCat(i));
    EXPECT_THAT(ReadTable(places[i], "t").Sum(), UnorderedElementsAre(Pair("f", i + 1)));
    IndexRange index = WholeIndex("i");
    index.partition = places[i];
    EXPECT_THAT(Members(*store().RangeIndex(index)), ElementsAre(absl::StrCat(i)));
    StreamRange stream = After("s", {});
    stream.partition = places[i];
    EXPECT_THAT(Values(ReadStream(stream)), ElementsAre(absl::StrCat(i)));
  }
}

TEST_P(StoreContract, NamesAndValuesAreBytesOfAnyKind) {
  const std::vector<std::string> names = {
      kBinaryName, kBinaryName + "x", std::string(1, '\0'), std::string(2, '\0'), "\xff", "\xff\xff", ""};
  Mutation mutation;
  mutation.partition = kPartition;
  for (const std::string& name : names) {
    mutation.puts.push_back({K(name), name + "value"});
    mutation.puts.push_back({Expiring(name), name + "expiring", absl::Hours(1)});
    mutation.adds.emplace_back().table = name;
    mutation.adds.back().deltas.Add(name, 1);
    mutation.ranks.push_back({name, name, 1});
    mutation.appends.push_back({name, name});
  }
  mutation.ranks.push_back({"members", std::string("a\0a", 3), 1});
  mutation.ranks.push_back({"members", std::string("a\0b", 3), 1});
  mutation.ranks.push_back({"members", "a", 1});
  mutation.ranks.push_back({"members", "\xff", 1});
  mutation.ranks.push_back({"members", "B", 1});
  ASSERT_TRUE(Commit(mutation).ok());
  for (const std::string& name : names) {
    EXPECT_EQ(LoadOne(kPartition, K(name)).value, name + "value");
    EXPECT_EQ(LoadOne(kPartition, Expiring(name)).value, name + "expiring");
    EXPECT_THAT(ReadTable(kPartition, name).Sum(), UnorderedElementsAre(Pair(name, 1)));
    EXPECT_THAT(Members(*store().RangeIndex(WholeIndex(name))), ElementsAre(name));
    EXPECT_THAT(Values(ReadStream(After(name, {}))), ElementsAre(name));
  }
  IndexRange range = WholeIndex("members");
  range.limit = 1;
  std::vector<std::string> seen;
  do {
    const IndexPage page = *store().RangeIndex(range);
    seen.push_back(page.members.at(0).member);
    range.cursor = page.next_cursor;
  } while (!range.cursor.empty());
  EXPECT_THAT(seen, ElementsAre("B", "a", std::string("a\0a", 3), std::string("a\0b", 3), "\xff"));
}

TEST_P(StoreContract, EmptyCallsAreFine) {
  EXPECT_THAT(store().Commit({}), IsEmpty());
  EXPECT_THAT(*store().Load({}), IsEmpty());
  EXPECT_THAT(*store().ReadCounters({}), IsEmpty());
  EXPECT_THAT(*store().ReadStreams({}), IsEmpty());
  EXPECT_TRUE(Commit(Mutation{kPartition, 0, {}, {}, {}, {}, {}, {}, {}}).ok());
  EXPECT_EQ(Load(kPartition, {}).sequence, 0);
  EXPECT_TRUE(store().Ping().ok());
}

TEST_P(StoreContract, AMutationThatOnlyExpectsIsACheck) {
  ASSERT_TRUE(Commit(PutOne("a", "one")).ok());
  Mutation check;
  check.partition = kPartition;
  check.expects = {{K("a"), 1}};
  EXPECT_TRUE(Commit(check).ok());
  check.expects = {{K("a"), 2}};
  EXPECT_TRUE(absl::IsAborted(Commit(check)));
  EXPECT_EQ(Load(kPartition, {}).sequence, 1);
}

TEST_P(StoreContract, TakesLargeMutations) {
  constexpr int kPuts = 20'000;
  Mutation mutation;
  mutation.partition = kPartition;
  std::vector<Key> keys;
  for (int i = 0; i < kPuts; ++i) {
    keys.push_back(K(absl::StrCat("id-", i)));
    mutation.expects.push_back({keys.back(), 0});
    mutation.puts.push_back({keys.back(), absl::StrCat("value-", i)});
    mutation.ranks.push_back({"i", absl::StrCat("id-", i), i});
    mutation.appends.push_back({"s", absl::StrCat("entry-", i)});
  }
  mutation.puts[0].value = std::string(5 << 20, 'x');
  ASSERT_TRUE(Commit(mutation).ok());
  const Loaded loaded = Load(kPartition, keys);
  EXPECT_EQ(loaded.entities[0].value.size(), 5 << 20);
  for (int i = 1; i < kPuts; ++i) ASSERT_EQ(loaded.entities[i].value, absl::StrCat("value-", i));
  IndexRange range = WholeIndex("i");
  range.limit = kPuts + 1;
  EXPECT_THAT(store().RangeIndex(range)->members, SizeIs(kPuts));
  EXPECT_TRUE(absl::IsAborted(Commit(mutation)));
  Mutation erase;
  erase.partition = kPartition;
  erase.erases = keys;
  for (int i = 0; i < kPuts; ++i) erase.ranks.push_back({"i", absl::StrCat("id-", i), std::nullopt});
  ASSERT_TRUE(Commit(erase).ok());
  EXPECT_THAT(store().RangeIndex(range)->members, IsEmpty());
  EXPECT_EQ(LoadOne(kPartition, keys[7]).version, 0);
}

TEST_P(StoreContract, RefusesMisuseAndNamesTheField) {
  const auto message = [this](const Mutation& mutation) {
    const absl::Status status = Commit(mutation);
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    return std::string(status.message());
  };
  Mutation mutation = PutOne("a", "v");
  mutation.puts[0].key.collection = "Not:allowed";
  EXPECT_THAT(message(mutation), HasSubstr("key.collection is 'Not:allowed'"));
  mutation = PutOne("a", "v");
  mutation.puts[0].ttl = absl::Hours(1);
  EXPECT_THAT(message(mutation), HasSubstr("put.ttl"));
  mutation = PutOne("a", "v");
  mutation.puts[0].key.expires = true;
  EXPECT_THAT(message(mutation), HasSubstr("put.ttl"));
  mutation.puts[0].ttl = absl::ZeroDuration();
  EXPECT_THAT(message(mutation), HasSubstr("at least 1ms"));
  EXPECT_THAT(message(RankAll("i", {{"m", int64_t{1} << 53}})), HasSubstr("rank.score is 9007199254740992"));
  mutation = PutOne("a", "v");
  mutation.partition.index = 8;
  EXPECT_THAT(message(mutation), HasSubstr("partition.index is 8"));
  EXPECT_TRUE(absl::IsInvalidArgument(store().Load({LoadRequest{{"acme", 8}, {}}}).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(store().ReadCounters({TableRef{{"acme", 8}, "t"}}).status()));
}

TEST_P(StoreContract, KeepsEverythingWhenItIsOpenedAgain) {
  Mutation mutation = PutOne("a", "one");
  mutation.puts.push_back({Expiring("e"), "two", absl::Hours(1)});
  mutation.adds = AddOne("t", "f", 3).adds;
  mutation.ranks = {{"i", "m", 4}};
  mutation.appends = {{"s", "five"}};
  ASSERT_TRUE(Commit(mutation).ok());
  Reopen();
  const Loaded loaded = Load(kPartition, {K("a"), Expiring("e")});
  EXPECT_EQ(loaded.sequence, 1);
  EXPECT_EQ(loaded.entities[0].value, "one");
  EXPECT_EQ(loaded.entities[1].value, "two");
  EXPECT_THAT(ReadTable(kPartition, "t").Sum(), UnorderedElementsAre(Pair("f", 3)));
  EXPECT_THAT(Members(*store().RangeIndex(WholeIndex("i"))), ElementsAre("m"));
  EXPECT_THAT(Values(ReadStream(After("s", {}))), ElementsAre("five"));
  ASSERT_TRUE(Commit(PutOne("a", "six")).ok());
  EXPECT_EQ(LoadOne(kPartition, K("a")).version, 2);
}

TEST_P(StoreContract, RefusesAnotherPartitionCount) {
  EXPECT_EQ(store().partition_count(), 8);
  ASSERT_TRUE(Commit(PutOne("a", "one")).ok());
  Close();
  StoreOptions wrong = Options();
  wrong.partitions = 16;
  const absl::Status status = OpenStore(wrong).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("set up with 8 partitions but 16 are asked for"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("start with 8"));
  Reopen();
  EXPECT_EQ(LoadOne(kPartition, K("a")).value, "one");
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(StoreContract);

}  // namespace rapport::store

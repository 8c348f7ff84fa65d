#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/store/open_store.h"
#include "tests/support/redis_server.h"
#include "tests/support/temp_dir.h"

namespace rapport::store {
namespace {

constexpr uint32_t kPartitions = 4;  // that the writer uses
constexpr int kRounds = 6;

// A running store_crash_writer.
class Writer {
 public:
  Writer(const std::string& url, int64_t first_number) {
    int pipe_ends[2];
    if (pipe(pipe_ends) != 0) std::abort();
    const std::string number = absl::StrCat(first_number);
    pid_ = fork();
    if (pid_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      dup2(pipe_ends[1], STDOUT_FILENO);
      execl(RAPPORT_CRASH_WRITER, RAPPORT_CRASH_WRITER, url.c_str(), number.c_str(), nullptr);
      _exit(127);
    }
    close(pipe_ends[1]);
    output_ = fdopen(pipe_ends[0], "r");
  }
  ~Writer() {
    Kill();
    waitpid(pid_, nullptr, 0);
    fclose(output_);
  }

  void Kill() { kill(pid_, SIGKILL); }

  // The next number that the store acknowledged; false at the end.
  bool Next(int64_t& number) {
    char line[32];
    // A line that is cut off was not read by anybody, so that nobody relies on it.
    return fgets(line, sizeof(line), output_) != nullptr && absl::EndsWith(line, "\n") &&
           absl::SimpleAtoi(line, &number);
  }

 private:
  pid_t pid_ = -1;
  FILE* output_ = nullptr;
};

// The numbers that each part of the store knows.
struct Found {
  std::set<int64_t> first, second, counted, ranked, streamed;
};

Found ReadBack(Store& store, int64_t numbers) {
  Found found;
  for (uint32_t p = 0; p < kPartitions; ++p) {
    const Partition partition{"acme", p};
    LoadRequest request{partition, {}};
    std::vector<int64_t> asked;
    for (int64_t n = p; n < numbers; n += kPartitions) {
      request.keys.push_back({"first", absl::StrCat(n), false});
      request.keys.push_back({"second", absl::StrCat(n), true});
      asked.push_back(n);
    }
    const Loaded loaded = store.Load({request}).value().at(0);
    for (size_t i = 0; i < asked.size(); ++i) {
      if (loaded.entities[2 * i].value == absl::StrCat("first ", asked[i])) found.first.insert(asked[i]);
      if (loaded.entities[2 * i + 1].value == absl::StrCat("second ", asked[i])) found.second.insert(asked[i]);
    }
    int64_t number = 0;
    for (const auto& [field, sum] : (*store.ReadCounters({TableRef{partition, "counters"}}))[0].Sum()) {
      EXPECT_EQ(sum, 1);
      if (absl::SimpleAtoi(field, &number)) found.counted.insert(number);
    }
    IndexRange index{partition, "index", 0, int64_t{1} << 52, false, 1'000'000, ""};
    const IndexPage page = store.RangeIndex(index).value();
    for (const RankedMember& member : page.members) found.ranked.insert(member.score);
    StreamRange stream{partition, "stream", {}, 1'000'000};
    const std::vector<StreamPage> pages = store.ReadStreams({stream}).value();
    for (const StreamEntry& entry : pages[0].entries) {
      if (absl::SimpleAtoi(entry.value, &number)) {
        EXPECT_TRUE(found.streamed.insert(number).second) << number << " came twice";
      }
    }
  }
  return found;
}

// Lets a writer run against `url`, breaks it in mid-load by `crash` and looks at what is there after `recover`, again
// and again.
void ExpectNothingIsLostOrHalfThere(const std::string& url, const std::function<void(Writer&)>& crash,
                                    const std::function<void()>& recover) {
  std::mt19937 random(std::random_device{}());
  std::set<int64_t> acknowledged;
  int64_t next = 0;
  for (int round = 0; round < kRounds; ++round) {
    {
      Writer writer(url, next);
      int64_t number = 0;
      const unsigned last = 1 + random() % 1500;
      for (unsigned i = 0; i < last && writer.Next(number); ++i) acknowledged.insert(number);
      crash(writer);
      while (writer.Next(number)) acknowledged.insert(number);
    }
    recover();
    ASSERT_FALSE(acknowledged.empty());
    next = *acknowledged.rbegin() + 100;  // past all that the writer may have begun

    StoreOptions options;
    options.partitions = 8;
    options.url = url;
    options.service = "crash";
    const absl::StatusOr<std::unique_ptr<Store>> store = OpenStore(options);
    ASSERT_TRUE(store.ok()) << store.status();
    const Found found = ReadBack(**store, next);
    for (const int64_t number : acknowledged) EXPECT_TRUE(found.first.contains(number)) << number << " is lost";
    EXPECT_EQ(found.first, found.second);
    EXPECT_EQ(found.first, found.counted);
    EXPECT_EQ(found.first, found.ranked);
    EXPECT_EQ(found.first, found.streamed);
  }
  EXPECT_GT(acknowledged.size(), kRounds);
}

TEST(CrashTest, RocksDbKeepsWholeMutationsWhenTheProcessIsKilled) {
  const test_support::TempDir dir;
  ExpectNothingIsLostOrHalfThere(
      "rocksdb:" + dir.path() + "/data", [](Writer& writer) { writer.Kill(); }, [] {});
}

TEST(CrashTest, RedisKeepsWholeMutationsWhenTheServerIsKilled) {
  test_support::RedisServer server;
  ExpectNothingIsLostOrHalfThere(
      server.url(), [&server](Writer&) { server.Kill(); }, [&server] { server.Start(); });
}

}  // namespace
}  // namespace rapport::store

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/store/open_store.h"
#include "common/store/store.h"
#include "tests/support/temp_dir.h"

namespace rapport::store {
namespace {

using ::testing::HasSubstr;

// Mounts in a namespace of the program's own, which the threads of RocksDB, all started later, inherit; so nothing has
// to be unmounted, whatever happens.
class StoreDiskTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    may_mount_ = unshare(CLONE_NEWNS) == 0 && mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
  }

  void SetUp() override {
    if (may_mount_ && mount("tmpfs", dir_.path().c_str(), "tmpfs", 0, "size=24m") == 0) return;
    std::printf("left out: a small disk cannot be mounted here (%s)\n", std::strerror(errno));
    GTEST_SKIP();
  }
  void TearDown() override { umount2(dir_.path().c_str(), MNT_DETACH); }

  StoreOptions Options() const {
    StoreOptions options;
    options.partitions = 8;
    options.url = "rocksdb:" + Folder();
    options.service = "test";
    return options;
  }
  std::string Folder() const { return dir_.path() + "/data"; }
  std::string Ballast() const { return dir_.path() + "/ballast"; }

  void MakeReadOnly() const {
    ASSERT_EQ(mount(nullptr, dir_.path().c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr), 0) << std::strerror(errno);
  }

 private:
  static inline bool may_mount_ = false;
  const test_support::TempDir dir_;
};

Mutation Numbered(int number) {
  Mutation mutation;
  mutation.partition = {"acme", static_cast<uint32_t>(number % 8)};
  mutation.puts.push_back(
      {{"r", absl::StrCat(number), false}, std::string(20'000, static_cast<char>('a' + number % 26))});
  mutation.adds.emplace_back().table = "t";
  mutation.adds.back().deltas.Add("f", 1);
  return mutation;
}

int64_t Count(Store& store) {
  int64_t count = 0;
  for (uint32_t p = 0; p < 8; ++p) count += (*store.ReadCounters({TableRef{{"acme", p}, "t"}}))[0].Sum()["f"];
  return count;
}

TEST_F(StoreDiskTest, AFullDiskIsResourceExhaustedAndTheStoreGoesOnWhenThereIsRoom) {
  std::ofstream(Ballast()) << std::string(8 << 20, 'x');
  absl::StatusOr<std::unique_ptr<Store>> store = OpenStore(Options());
  ASSERT_TRUE(store.ok()) << store.status();
  int committed = 0;
  absl::Status status;
  for (; committed < 5000; ++committed) {
    status = (*store)->Commit({Numbered(committed)})[0];
    if (!status.ok()) break;
  }
  EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(Folder()));
  EXPECT_THAT(std::string(status.message()), HasSubstr("is full: make room"));
  EXPECT_EQ(Count(**store), committed);

  std::filesystem::remove(Ballast());
  // The store tries again about once a second.
  const absl::Time limit = absl::Now() + absl::Seconds(60);
  do {
    status = (*store)->Commit({Numbered(committed)})[0];
    if (!status.ok()) absl::SleepFor(absl::Milliseconds(50));
  } while (absl::IsResourceExhausted(status) && absl::Now() < limit);
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(Count(**store), committed + 1);

  store->reset();
  store = OpenStore(Options());
  ASSERT_TRUE(store.ok()) << store.status();
  EXPECT_EQ(Count(**store), committed + 1);
}

TEST_F(StoreDiskTest, RefusesAReadOnlyFolder) {
  ASSERT_TRUE(OpenStore(Options()).ok());
  MakeReadOnly();
  const absl::Status status = OpenStore(Options()).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("is not writable"));
}

TEST_F(StoreDiskTest, RefusesAReadOnlyParent) {
  MakeReadOnly();
  const absl::Status status = OpenStore(Options()).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("is not writable"));
}

}  // namespace
}  // namespace rapport::store

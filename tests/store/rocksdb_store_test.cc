#include "common/store/rocksdb_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/store/open_store.h"
#include "common/store/store.h"
#include "tests/support/temp_dir.h"

namespace rapport::store {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class RocksDbStoreTest : public testing::Test {
 protected:
  StoreOptions Options(const std::string& folder) const {
    StoreOptions options;
    options.partitions = 8;
    options.url = "rocksdb:" + folder;
    options.service = "test";
    return options;
  }
  absl::Status Refusal(const StoreOptions& options) const {
    absl::Status status = OpenStore(options).status();
    EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
    return status;
  }
  std::string Folder(const std::string& name) const { return dir_.path() + "/" + name; }

 private:
  const test_support::TempDir dir_;
};

TEST_F(RocksDbStoreTest, MakesItsFolder) {
  const auto store = OpenStore(Options(Folder("new/")));
  ASSERT_TRUE(store.ok()) << store.status();
  EXPECT_EQ((*store)->info().engine, "rocksdb");
  EXPECT_TRUE((*store)->info().unsafe.empty());
  EXPECT_TRUE(std::filesystem::is_directory(Folder("new")));
}

TEST_F(RocksDbStoreTest, NamesTheMissingParentOfItsFolder) {
  EXPECT_THAT(std::string(Refusal(Options(Folder("missing/new"))).message()),
              HasSubstr(absl::StrCat(Folder("missing"), " does not exist: make that first")));
}

TEST_F(RocksDbStoreTest, RefusesAFile) {
  std::ofstream(Folder("file")) << "text";
  EXPECT_THAT(std::string(Refusal(Options(Folder("file"))).message()), HasSubstr("is not a folder"));
}

TEST_F(RocksDbStoreTest, RefusesAFolderInUse) {
  const auto store = OpenStore(Options(Folder("data")));
  ASSERT_TRUE(store.ok());
  EXPECT_THAT(std::string(Refusal(Options(Folder("data"))).message()), HasSubstr("in use by another process"));
}

TEST_F(RocksDbStoreTest, RefusesTheDataOfAnotherService) {
  ASSERT_TRUE(OpenStore(Options(Folder("data"))).ok());
  StoreOptions other = Options(Folder("data"));
  other.service = "other";
  EXPECT_THAT(std::string(Refusal(other).message()), HasSubstr("belongs to the service 'test', not to 'other'"));
}

Mutation PutOf(const std::string& id) {
  Mutation mutation;
  mutation.partition = {"acme", 1};
  mutation.puts.push_back({{"things", id}, id});
  return mutation;
}

std::vector<uint64_t> VersionsOf(Store& store, const std::vector<std::string>& ids) {
  LoadRequest request{{"acme", 1}, {}};
  for (const std::string& id : ids) request.keys.push_back({"things", id});
  const auto loaded = store.Load({request});
  std::vector<uint64_t> versions;
  for (const Entity& entity : loaded->at(0).entities) versions.push_back(entity.version);
  return versions;
}

TEST_F(RocksDbStoreTest, WritesACheckpointThatOpensAsAStoreWhileItGoesOn) {
  const auto store = OpenStore(Options(Folder("data")));
  ASSERT_TRUE(store.ok()) << store.status();
  ASSERT_TRUE((*store)->Commit({PutOf("before")})[0].ok());
  const absl::Status written = CheckpointRocksDbStore(**store, Folder("checkpoints/one"));
  ASSERT_TRUE(written.ok()) << written;
  ASSERT_TRUE((*store)->Commit({PutOf("after")})[0].ok());

  const auto copy = OpenStore(Options(Folder("checkpoints/one")));
  ASSERT_TRUE(copy.ok()) << copy.status();
  EXPECT_THAT(VersionsOf(**copy, {"before", "after"}), ElementsAre(1, 0));
  ASSERT_TRUE((*copy)->Commit({PutOf("other")})[0].ok());
  EXPECT_THAT(VersionsOf(**store, {"before", "after", "other"}), ElementsAre(1, 2, 0));
}

TEST_F(RocksDbStoreTest, RefusesACheckpointInAFolderThatExists) {
  const auto store = OpenStore(Options(Folder("data")));
  ASSERT_TRUE(CheckpointRocksDbStore(**store, Folder("one")).ok());
  const absl::Status again = CheckpointRocksDbStore(**store, Folder("one"));
  EXPECT_THAT(std::string(again.message()), HasSubstr(Folder("one")));
}

}  // namespace
}  // namespace rapport::store

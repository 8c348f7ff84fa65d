#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/write/gathering.h"
#include "common/write/write_path.h"
#include "tests/write/appending_write.h"
#include "tests/write/fake_store.h"

namespace rapport::write {
namespace {

// How often an entity was read and written.
struct Work {
  int parsed = 0;
  int packed = 0;
};

// A list of numbers as text.
class SharedList final : public SharedEntity {
 public:
  SharedList(std::string text, Work& work) : text_(std::move(text)), work_(work) { ++work_.parsed; }

  void Append(int number) { absl::StrAppend(&text_, number, ";"); }
  std::string Pack(Changes& changes) override {
    ++work_.packed;
    changes.Add("lists", "packed", 1);
    return text_;
  }

 private:
  std::string text_;
  Work& work_;
};

class ListWrite final : public Write {
 public:
  ListWrite(int number, bool changes, Work& work, std::shared_ptr<Gathering> gathering)
      : number_(number), changes_(changes), work_(work), gathering_(std::move(gathering)) {}

  const store::Partition& partition() const override { return partition_; }
  absl::Span<const store::Key> keys() const override { return {&key_, 1}; }
  int64_t bytes() const override { return 1; }
  absl::Status Plan(absl::Span<EntityState*> entities, Changes&) override {
    EntityState& state = *entities.front();
    if (state.shared == nullptr) state.shared = std::make_unique<SharedList>(state.value, work_);
    if (!changes_) return absl::OkStatus();
    static_cast<SharedList*>(state.shared.get())->Append(number_);
    state.changed = true;
    return absl::OkStatus();
  }
  void Finish(const absl::Status& status) override { gathering_->FinishOne(status, changes_); }

 private:
  const store::Partition partition_ = PartitionAt(0);
  const store::Key key_ = EntityKey("list");
  const int number_;
  const bool changes_;
  Work& work_;
  const std::shared_ptr<Gathering> gathering_;
};

class SharedEntityTest : public ::testing::Test {
 protected:
  // Submits a write per number, all of one batch; negative ones change nothing. How many changed something.
  int64_t WriteAll(const std::vector<int>& numbers) {
    WriteOptions options;
    options.lanes = 1;
    WritePath path(store_, options, nullptr);
    absl::StatusOr<int64_t> counted;
    auto gathering = std::make_shared<Gathering>(numbers.size(),
                                                 [&](absl::StatusOr<int64_t> result) { counted = std::move(result); });
    std::vector<std::unique_ptr<Write>> writes;
    for (const int number : numbers) {
      writes.push_back(std::make_unique<ListWrite>(number, number >= 0, work_, gathering));
    }
    EXPECT_TRUE(path.Submit(std::move(writes)).ok());
    path.Close();
    return counted.value_or(-1);
  }

  std::string Stored() const { return store_.Value(PartitionAt(0), EntityKey("list")); }

  FakeStore store_{1};
  Work work_;
};

TEST_F(SharedEntityTest, IsParsedAndPackedOncePerBatch) {
  EXPECT_EQ(WriteAll({1, 2, 3}), 3);
  EXPECT_EQ(Stored(), "1;2;3;");
  EXPECT_EQ(work_.parsed, 1);
  EXPECT_EQ(work_.packed, 1);
  EXPECT_EQ(store_.Counter(PartitionAt(0), "lists", "packed"), 1);
}

TEST_F(SharedEntityTest, GoesOnFromWhatIsStored) {
  EXPECT_EQ(WriteAll({1, 2}), 2);
  EXPECT_EQ(WriteAll({3}), 1);
  EXPECT_EQ(Stored(), "1;2;3;");
  EXPECT_EQ(work_.parsed, 2);
}

TEST_F(SharedEntityTest, IsNotPackedWhenNothingChangedIt) {
  EXPECT_EQ(WriteAll({-1, -2}), 0);
  EXPECT_EQ(Stored(), "");
  EXPECT_EQ(work_.parsed, 1);
  EXPECT_EQ(work_.packed, 0);
}

TEST(GatheringTest, EndsWithTheFirstErrorAfterTheLastWrite) {
  int ended = 0;
  absl::Status status;
  Gathering gathering(3, [&](const absl::StatusOr<int64_t>& result) {
    ++ended;
    status = result.status();
  });
  gathering.FinishOne(absl::OkStatus());
  gathering.FinishOne(absl::UnavailableError("first"));
  EXPECT_EQ(ended, 0);
  gathering.FinishOne(absl::DataLossError("second"));
  EXPECT_EQ(ended, 1);
  EXPECT_EQ(status, absl::UnavailableError("first"));
}

}  // namespace
}  // namespace rapport::write

#include "tests/write/appending_write.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace rapport::write {
namespace {

class AppendingWrite final : public Write {
 public:
  AppendingWrite(AppendingEvent event, Endings& endings)
      : event_(std::move(event)), partition_(PartitionAt(event_.partition, event_.tenant)), endings_(endings) {
    for (const std::string& id : event_.ids) keys_.push_back(EntityKey(id));
  }

  const store::Partition& partition() const override { return partition_; }
  absl::Span<const store::Key> keys() const override { return keys_; }
  int64_t bytes() const override { return event_.bytes; }
  absl::Time deadline() const override { return event_.deadline; }
  absl::Status Prepare() override {
    EXPECT_FALSE(prepared_) << "event " << event_.number << " was prepared twice";
    prepared_ = true;
    return event_.prepared;
  }

  absl::Status Plan(absl::Span<EntityState*> entities, Changes& changes) override {
    EXPECT_TRUE(prepared_);
    EXPECT_EQ(entities.size(), keys_.size());
    if (!event_.planned.ok()) return event_.planned;
    for (size_t i = 0; i < entities.size(); ++i) {
      const std::vector<int> numbers = NumbersIn(entities[i]->value);
      if (std::find(numbers.begin(), numbers.end(), event_.number) != numbers.end()) continue;
      entities[i]->Set(absl::StrCat(entities[i]->value, event_.number, ","));
      changes.Add(kEventsTable, event_.ids[i], 1);
    }
    return absl::OkStatus();
  }

  void Finish(const absl::Status& status) override {
    endings_.Add(event_.number, status);
    if (event_.on_finish) event_.on_finish();
  }

 private:
  const AppendingEvent event_;
  const store::Partition partition_;
  std::vector<store::Key> keys_;
  Endings& endings_;
  bool prepared_ = false;
};

}  // namespace

void Endings::Add(int event, const absl::Status& status) {
  const absl::MutexLock lock(&mutex_);
  by_event_[event].push_back(status);
  order_.push_back(event);
}

void Endings::Await(size_t count) const {
  const absl::MutexLock lock(&mutex_);
  const auto enough = [this, count]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return order_.size() >= count; };
  mutex_.Await(absl::Condition(&enough));
}

absl::Status Endings::Of(int event) const {
  const absl::MutexLock lock(&mutex_);
  const auto found = by_event_.find(event);
  const size_t times = found == by_event_.end() ? 0 : found->second.size();
  EXPECT_EQ(times, 1u) << "event " << event << " ended " << times << " times";
  return times == 1 ? found->second.front() : absl::InternalError("did not end once");
}

std::vector<int> Endings::order() const {
  const absl::MutexLock lock(&mutex_);
  return order_;
}

size_t Endings::count() const {
  const absl::MutexLock lock(&mutex_);
  return order_.size();
}

store::Partition PartitionAt(uint32_t index, const std::string& tenant) {
  return {tenant, index};
}

store::Key EntityKey(const std::string& id) {
  return {"e", id, false};
}

std::unique_ptr<Write> MakeWrite(AppendingEvent event, Endings& endings) {
  return std::make_unique<AppendingWrite>(std::move(event), endings);
}

std::vector<int> NumbersIn(const std::string& value) {
  std::vector<int> numbers;
  for (const absl::string_view text : absl::StrSplit(value, ',', absl::SkipEmpty())) {
    int number = -1;
    EXPECT_TRUE(absl::SimpleAtoi(text, &number)) << value;
    numbers.push_back(number);
  }
  return numbers;
}

}  // namespace rapport::write

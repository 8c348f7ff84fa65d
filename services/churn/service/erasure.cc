#include "services/churn/service/erasure.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/request/stable_bytes.h"
#include "common/write/partition.h"
#include "rapport/churn/storage/v1/storage.pb.h"
#include "services/churn/service/peers.h"
#include "services/churn/service/reader.h"
#include "services/churn/service/score_store.h"
#include "services/churn/service/shared_record.h"

namespace rapport::churn {
namespace {

// Bounds what one mutation holds.
constexpr size_t kActivitiesAtOnce = 1000;

// What the writes of one erasure share.
struct Erasure {
  write::WritePath& path;
  store::Store& store;
  const store::Partition partition;
  const std::string customer_id;
  const std::function<void(absl::StatusOr<int64_t>)> done;
  int64_t erased = 0;
};

// Erases some activities of a marked customer, and goes on until none is left.
class EraseActivities final : public write::Write {
 public:
  static void Submit(const std::shared_ptr<Erasure>& erasure) {
    std::vector<std::unique_ptr<write::Write>> writes;
    writes.push_back(std::make_unique<EraseActivities>(erasure));
    const absl::Status submitted = erasure->path.Submit(std::move(writes));
    if (!submitted.ok()) erasure->done(submitted);
  }

  explicit EraseActivities(std::shared_ptr<Erasure> erasure) : erasure_(std::move(erasure)) {}

  const store::Partition& partition() const override { return erasure_->partition; }
  absl::Span<const store::Key> keys() const override { return keys_; }
  int64_t bytes() const override { return static_cast<int64_t>(erasure_->customer_id.size()); }

  // Finds out which activities there are: their number grows no more since the customer is marked.
  absl::Status Prepare() override {
    const store::TableRef table{erasure_->partition, ActivityIdsTable(erasure_->customer_id), /*lasting=*/true};
    const auto ids = erasure_->store.ReadCounters({&table, 1});
    if (!ids.ok()) return ids.status();
    for (const auto& [id, unused] : ids->front().Sum()) {
      is_last_ = ids_.size() < kActivitiesAtOnce;
      if (!is_last_) break;
      ids_.push_back(id);
      keys_.push_back(ActivityKey(erasure_->customer_id, id));
    }
    return absl::OkStatus();
  }

  absl::Status Plan(absl::Span<write::EntityState*> entities, write::Changes& changes) override {
    for (write::EntityState* entity : entities) entity->Set("");
    const std::string table = ActivityIdsTable(erasure_->customer_id);
    if (is_last_) {
      if (!ids_.empty()) changes.Drop(table);
      return absl::OkStatus();
    }
    for (const std::string& id : ids_) changes.Add(table, id, -1);
    return absl::OkStatus();
  }

  void Finish(const absl::Status& status) override {
    if (!status.ok()) return erasure_->done(status);
    erasure_->erased += static_cast<int64_t>(ids_.size());
    if (is_last_) return erasure_->done(erasure_->erased);
    Submit(erasure_);
  }

 private:
  const std::shared_ptr<Erasure> erasure_;
  std::vector<std::string> ids_;
  std::vector<store::Key> keys_;
  bool is_last_ = true;
};

// Leaves nothing of a customer but the mark and the activities.
class MarkErased final : public write::Write {
 public:
  explicit MarkErased(std::shared_ptr<Erasure> erasure)
      : erasure_(std::move(erasure)),
        keys_{RecordKey(erasure_->customer_id), ScoreKey(erasure_->customer_id), PeerAnswerKey(erasure_->customer_id)} {
  }

  const store::Partition& partition() const override { return erasure_->partition; }
  absl::Span<const store::Key> keys() const override { return keys_; }
  int64_t bytes() const override { return static_cast<int64_t>(erasure_->customer_id.size()); }

  absl::Status Plan(absl::Span<write::EntityState*> entities, write::Changes& changes) override {
    write::EntityState& record = *entities[0];
    const absl::StatusOr<SharedRecord*> shared = SharedRecord::In(erasure_->customer_id, record);
    if (!shared.ok()) return shared.status();
    if (!(*shared)->record().erased()) {
      CountRow(erasure_->customer_id, (*shared)->record().counted_row(), "", changes);
      storage::v1::CustomerRecord mark;
      mark.set_erased(true);
      // As bytes, so that writes of the same batch see the mark that look at nothing else.
      record.shared = nullptr;
      record.Set(StableBytes(mark));
    }
    ForgetScore(erasure_->customer_id, *entities[1], changes);
    if (!entities[2]->value.empty()) entities[2]->Set("");
    return absl::OkStatus();
  }

  void Finish(const absl::Status& status) override {
    if (!status.ok()) return erasure_->done(status);
    EraseActivities::Submit(erasure_);
  }

 private:
  const std::shared_ptr<Erasure> erasure_;
  const std::vector<store::Key> keys_;
};

}  // namespace

void EraseCustomer(write::WritePath& path, store::Store& store, absl::string_view tenant, absl::string_view customer_id,
                   const std::function<void(absl::StatusOr<int64_t>)>& done) {
  const store::Partition partition{std::string(tenant), write::PartitionOf(customer_id, store.partition_count())};
  auto erasure = std::make_shared<Erasure>(Erasure{path, store, partition, std::string(customer_id), done});
  std::vector<std::unique_ptr<write::Write>> writes;
  writes.push_back(std::make_unique<MarkErased>(std::move(erasure)));
  const absl::Status submitted = path.Submit(std::move(writes));
  if (!submitted.ok()) done(submitted);
}

}  // namespace rapport::churn

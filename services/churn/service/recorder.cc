#include "services/churn/service/recorder.h"

#include <array>
#include <memory>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/request/stable_bytes.h"
#include "common/service/tenants.h"
#include "common/time/interval.h"
#include "common/write/gathering.h"
#include "common/write/partition.h"
#include "rapport/churn/storage/v1/storage.pb.h"
#include "services/churn/core/customer_row.h"
#include "services/churn/core/record.h"
#include "services/churn/service/erasure.h"
#include "services/churn/service/reader.h"
#include "services/churn/service/shared_record.h"

namespace rapport::churn {
namespace {

using storage::v1::StoredActivity;
using v1::Activity;

void SetStatus(const absl::Status& status, v1::ActivityResult& result) {
  if (status.ok()) return;
  result.mutable_status()->set_code(static_cast<int>(status.code()));
  result.mutable_status()->set_message(std::string(status.message()));
}

// An activity as its sender stated it: without what its key tells and without what the service adds.
Activity Stated(Activity activity) {
  RoundMoments(activity);
  activity.clear_customer_id();
  activity.clear_activity_id();
  activity.clear_received_at();
  return activity;
}

// Orders revisions of one activity: the greatest counts. Two that differ in content only are ordered by it, so that the
// outcome does not depend on which came first. Both are as stated.
int Order(const Activity& a, const Activity& b) {
  const auto key = [](const Activity& each) {
    return std::tuple(each.revision(), each.deleted(), ToMillis(each.occurred_at()));
  };
  if (key(a) != key(b)) return key(a) < key(b) ? -1 : 1;
  return StableBytes(a).compare(StableBytes(b));
}

class ActivityWrite final : public write::Write {
 public:
  ActivityWrite(absl::string_view tenant, uint32_t partition_count, const Activity& activity, absl::Time received_at,
                absl::Time deadline, service::Tenants& tenants, ChurnMetrics& metrics, v1::ActivityResult& result,
                std::shared_ptr<write::Gathering> gathering)
      : partition_{std::string(tenant), write::PartitionOf(activity.customer_id(), partition_count)},
        keys_{RecordKey(activity.customer_id()), ActivityKey(activity.customer_id(), activity.activity_id())},
        activity_(activity),
        received_at_(received_at),
        deadline_(deadline),
        tenants_(tenants),
        metrics_(metrics),
        result_(result),
        gathering_(std::move(gathering)) {}

  const store::Partition& partition() const override { return partition_; }
  absl::Span<const store::Key> keys() const override { return keys_; }
  int64_t bytes() const override { return static_cast<int64_t>(activity_.ByteSizeLong()); }
  absl::Time deadline() const override { return deadline_; }

  absl::Status Prepare() override { return tenants_.Note(partition_.tenant); }

  absl::Status Plan(absl::Span<write::EntityState*> entities, write::Changes& changes) override {
    write::EntityState& record = *entities[0];
    write::EntityState& stored = *entities[1];
    const absl::StatusOr<SharedRecord*> shared = SharedRecord::In(activity_.customer_id(), record);
    if (!shared.ok()) return shared.status();
    if ((*shared)->record().erased()) {
      outcome_ = v1::OUTCOME_ERASED;
      return absl::OkStatus();
    }
    StoredActivity known;
    if (!known.ParseFromString(stored.value)) {
      return absl::DataLossError(absl::StrCat("activity \"", activity_.activity_id(), "\" of customer \"",
                                              activity_.customer_id(),
                                              "\" does not parse; restore the store from a backup"));
    }
    return Take(stored.value.empty() ? nullptr : known.mutable_activity(), **shared, record, stored, changes);
  }

  void Finish(const absl::Status& status) override {
    SetStatus(status, result_);
    if (status.ok()) {
      result_.set_outcome(outcome_);
      metrics_.OnRecorded(partition_.tenant, activity_, outcome_, received_at_);
    }
    gathering_->FinishOne();
  }

 private:
  // `known` is null when the activity is new.
  absl::Status Take(Activity* known, SharedRecord& shared, write::EntityState& record, write::EntityState& stored,
                    write::Changes& changes) {
    Activity stated = Stated(activity_);
    if (known != nullptr) {
      const int order = Order(Stated(*known), stated);
      outcome_ = order == 0 ? v1::OUTCOME_DUPLICATE : order > 0 ? v1::OUTCOME_SUPERSEDED : v1::OUTCOME_REPLACED;
      if (order >= 0) return absl::OkStatus();
      known->set_activity_id(activity_.activity_id());
    } else {
      outcome_ = v1::OUTCOME_CREATED;
    }
    absl::Status replaced = shared.Replace(known, activity_);
    if (!replaced.ok()) return replaced;
    if (known == nullptr) changes.Add(ActivityIdsTable(activity_.customer_id()), activity_.activity_id(), 1);
    StoredActivity now_known;
    *now_known.mutable_activity() = std::move(stated);
    *now_known.mutable_activity()->mutable_received_at() = ToMillisecond(ToProto(received_at_));
    stored.Set(StableBytes(now_known));
    // Also of an activity that counts nothing: nothing is stored of a customer who was erased meanwhile.
    record.changed = true;
    return absl::OkStatus();
  }

  const store::Partition partition_;
  const std::array<store::Key, 2> keys_;
  const Activity& activity_;
  const absl::Time received_at_;
  const absl::Time deadline_;
  service::Tenants& tenants_;
  ChurnMetrics& metrics_;
  v1::ActivityResult& result_;
  const std::shared_ptr<write::Gathering> gathering_;
  v1::Outcome outcome_ = v1::OUTCOME_UNSPECIFIED;
};

}  // namespace

Recorder::Recorder(write::WritePath& path, service::Tenants& tenants, store::Store& store, ChurnMetrics& metrics,
                   std::function<absl::Time()> clock)
    : path_(path), tenants_(tenants), store_(store), metrics_(metrics), clock_(std::move(clock)) {}

void Recorder::Record(absl::string_view tenant, absl::Time deadline, const std::vector<const Activity*>& activities,
                      const std::vector<v1::ActivityResult*>& results, const std::function<void(absl::Status)>& done) {
  const absl::Time now = clock_();
  std::vector<size_t> accepted;
  for (size_t i = 0; i < activities.size(); ++i) {
    results[i]->mutable_status()->set_index(static_cast<int32_t>(i));
    const absl::Status valid = ValidateActivity(*activities[i], now);
    if (valid.ok()) {
      accepted.push_back(i);
    } else {
      SetStatus(valid, *results[i]);
      metrics_.OnRejected(tenant);
    }
  }
  if (accepted.empty()) return done(absl::OkStatus());

  // The writes hold the gathering, and it holds `done`; when the queue refuses them, `done` is called from here.
  auto gathering = std::make_shared<write::Gathering>(
      accepted.size(), [done](const absl::StatusOr<int64_t>& finished) { done(finished.status()); });
  std::vector<std::unique_ptr<write::Write>> writes;
  writes.reserve(accepted.size());
  for (const size_t i : accepted) {
    writes.push_back(std::make_unique<ActivityWrite>(tenant, store_.partition_count(), *activities[i], now, deadline,
                                                     tenants_, metrics_, *results[i], gathering));
  }
  const absl::Status submitted = path_.Submit(std::move(writes));
  if (!submitted.ok()) done(submitted);
}

void Recorder::Erase(absl::string_view tenant, absl::string_view customer_id,
                     const std::function<void(absl::StatusOr<int64_t>)>& done) {
  EraseCustomer(path_, store_, tenant, customer_id, done);
}

}  // namespace rapport::churn

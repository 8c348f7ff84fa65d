#include "services/response_times/service/promise_recorder.h"

#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/time/interval.h"
#include "common/write/gathering.h"
#include "common/write/partition.h"
#include "services/response_times/core/change_stream.h"
#include "services/response_times/core/moments.h"
#include "services/response_times/core/promise.h"
#include "services/response_times/core/promise_counting.h"
#include "services/response_times/core/promise_validation.h"
#include "services/response_times/core/record.h"

namespace rapport::response_times {
namespace {

using storage::v1::PromiseRecord;

std::optional<v1::PromiseState> FinalStateOf(const std::optional<CountedPromise>& promise) {
  return promise ? FinalState(promise->moments) : std::nullopt;
}

// A write of one promise.
class PromiseWrite : public write::Write {
 public:
  PromiseWrite(absl::string_view tenant, absl::string_view promise_id, uint32_t partition_count)
      : partition_{std::string(tenant), write::PartitionOf(promise_id, partition_count)},
        key_(PromiseKey(promise_id)) {}

  const store::Partition& partition() const final { return partition_; }
  absl::Span<const store::Key> keys() const final { return {&key_, 1}; }

  absl::Status Plan(absl::Span<write::EntityState*> entities, write::Changes& changes) final {
    write::EntityState& state = *entities.front();
    absl::StatusOr<PromiseRecord> record = UnpackPromise(promise_id(), state.value);
    if (!record.ok()) return record.status();
    const std::optional<CountedPromise> before = CountedOf(promise_id(), *record);
    changed_ = Change(*record);
    newly_final_ = std::nullopt;
    if (changed_) {
      const std::optional<CountedPromise> after = CountedOf(promise_id(), *record);
      if (before) CountPromise(*before, -1, changes);
      if (after) CountPromise(*after, +1, changes);
      if (FinalStateOf(after) != FinalStateOf(before)) newly_final_ = FinalStateOf(after);
      AppendChange(ChangeTag::kPromise, promise_id(), changes.StreamEntry(kChangeStream));
      state.Set(record->SerializeAsString());
    }
    record_ = *std::move(record);
    return absl::OkStatus();
  }

 protected:
  const std::string& promise_id() const { return key_.id; }
  const PromiseRecord& record() const { return record_; }
  bool changed() const { return changed_; }
  // KEPT, KEPT_LATE or CANCELLED, when this write made it so.
  std::optional<v1::PromiseState> newly_final() const { return newly_final_; }

 private:
  // Whether the record changed.
  virtual bool Change(PromiseRecord& record) = 0;

  const store::Partition partition_;
  const store::Key key_;
  PromiseRecord record_;  // as it stands after this write
  bool changed_ = false;
  std::optional<v1::PromiseState> newly_final_;
};

// What someone said of a promise: that it is made, kept or cancelled.
class SayWrite final : public PromiseWrite {
 public:
  struct Said {
    std::optional<v1::Promise> made = std::nullopt;
    std::optional<int64_t> kept_ms = std::nullopt;
    std::optional<int64_t> cancelled_ms = std::nullopt;
  };

  SayWrite(absl::string_view tenant, absl::string_view promise_id, uint32_t partition_count, absl::Time deadline,
           absl::Time now, Said said, rollup::Dictionary& dictionary, service::Tenants& tenants,
           ResponseTimesMetrics& metrics, PromiseRecorder::Done done)
      : PromiseWrite(tenant, promise_id, partition_count),
        deadline_(deadline),
        now_(now),
        said_(std::move(said)),
        dictionary_(dictionary),
        tenants_(tenants),
        metrics_(metrics),
        done_(std::move(done)) {}

  int64_t bytes() const override {
    return static_cast<int64_t>(promise_id().size() + (said_.made ? said_.made->ByteSizeLong() : 0));
  }
  absl::Time deadline() const override { return deadline_; }

  absl::Status Prepare() override {
    if (!said_.made) return absl::OkStatus();
    const v1::Promise& made = *said_.made;
    const absl::StatusOr<rollup::Codes> codes =
        dictionary_.Encode(partition().tenant, rollup::ValuesOf(made.agent_id(), made.channel(), made.labels()));
    if (!codes.ok()) return codes.status();
    codes_ = *codes;
    return tenants_.Note(partition().tenant);
  }

  void Finish(const absl::Status& status) override {
    if (!status.ok()) return done_(status);
    if (newly_final()) metrics_.Of(partition().tenant).OnPromise(v1::PROMISE_ORIGIN_PERSON, *newly_final());
    done_(Present(promise_id(), record(), ToMillis(now_)));
  }

 private:
  bool Change(PromiseRecord& record) override {
    bool changed = false;
    if (said_.made && AddRevision(*said_.made, record)) {
      SetCodes(codes_, *record.mutable_dimension_codes());
      changed = true;
    }
    if (said_.kept_ms) changed |= AddKept(*said_.kept_ms, record);
    if (said_.cancelled_ms) changed |= AddCancelled(*said_.cancelled_ms, record);
    return changed;
  }

  const absl::Time deadline_;
  const absl::Time now_;
  const Said said_;
  rollup::Dictionary& dictionary_;
  service::Tenants& tenants_;
  ResponseTimesMetrics& metrics_;
  const PromiseRecorder::Done done_;
  rollup::Codes codes_{};
};

class EraseWrite final : public PromiseWrite {
 public:
  EraseWrite(absl::string_view tenant, absl::string_view promise_id, uint32_t partition_count,
             absl::string_view customer_id, std::shared_ptr<write::Gathering> gathering)
      : PromiseWrite(tenant, promise_id, partition_count),
        customer_id_(customer_id),
        gathering_(std::move(gathering)) {}

  int64_t bytes() const override { return static_cast<int64_t>(promise_id().size()); }
  void Finish(const absl::Status& status) override { gathering_->FinishOne(status, changed()); }

 private:
  bool Change(PromiseRecord& record) override { return EraseCustomer(customer_id_, record); }

  const std::string customer_id_;
  const std::shared_ptr<write::Gathering> gathering_;
};

void SubmitOne(std::unique_ptr<write::Write> write, write::WritePath& path, const PromiseRecorder::Done& done) {
  std::vector<std::unique_ptr<write::Write>> writes;
  writes.push_back(std::move(write));
  const absl::Status submitted = path.Submit(std::move(writes));
  if (!submitted.ok()) done(submitted);
}

// The moment that a request names, else now. INVALID_ARGUMENT names `field`.
absl::StatusOr<int64_t> MomentOr(absl::Time now, absl::string_view field, bool present,
                                 const google::protobuf::Timestamp& moment) {
  if (!present) return ToMillis(now);
  const absl::Status valid = ValidatePast(field, moment, now);
  if (!valid.ok()) return valid;
  return ToMillis(moment);
}

}  // namespace

store::Key PromiseKey(absl::string_view promise_id) {
  return {"promise", std::string(promise_id), false};
}

absl::StatusOr<PromiseRecord> UnpackPromise(absl::string_view promise_id, const std::string& bytes) {
  PromiseRecord record;
  if (record.ParseFromString(bytes)) return record;
  return absl::DataLossError(
      absl::StrCat("the record of promise \"", promise_id, "\" does not parse; restore the store from a backup"));
}

PromiseRecorder::PromiseRecorder(write::WritePath& path, rollup::Dictionary& dictionary, service::Tenants& tenants,
                                 uint32_t partition_count, ResponseTimesMetrics& metrics,
                                 std::function<absl::Time()> clock)
    : path_(path),
      dictionary_(dictionary),
      tenants_(tenants),
      partition_count_(partition_count),
      metrics_(metrics),
      clock_(std::move(clock)) {}

void PromiseRecorder::Make(absl::string_view tenant, absl::Time deadline, const v1::MakePromiseRequest& request,
                           const Done& done) {
  const absl::Time now = clock_();
  const absl::Status valid = Validate(request.promise(), now);
  if (!valid.ok()) return done(valid);
  SubmitOne(
      std::make_unique<SayWrite>(tenant, request.promise().promise_id(), partition_count_, deadline, now,
                                 SayWrite::Said{.made = request.promise()}, dictionary_, tenants_, metrics_, done),
      path_, done);
}

void PromiseRecorder::Keep(absl::string_view tenant, absl::Time deadline, const v1::KeepPromiseRequest& request,
                           const Done& done) {
  const absl::Time now = clock_();
  const absl::Status valid = ValidatePromiseId("promise_id", request.promise_id());
  if (!valid.ok()) return done(valid);
  const auto kept_ms = MomentOr(now, "kept_at", request.has_kept_at(), request.kept_at());
  if (!kept_ms.ok()) return done(kept_ms.status());
  SubmitOne(std::make_unique<SayWrite>(tenant, request.promise_id(), partition_count_, deadline, now,
                                       SayWrite::Said{.kept_ms = *kept_ms}, dictionary_, tenants_, metrics_, done),
            path_, done);
}

void PromiseRecorder::Cancel(absl::string_view tenant, absl::Time deadline, const v1::CancelPromiseRequest& request,
                             const Done& done) {
  const absl::Time now = clock_();
  const absl::Status valid = ValidatePromiseId("promise_id", request.promise_id());
  if (!valid.ok()) return done(valid);
  const auto cancelled_ms = MomentOr(now, "cancelled_at", request.has_cancelled_at(), request.cancelled_at());
  if (!cancelled_ms.ok()) return done(cancelled_ms.status());
  SubmitOne(
      std::make_unique<SayWrite>(tenant, request.promise_id(), partition_count_, deadline, now,
                                 SayWrite::Said{.cancelled_ms = *cancelled_ms}, dictionary_, tenants_, metrics_, done),
      path_, done);
}

void PromiseRecorder::Erase(absl::string_view tenant, absl::string_view customer_id,
                            const std::vector<std::string>& promise_ids,
                            const std::function<void(absl::StatusOr<int64_t>)>& done) {
  if (promise_ids.empty()) return done(0);
  auto gathering = std::make_shared<write::Gathering>(promise_ids.size(), done);
  std::vector<std::unique_ptr<write::Write>> writes;
  writes.reserve(promise_ids.size());
  for (const std::string& id : promise_ids) {
    writes.push_back(std::make_unique<EraseWrite>(tenant, id, partition_count_, customer_id, gathering));
  }
  const absl::Status submitted = path_.Submit(std::move(writes));
  if (!submitted.ok()) done(submitted);
}

}  // namespace rapport::response_times

#include "services/response_times/service/recorder.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/write/gathering.h"
#include "common/write/partition.h"
#include "rapport/response_times/storage/v1/storage.pb.h"
#include "services/response_times/core/analysis.h"
#include "services/response_times/core/change_stream.h"
#include "services/response_times/core/counting.h"
#include "services/response_times/core/promise_counting.h"
#include "services/response_times/core/record.h"
#include "services/response_times/core/validation.h"

namespace rapport::response_times {
namespace {

using storage::v1::Analysis;
using storage::v1::ConversationRecord;

void SetStatus(const absl::Status& status, v1::EventResult& result) {
  if (status.ok()) return;
  result.mutable_status()->set_code(static_cast<int>(status.code()));
  result.mutable_status()->set_message(std::string(status.message()));
}

// What a batch changed of a conversation, for the first of its writes to tell once it is durable.
struct Measured {
  Analysis before;
  Analysis after;
  bool told = false;  // writes of one partition are finished by one thread
};

// A conversation that the events of a batch share: measured and counted again once, after the last of them.
class SharedConversation final : public write::SharedEntity {
 public:
  SharedConversation(absl::string_view conversation_id, ConversationRecord record)
      : id_(conversation_id), record_(std::move(record)) {}

  ConversationRecord& record() { return record_; }
  const std::shared_ptr<Measured>& measured() const { return measured_; }
  // Those that the last event found.
  void SetPolicies(std::shared_ptr<const Policies> policies) { policies_ = std::move(policies); }

  std::string Pack(write::Changes& changes) override {
    const Analysis& before = measured_->before = std::move(*record_.mutable_counted());
    const Analysis& after = measured_->after = Analyze(id_, record_, *policies_);
    CountChange(id_, before, after, changes);
    std::string told;
    TellOfPromises(id_, before, after, told);
    if (!told.empty()) changes.StreamEntry(kChangeStream) += told;
    *record_.mutable_counted() = after;
    return response_times::Pack(std::move(record_));
  }

 private:
  const std::string id_;
  ConversationRecord record_;
  std::shared_ptr<const Policies> policies_;
  const std::shared_ptr<Measured> measured_ = std::make_shared<Measured>();
};

// The conversation of `state`, parsed by the first who asks.
absl::StatusOr<SharedConversation*> Share(absl::string_view conversation_id, write::EntityState& state) {
  if (state.shared == nullptr) {
    absl::StatusOr<ConversationRecord> record = Unpack(conversation_id, state.value);
    if (!record.ok()) return record.status();
    state.shared = std::make_unique<SharedConversation>(conversation_id, *std::move(record));
  }
  return static_cast<SharedConversation*>(state.shared.get());
}

// A write of one conversation.
class ConversationWrite : public write::Write {
 public:
  ConversationWrite(absl::string_view tenant, const std::string& conversation_id, uint32_t partition_count,
                    ResourceStore& resources)
      : partition_{std::string(tenant), write::PartitionOf(conversation_id, partition_count)},
        key_(ConversationKey(conversation_id)),
        resources_(resources) {}

  const store::Partition& partition() const final { return partition_; }
  absl::Span<const store::Key> keys() const final { return {&key_, 1}; }

  absl::Status Prepare() override {
    absl::StatusOr<std::shared_ptr<const Policies>> policies = resources_.Get(partition_.tenant);
    if (!policies.ok()) return policies.status();
    policies_ = *std::move(policies);
    return absl::OkStatus();
  }

  absl::Status Plan(absl::Span<write::EntityState*> entities, write::Changes&) final {
    write::EntityState& state = *entities.front();
    const absl::StatusOr<SharedConversation*> shared = Share(key_.id, state);
    if (!shared.ok()) return shared.status();
    const absl::StatusOr<bool> changed = Change((*shared)->record());
    if (!changed.ok()) return changed.status();
    measured_ = *changed ? (*shared)->measured() : nullptr;
    if (*changed) {
      state.changed = true;
      (*shared)->SetPolicies(policies_);
    }
    return absl::OkStatus();
  }

 protected:
  const std::string& conversation_id() const { return key_.id; }

  // Counts what the batch measured, if that is durable and no other write of it has yet.
  void TellMeasured(const absl::Status& status, TenantMetrics& metrics) {
    if (!status.ok() || measured_ == nullptr || measured_->told) return;
    metrics.OnMeasured(measured_->before, measured_->after);
    measured_->told = true;
  }

 private:
  // Whether the record changed.
  virtual absl::StatusOr<bool> Change(ConversationRecord& record) = 0;

  const store::Partition partition_;
  const store::Key key_;
  ResourceStore& resources_;
  std::shared_ptr<const Policies> policies_;
  std::shared_ptr<Measured> measured_;  // null when this write changed nothing
};

class EventWrite final : public ConversationWrite {
 public:
  EventWrite(absl::string_view tenant, uint32_t partition_count, const v1::ConversationEvent& event,
             absl::Time received_at, absl::Time deadline, rollup::Dictionary& dictionary, ResourceStore& resources,
             service::Tenants& tenants, TenantMetrics& metrics, v1::EventResult& result,
             std::shared_ptr<write::Gathering> gathering)
      : ConversationWrite(tenant, event.conversation_id(), partition_count, resources),
        event_(event),
        received_at_(received_at),
        deadline_(deadline),
        dictionary_(dictionary),
        tenants_(tenants),
        metrics_(metrics),
        result_(result),
        gathering_(std::move(gathering)) {}

  int64_t bytes() const override { return static_cast<int64_t>(event_.ByteSizeLong()); }
  absl::Time deadline() const override { return deadline_; }

  absl::Status Prepare() override {
    const absl::StatusOr<rollup::Codes> codes =
        dictionary_.Encode(partition().tenant, rollup::ValuesOf(event_.agent_id(), event_.channel(), event_.labels()));
    if (!codes.ok()) return codes.status();
    codes_ = *codes;
    const absl::Status noted = tenants_.Note(partition().tenant);
    return noted.ok() ? ConversationWrite::Prepare() : noted;
  }

  void Finish(const absl::Status& status) override {
    SetStatus(status, result_);
    TellMeasured(status, metrics_);
    if (status.ok()) {
      result_.set_outcome(outcome_);
      metrics_.OnRecorded(event_, outcome_, received_at_);
    }
    gathering_->FinishOne();
  }

 private:
  absl::StatusOr<bool> Change(ConversationRecord& record) override {
    if (!HasRoom(event_.event_id(), record)) {
      return absl::FailedPreconditionError(
          absl::StrCat("conversation_id: ", conversation_id(), " has ", kMostEvents,
                       " events, the most that one conversation may have; begin another one"));
    }
    outcome_ = AddEvent(event_, codes_, received_at_, record);
    return outcome_ == v1::OUTCOME_CREATED || outcome_ == v1::OUTCOME_REPLACED;
  }

  const v1::ConversationEvent& event_;
  const absl::Time received_at_;
  const absl::Time deadline_;
  rollup::Dictionary& dictionary_;
  service::Tenants& tenants_;
  TenantMetrics& metrics_;
  v1::EventResult& result_;
  const std::shared_ptr<write::Gathering> gathering_;
  rollup::Codes codes_{};
  v1::Outcome outcome_ = v1::OUTCOME_UNSPECIFIED;
};

class EraseWrite final : public ConversationWrite {
 public:
  EraseWrite(absl::string_view tenant, uint32_t partition_count, const std::string& conversation_id,
             absl::string_view customer_id, ResourceStore& resources, std::shared_ptr<write::Gathering> gathering)
      : ConversationWrite(tenant, conversation_id, partition_count, resources),
        customer_id_(customer_id),
        gathering_(std::move(gathering)) {}

  int64_t bytes() const override { return static_cast<int64_t>(conversation_id().size()); }
  void Finish(const absl::Status& status) override { gathering_->FinishOne(status, changed_); }

 private:
  absl::StatusOr<bool> Change(ConversationRecord& record) override {
    changed_ = EraseCustomer(customer_id_, record);
    return changed_;
  }

  const std::string customer_id_;
  const std::shared_ptr<write::Gathering> gathering_;
  bool changed_ = false;
};

}  // namespace

store::Key ConversationKey(absl::string_view conversation_id) {
  return {"v", std::string(conversation_id), false};
}

Recorder::Recorder(write::WritePath& path, rollup::Dictionary& dictionary, ResourceStore& resources,
                   service::Tenants& tenants, uint32_t partition_count, ResponseTimesMetrics& metrics,
                   std::function<absl::Time()> clock)
    : path_(path),
      dictionary_(dictionary),
      resources_(resources),
      tenants_(tenants),
      partition_count_(partition_count),
      metrics_(metrics),
      clock_(std::move(clock)) {}

void Recorder::Record(absl::string_view tenant, absl::Time deadline,
                      const std::vector<const v1::ConversationEvent*>& events,
                      const std::vector<v1::EventResult*>& results, const std::function<void(absl::Status)>& done) {
  const absl::Time now = clock_();
  TenantMetrics& metrics = metrics_.Of(tenant);
  std::vector<size_t> accepted;
  for (size_t i = 0; i < events.size(); ++i) {
    results[i]->mutable_status()->set_index(static_cast<int32_t>(i));
    const absl::Status valid = Validate(*events[i], now);
    if (valid.ok()) {
      accepted.push_back(i);
    } else {
      SetStatus(valid, *results[i]);
      metrics.OnRejected();
    }
  }
  if (accepted.empty()) return done(absl::OkStatus());

  // The writes hold the gathering, and it holds `done`; when the queue refuses them, `done` is called from here.
  auto gathering = std::make_shared<write::Gathering>(
      accepted.size(), [done](const absl::StatusOr<int64_t>& finished) { done(finished.status()); });
  std::vector<std::unique_ptr<write::Write>> writes;
  writes.reserve(accepted.size());
  for (const size_t i : accepted) {
    writes.push_back(std::make_unique<EventWrite>(tenant, partition_count_, *events[i], now, deadline, dictionary_,
                                                  resources_, tenants_, metrics, *results[i], gathering));
  }
  const absl::Status submitted = path_.Submit(std::move(writes));
  if (!submitted.ok()) done(submitted);
}

void Recorder::Erase(absl::string_view tenant, absl::string_view customer_id,
                     const std::vector<std::string>& conversation_ids,
                     const std::function<void(absl::StatusOr<int64_t>)>& done) {
  if (conversation_ids.empty()) return done(0);
  auto gathering = std::make_shared<write::Gathering>(conversation_ids.size(), done);
  std::vector<std::unique_ptr<write::Write>> writes;
  writes.reserve(conversation_ids.size());
  for (const std::string& id : conversation_ids) {
    writes.push_back(std::make_unique<EraseWrite>(tenant, partition_count_, id, customer_id, resources_, gathering));
  }
  const absl::Status submitted = path_.Submit(std::move(writes));
  if (!submitted.ok()) done(submitted);
}

}  // namespace rapport::response_times

#include "services/ratings/service/recorder.h"

#include <utility>

#include "common/write/gathering.h"
#include "common/write/partition.h"
#include "rapport/ratings/storage/v1/storage.pb.h"
#include "services/ratings/core/measurement.h"
#include "services/ratings/core/record.h"
#include "services/ratings/core/validation.h"

namespace rapport::ratings {
namespace {

using storage::v1::RatingRecord;

const std::string& IdOf(const v1::Rating& rating) {
  return rating.rating_id();
}
const std::string& IdOf(const v1::Survey& survey) {
  return survey.survey_id();
}

v1::Outcome Apply(const v1::Rating& rating, const rollup::Codes& codes, absl::Time received_at, RatingRecord& record) {
  return AddRating(rating, codes, received_at, record);
}
v1::Outcome Apply(const v1::Survey& survey, const rollup::Codes& codes, absl::Time, RatingRecord& record) {
  return AddSurvey(survey, codes, record);
}

bool ChangesRecord(v1::Outcome outcome) {
  return outcome != v1::OUTCOME_DUPLICATE && outcome != v1::OUTCOME_ERASED;
}

void SetStatus(const absl::Status& status, v1::ItemResult& result) {
  if (status.ok()) return;
  result.mutable_status()->set_code(static_cast<int>(status.code()));
  result.mutable_status()->set_message(std::string(status.message()));
}

// Replaces the record, and corrects the counters by the difference.
void Replace(const std::string& rating_id, const RatingRecord& before, RatingRecord after, write::EntityState& state,
             write::Changes& changes) {
  Measure(rating_id, before, -1, changes);
  Measure(rating_id, after, +1, changes);
  state.Set(Pack(std::move(after)));
}

void TellOfChange(const std::string& rating_id, write::Changes& changes) {
  std::string& entry = changes.StreamEntry(kChangeStream);
  entry.push_back(static_cast<char>(rating_id.size()));
  entry += rating_id;
}

// A write of one record.
class RecordWrite : public write::Write {
 public:
  RecordWrite(absl::string_view tenant, const std::string& rating_id, uint32_t partition_count)
      : partition_{std::string(tenant), write::PartitionOf(rating_id, partition_count)}, key_(RecordKey(rating_id)) {}

  const store::Partition& partition() const final { return partition_; }
  absl::Span<const store::Key> keys() const final { return {&key_, 1}; }

 private:
  const store::Partition partition_;
  const store::Key key_;
};

template <typename Event>
class EventWrite final : public RecordWrite {
 public:
  EventWrite(absl::string_view tenant, uint32_t partition_count, const Event& event, absl::Time received_at,
             absl::Time deadline, rollup::Dictionary& dictionary, TenantMetrics& metrics, v1::ItemResult& result,
             std::shared_ptr<write::Gathering> gathering)
      : RecordWrite(tenant, IdOf(event), partition_count),
        event_(event),
        received_at_(received_at),
        deadline_(deadline),
        dictionary_(dictionary),
        metrics_(metrics),
        result_(result),
        gathering_(std::move(gathering)) {}

  int64_t bytes() const override { return static_cast<int64_t>(event_.ByteSizeLong()); }
  absl::Time deadline() const override { return deadline_; }

  absl::Status Prepare() override {
    const absl::StatusOr<rollup::Codes> codes =
        dictionary_.Encode(partition().tenant, rollup::ValuesOf(event_.agent_id(), event_.channel(), event_.labels()));
    if (codes.ok()) codes_ = *codes;
    return codes.status();
  }

  absl::Status Plan(absl::Span<write::EntityState*> entities, write::Changes& changes) override {
    write::EntityState& state = *entities.front();
    absl::StatusOr<RatingRecord> record = Unpack(IdOf(event_), state.value);
    if (!record.ok()) return record.status();
    RatingRecord before = *record;
    outcome_ = Apply(event_, codes_, received_at_, *record);
    if (!ChangesRecord(outcome_)) return absl::OkStatus();
    Replace(IdOf(event_), before, *std::move(record), state, changes);
    if (outcome_ != v1::OUTCOME_SUPERSEDED) TellOfChange(IdOf(event_), changes);
    return absl::OkStatus();
  }

  void Finish(const absl::Status& status) override {
    SetStatus(status, result_);
    if (status.ok()) {
      result_.set_outcome(outcome_);
      metrics_.OnRecorded(event_, outcome_, received_at_);
    }
    gathering_->FinishOne();
  }

 private:
  const Event& event_;
  const absl::Time received_at_;
  const absl::Time deadline_;
  rollup::Dictionary& dictionary_;
  TenantMetrics& metrics_;
  v1::ItemResult& result_;
  const std::shared_ptr<write::Gathering> gathering_;
  rollup::Codes codes_{};
  v1::Outcome outcome_ = v1::OUTCOME_UNSPECIFIED;
};

class EraseWrite final : public RecordWrite {
 public:
  EraseWrite(absl::string_view tenant, uint32_t partition_count, const std::string& rating_id,
             absl::string_view customer_id, std::shared_ptr<write::Gathering> gathering)
      : RecordWrite(tenant, rating_id, partition_count),
        rating_id_(rating_id),
        customer_id_(customer_id),
        gathering_(std::move(gathering)) {}

  int64_t bytes() const override { return static_cast<int64_t>(rating_id_.size()); }

  absl::Status Plan(absl::Span<write::EntityState*> entities, write::Changes& changes) override {
    write::EntityState& state = *entities.front();
    absl::StatusOr<RatingRecord> record = Unpack(rating_id_, state.value);
    if (!record.ok()) return record.status();
    const RatingRecord before = *record;
    changed_ = EraseCustomer(customer_id_, *record);
    if (changed_) Replace(rating_id_, before, *std::move(record), state, changes);
    return absl::OkStatus();
  }

  void Finish(const absl::Status& status) override { gathering_->FinishOne(status, changed_); }

 private:
  const std::string rating_id_;
  const std::string customer_id_;
  const std::shared_ptr<write::Gathering> gathering_;
  bool changed_ = false;
};

}  // namespace

store::Key RecordKey(absl::string_view rating_id) {
  return {"r", std::string(rating_id), false};
}

std::vector<std::string> ChangedIds(absl::string_view entry) {
  std::vector<std::string> ids;
  while (!entry.empty()) {
    const size_t size = static_cast<uint8_t>(entry.front());
    entry.remove_prefix(1);
    ids.emplace_back(entry.substr(0, size));
    entry.remove_prefix(std::min(size, entry.size()));
  }
  return ids;
}

Recorder::Recorder(write::WritePath& path, rollup::Dictionary& dictionary, uint32_t partition_count,
                   RatingsMetrics& metrics, std::function<absl::Time()> clock)
    : path_(path),
      dictionary_(dictionary),
      partition_count_(partition_count),
      metrics_(metrics),
      clock_(std::move(clock)) {}

template <typename Event>
void Recorder::RecordAll(absl::string_view tenant, absl::Time deadline, const std::vector<const Event*>& events,
                         const std::vector<v1::ItemResult*>& results, const Done& done) {
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
    writes.push_back(std::make_unique<EventWrite<Event>>(tenant, partition_count_, *events[i], now, deadline,
                                                         dictionary_, metrics, *results[i], gathering));
  }
  const absl::Status submitted = path_.Submit(std::move(writes));
  if (!submitted.ok()) done(submitted);
}

void Recorder::Record(absl::string_view tenant, absl::Time deadline, const std::vector<const v1::Rating*>& ratings,
                      const std::vector<v1::ItemResult*>& results, const Done& done) {
  RecordAll(tenant, deadline, ratings, results, done);
}

void Recorder::Record(absl::string_view tenant, absl::Time deadline, const std::vector<const v1::Survey*>& surveys,
                      const std::vector<v1::ItemResult*>& results, const Done& done) {
  RecordAll(tenant, deadline, surveys, results, done);
}

void Recorder::Erase(absl::string_view tenant, absl::string_view customer_id,
                     const std::vector<std::string>& rating_ids,
                     const std::function<void(absl::StatusOr<int64_t>)>& done) {
  if (rating_ids.empty()) return done(0);
  auto gathering = std::make_shared<write::Gathering>(rating_ids.size(), done);
  std::vector<std::unique_ptr<write::Write>> writes;
  writes.reserve(rating_ids.size());
  for (const std::string& id : rating_ids) {
    writes.push_back(std::make_unique<EraseWrite>(tenant, partition_count_, id, customer_id, gathering));
  }
  const absl::Status submitted = path_.Submit(std::move(writes));
  if (!submitted.ok()) done(submitted);
}

}  // namespace rapport::ratings

#include "services/churn/service/score_writes.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/time/interval.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "google/protobuf/util/delimited_message_util.h"
#include "services/churn/service/score_store.h"

namespace rapport::churn {
namespace {

using storage::v1::AwaitedOutcome;
using storage::v1::BandChange;
using storage::v1::StoredScore;

constexpr int64_t kDayMs = 86'400'000;
// Watchers get the strongest; the whole score can be asked for.
constexpr int kReasonsTold = 5;

// Where the customer is ranked and counted; unspecified when nowhere.
v1::HealthBand PlaceOf(const StoredScore& stored) {
  return stored.left() ? v1::HEALTH_BAND_UNSPECIFIED : stored.score().band();
}

void Count(v1::HealthBand band, int64_t difference, write::Changes& changes) {
  changes.Add(kBandTable, absl::StrCat(static_cast<int>(band)), difference);
}

void LeavePlace(absl::string_view customer_id, v1::HealthBand place, write::Changes& changes) {
  if (place == v1::HEALTH_BAND_UNSPECIFIED) return;
  changes.Rank(RiskIndex(place), customer_id, std::nullopt);
  Count(place, -1, changes);
}

void TakePlace(absl::string_view customer_id, const v1::Score& score, write::Changes& changes) {
  const std::optional<int64_t> rank = RiskRank(score);
  if (!rank || score.band() == v1::HEALTH_BAND_UNSPECIFIED) return;
  changes.Rank(RiskIndex(score.band()), customer_id, *rank);
  Count(score.band(), +1, changes);
}

void CountOutcome(const AwaitedOutcome& awaited, bool lost, write::Changes& changes) {
  const auto add = [&](absl::string_view what, int64_t difference) {
    changes.Add(kOutcomeTable, absl::StrCat(awaited.model_version(), "/", what), difference);
  };
  const double p = awaited.probability();
  add(kSumOfCustomers, 1);
  add(kSumOfLost, lost ? 1 : 0);
  add(kSumOfPredicted, std::llround(p * kOutcomeUnit));
  add(kSumOfVariance, std::llround(p * (1 - p) * kOutcomeUnit));
}

// Counts the outcomes that are known, and awaits them no longer. Whether there were any.
bool SettleOutcomes(const SweptCustomer& customer, StoredScore& stored, write::Changes& changes) {
  const auto is_known = [&](const AwaitedOutcome& awaited) { return awaited.until_ms() <= customer.now_ms; };
  auto& all = *stored.mutable_awaited();
  for (const AwaitedOutcome& awaited : all) {
    if (!is_known(awaited)) continue;
    CountOutcome(awaited,
                 std::any_of(customer.losses_ms.begin(), customer.losses_ms.end(),
                             [&](int64_t loss) { return awaited.predicted_ms() <= loss && loss < awaited.until_ms(); }),
                 changes);
  }
  const auto kept = std::remove_if(all.begin(), all.end(), is_known);
  const bool settled = kept != all.end();
  all.erase(kept, all.end());
  return settled;
}

void RankAwaited(absl::string_view customer_id, const StoredScore& stored, write::Changes& changes) {
  std::optional<int64_t> first;
  for (const AwaitedOutcome& awaited : stored.awaited()) {
    first = std::min(first.value_or(awaited.until_ms()), awaited.until_ms());
  }
  changes.Rank(kAwaitedIndex, customer_id, first);
}

// Whether it is awaited from now on.
bool AwaitOutcome(const NewScore& made, StoredScore& stored) {
  const v1::Score& score = made.score;
  if (score.kind() != v1::SCORE_KIND_PROBABILITY || made.horizon_days <= 0) return false;
  for (const AwaitedOutcome& awaited : stored.awaited()) {
    if (awaited.model_version() == score.model_version()) return false;
  }
  AwaitedOutcome& awaited = *stored.add_awaited();
  awaited.set_predicted_ms(ToMillis(score.computed_at()));
  awaited.set_until_ms(awaited.predicted_ms() + made.horizon_days * kDayMs);
  awaited.set_model_version(score.model_version());
  awaited.set_probability(score.probability());
  return true;
}

// An erased customer's record is nothing but the mark.
bool IsErased(const write::EntityState& record) {
  storage::v1::CustomerRecord mark;
  mark.set_erased(true);
  static const size_t& mark_bytes = *new size_t(mark.ByteSizeLong());
  return record.value.size() == mark_bytes && mark.ParseFromString(record.value) && mark.erased();
}

class CustomerWrite : public write::Write {
 public:
  CustomerWrite(SweptCustomer customer, std::shared_ptr<write::Gathering> gathering)
      : customer_(std::move(customer)),
        keys_{ScoreKey(customer_.customer_id), RecordKey(customer_.customer_id)},
        gathering_(std::move(gathering)) {}

  const store::Partition& partition() const final { return customer_.partition; }
  absl::Span<const store::Key> keys() const override { return {keys_.data(), 1}; }
  int64_t bytes() const override { return static_cast<int64_t>(customer_.customer_id.size()); }
  void Finish(const absl::Status& status) override { gathering_->FinishOne(status); }

 protected:
  const SweptCustomer& customer() const { return customer_; }
  absl::Span<const store::Key> score_and_record() const { return keys_; }

 private:
  const SweptCustomer customer_;
  const std::array<store::Key, 2> keys_;
  const std::shared_ptr<write::Gathering> gathering_;
};

class ScoreWrite final : public CustomerWrite {
 public:
  ScoreWrite(SweptCustomer customer, NewScore made, ChurnMetrics& metrics, std::shared_ptr<write::Gathering> gathering)
      : CustomerWrite(std::move(customer), std::move(gathering)), made_(std::move(made)), metrics_(metrics) {}

  absl::Span<const store::Key> keys() const override { return score_and_record(); }
  int64_t bytes() const override { return static_cast<int64_t>(made_.score.ByteSizeLong()); }

  absl::Status Plan(absl::Span<write::EntityState*> entities, write::Changes& changes) override {
    place_before_ = made_.score.band();
    write::EntityState& state = *entities[0];
    if (IsErased(*entities[1])) return absl::OkStatus();
    absl::StatusOr<StoredScore> stored = UnpackScore(state.value);
    if (!stored.ok()) return stored.status();
    if (ToMillis(stored->score().computed_at()) > ToMillis(made_.score.computed_at())) return absl::OkStatus();
    place_before_ = PlaceOf(*stored);
    LeavePlace(customer().customer_id, place_before_, changes);
    TakePlace(customer().customer_id, made_.score, changes);
    const bool settled = SettleOutcomes(customer(), *stored, changes);
    if (AwaitOutcome(made_, *stored) || settled) RankAwaited(customer().customer_id, *stored, changes);
    if (place_before_ != made_.score.band()) Tell(changes);
    *stored->mutable_score() = made_.score;
    Condense(*stored->mutable_score());
    stored->set_owner_id(customer().owner_id);
    stored->set_left(false);
    state.Set(stored->SerializeAsString());
    return absl::OkStatus();
  }

  void Finish(const absl::Status& status) override {
    if (status.ok() && place_before_ != made_.score.band()) {
      metrics_.OnBandChange(partition().tenant, place_before_, made_.score.band());
    }
    CustomerWrite::Finish(status);
  }

 private:
  void Tell(write::Changes& changes) const {
    BandChange change;
    change.set_previous_band(place_before_);
    *change.mutable_score() = made_.score;
    v1::ScoreOptions strongest;
    strongest.set_max_reasons(kReasonsTold);
    TrimReasons(strongest, *change.mutable_score());
    AppendBandChange(change, changes.StreamEntry(kRiskStream));
  }

  const NewScore made_;
  ChurnMetrics& metrics_;
  v1::HealthBand place_before_ = v1::HEALTH_BAND_UNSPECIFIED;
};

class LeaveWrite final : public CustomerWrite {
 public:
  using CustomerWrite::CustomerWrite;

  absl::Status Plan(absl::Span<write::EntityState*> entities, write::Changes& changes) override {
    write::EntityState& state = *entities[0];
    absl::StatusOr<StoredScore> stored = UnpackScore(state.value);
    if (!stored.ok()) return stored.status();
    if (state.value.empty()) return absl::OkStatus();
    const bool settled = SettleOutcomes(customer(), *stored, changes);
    if (stored->left() && !settled) return absl::OkStatus();
    if (settled) RankAwaited(customer().customer_id, *stored, changes);
    LeavePlace(customer().customer_id, PlaceOf(*stored), changes);
    stored->set_left(true);
    state.Set(stored->SerializeAsString());
    return absl::OkStatus();
  }
};

class ForgetWrite final : public CustomerWrite {
 public:
  using CustomerWrite::CustomerWrite;

  absl::Status Plan(absl::Span<write::EntityState*> entities, write::Changes& changes) override {
    ForgetScore(customer().customer_id, *entities[0], changes);
    return absl::OkStatus();
  }
};

}  // namespace

void ForgetScore(absl::string_view customer_id, write::EntityState& score, write::Changes& changes) {
  if (score.value.empty()) return;
  StoredScore stored;
  // Damaged bytes have no place to leave: what can be taken out is.
  if (stored.ParseFromString(score.value)) LeavePlace(customer_id, PlaceOf(stored), changes);
  changes.Rank(kAwaitedIndex, customer_id, std::nullopt);
  score.Set("");
}

std::unique_ptr<write::Write> MakeScoreWrite(SweptCustomer customer, NewScore score, ChurnMetrics& metrics,
                                             std::shared_ptr<write::Gathering> gathering) {
  return std::make_unique<ScoreWrite>(std::move(customer), std::move(score), metrics, std::move(gathering));
}

std::unique_ptr<write::Write> MakeLeaveWrite(SweptCustomer customer, std::shared_ptr<write::Gathering> gathering) {
  return std::make_unique<LeaveWrite>(std::move(customer), std::move(gathering));
}

std::unique_ptr<write::Write> MakeForgetWrite(SweptCustomer customer, std::shared_ptr<write::Gathering> gathering) {
  return std::make_unique<ForgetWrite>(std::move(customer), std::move(gathering));
}

absl::StatusOr<StoredScore> UnpackScore(const std::string& bytes) {
  StoredScore score;
  if (score.ParseFromString(bytes)) return score;
  return absl::DataLossError("a stored score does not parse; restore the store from a backup");
}

void AppendBandChange(const BandChange& change, std::string& entry) {
  google::protobuf::io::StringOutputStream stream(&entry);
  google::protobuf::util::SerializeDelimitedToZeroCopyStream(change, &stream);
}

absl::StatusOr<std::vector<BandChange>> ParseBandChanges(const std::string& entry) {
  google::protobuf::io::ArrayInputStream stream(entry.data(), static_cast<int>(entry.size()));
  std::vector<BandChange> changes;
  for (;;) {
    BandChange change;
    bool ended = false;
    if (!google::protobuf::util::ParseDelimitedFromZeroCopyStream(&change, &stream, &ended)) {
      if (ended) return changes;
      return absl::DataLossError("the stream of band changes is damaged; restore the store from a backup");
    }
    changes.push_back(std::move(change));
  }
}

}  // namespace rapport::churn

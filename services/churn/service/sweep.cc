#include "services/churn/service/sweep.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/time/interval.h"
#include "services/churn/service/partition_sweep.h"
#include "services/churn/service/score_store.h"
#include "services/churn/service/sweep_observation.h"

namespace rapport::churn {
namespace {

using storage::v1::DriftState;
using storage::v1::SweepState;

// How often it is looked at whether other processes are done with their part of a round.
constexpr absl::Duration kPollInterval = absl::Milliseconds(100);

bool IsFinished(const SweepState& state) {
  return state.finished_ms() >= state.round_ms();
}

bool IsLeased(const SweepState& state, absl::Time now) {
  return state.leased_until_ms() > ToMillis(now);
}

bool AllFinished(const std::vector<SweepEntry>& entries) {
  return std::all_of(entries.begin(), entries.end(), [](const SweepEntry& entry) { return IsFinished(entry.state); });
}

// The end of the round that all partitions have ended; 0 when there was none.
int64_t LastEnd(const std::vector<SweepEntry>& entries) {
  int64_t last = 0;
  for (const SweepEntry& entry : entries) {
    if (entry.state.finished_ms() == 0) return 0;
    last = std::max(last, entry.state.finished_ms());
  }
  return last;
}

// A round that is due before the last one ended begins after it.
void SetRound(int64_t due_ms, SweepState& state) {
  state.set_round_ms(std::max(due_ms, state.finished_ms() + 1));
  state.clear_done_up_to();
  state.clear_customers_by_band();
}

int64_t CountScored(const std::vector<SweepEntry>& entries) {
  int64_t scored = 0;
  for (const SweepEntry& entry : entries) {
    for (const int64_t customers : entry.state.customers_by_band()) scored += customers;
  }
  return scored;
}

// What was met of each model in all partitions.
absl::StatusOr<std::map<std::string, DriftState>> MetByVersion(store::Store& store, absl::string_view tenant,
                                                               size_t partition_count) {
  std::vector<uint32_t> partitions(partition_count);
  std::iota(partitions.begin(), partitions.end(), 0);
  const auto all = LoadMet(store, tenant, partitions);
  if (!all.ok()) return all.status();
  std::map<std::string, DriftState> by_version;
  for (const DriftState& met : *all) {
    if (!met.model_version().empty()) AddMet(met, by_version[met.model_version()]);
  }
  return by_version;
}

}  // namespace

Sweep::Sweep(Options options, Reader& reader, Directory& directory, FeatureReader& features, Scoring& scoring,
             ActiveModels& models, ModelStore& model_store, write::WritePath& path, ChurnMetrics& metrics)
    : options_(std::move(options)),
      reader_(reader),
      directory_(directory),
      features_(features),
      scoring_(scoring),
      models_(models),
      model_store_(model_store),
      path_(path),
      metrics_(metrics) {}

// All replicas agree on when rounds begin without a word: at multiples of the interval.
absl::Status Sweep::RunDue(absl::string_view tenant, const std::function<bool()>& go_on) {
  if (options_.interval == absl::InfiniteDuration()) return Work(tenant, 0, go_on);
  const int64_t interval_ms = std::max<int64_t>(1, absl::ToInt64Milliseconds(options_.interval));
  return Work(tenant, ToMillis(reader_.Now()) / interval_ms * interval_ms, go_on);
}

absl::Status Sweep::Work(absl::string_view tenant, int64_t due_ms, const std::function<bool()>& go_on) {
  const SweepTools tools{reader_, directory_, features_, scoring_, models_, path_, metrics_};
  const PartitionSweep::Terms terms{NextRunner(), options_.lease, options_.chunk};
  while (go_on()) {
    absl::StatusOr<std::vector<SweepEntry>> entries = LoadSweeps(reader_.store(), tenant);
    if (!entries.ok()) return entries.status();
    const absl::Time now = reader_.Now();
    const auto next = std::find_if(entries->begin(), entries->end(), [&](const SweepEntry& entry) {
      const bool is_due = entry.state.round_ms() < due_ms || !IsFinished(entry.state);
      return is_due && !IsLeased(entry.state, now);
    });
    if (next == entries->end()) return Publish(tenant, *entries);
    const store::Partition partition{std::string(tenant), static_cast<uint32_t>(next - entries->begin())};
    if (next->state.round_ms() < due_ms) SetRound(due_ms, next->state);
    // A model that was made active before the round began scores all of it.
    models_.Refresh(tenant);
    absl::StatusOr<PartitionSweep> sweep = PartitionSweep::Take(tools, terms, partition, std::move(*next));
    absl::Status status = sweep.ok() ? sweep->Run(go_on) : sweep.status();
    // Another process has it: there may be other partitions for this one.
    if (!status.ok() && !absl::IsAborted(status)) return status;
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> Sweep::BeginRound(absl::string_view tenant, std::vector<SweepEntry> entries) {
  int64_t round_ms = ToMillis(reader_.Now());
  for (const SweepEntry& entry : entries) round_ms = std::max(round_ms, entry.state.round_ms() + 1);
  const std::string runner = NextRunner();
  for (uint32_t p = 0; p < entries.size(); ++p) {
    SetRound(round_ms, entries[p].state);
    entries[p].state.set_runner(runner);
    const absl::Status begun = SaveSweep(reader_.store(), {std::string(tenant), p}, {}, entries[p]);
    if (begun.ok()) continue;
    if (!absl::IsAborted(begun)) return begun;
    // Whoever just took a later partition scores it now anyway.
    if (p == 0) return false;
  }
  return true;
}

absl::StatusOr<v1::SweepScoresResponse> Sweep::RunNow(absl::string_view tenant, const std::function<bool()>& go_on) {
  v1::SweepScoresResponse response;
  absl::StatusOr<std::vector<SweepEntry>> entries = LoadSweeps(reader_.store(), tenant);
  if (!entries.ok()) return entries.status();
  const absl::Time now = reader_.Now();
  response.set_already_running(std::any_of(entries->begin(), entries->end(),
                                           [&](const SweepEntry& entry) { return IsLeased(entry.state, now); }));
  if (!response.already_running()) {
    const absl::StatusOr<bool> begun = BeginRound(tenant, *std::move(entries));
    if (!begun.ok()) return begun.status();
    response.set_already_running(!*begun);
  }
  if (response.already_running()) return response;
  while (go_on()) {
    const absl::Status worked = Work(tenant, 0, go_on);
    if (!worked.ok()) return worked;
    entries = LoadSweeps(reader_.store(), tenant);
    if (!entries.ok()) return entries.status();
    if (AllFinished(*entries)) {
      response.set_scored_count(CountScored(*entries));
      return response;
    }
    absl::SleepFor(kPollInterval);
  }
  return absl::DeadlineExceededError(
      "the sweep goes on without an answer: ask how far it is by its metrics, or call again with a later deadline");
}

absl::StatusOr<absl::Time> Sweep::LastFinished(absl::string_view tenant) {
  const absl::StatusOr<std::vector<SweepEntry>> entries = LoadSweeps(reader_.store(), tenant);
  if (!entries.ok()) return entries.status();
  absl::Time last = absl::InfiniteFuture();
  for (const SweepEntry& entry : *entries) {
    if (entry.state.finished_ms() == 0) return absl::InfinitePast();
    last = std::min(last, absl::FromUnixMillis(entry.state.finished_ms()));
  }
  return last;
}

absl::Status Sweep::Publish(absl::string_view tenant, const std::vector<SweepEntry>& entries) {
  const int64_t ended_ms = LastEnd(entries);
  if (!AllFinished(entries) || ended_ms == 0) return absl::OkStatus();
  {
    const absl::MutexLock lock(&mutex_);
    if (published_ms_[tenant] == ended_ms) return absl::OkStatus();
  }
  const auto outcomes = LoadOutcomes(reader_, tenant);
  if (!outcomes.ok()) return outcomes.status();
  absl::StatusOr<std::map<std::string, DriftState>> met = MetByVersion(reader_.store(), tenant, entries.size());
  if (!met.ok()) return met.status();
  const auto registry = model_store_.Registry(tenant);
  if (!registry.ok()) return registry.status();
  for (const v1::ModelSummary& model : registry->models()) {
    const std::string& version = model.metadata().version();
    absl::StatusOr<DriftState> drift = model_store_.LoadDrift(tenant, version);
    if (!drift.ok()) return drift.status();
    const std::string before = drift->SerializeAsString();
    if (const auto found = met->find(version); found != met->end()) {
      *drift = std::move(found->second);
      *drift->mutable_measured_at() = ToProto(absl::FromUnixMillis(ended_ms));
    }
    drift->set_model_version(version);
    if (const auto known = outcomes->find(version); known != outcomes->end()) {
      *drift->mutable_outcomes() = known->second;
    }
    if (!drift->has_measured_at() || drift->SerializeAsString() == before) continue;
    absl::Status put = model_store_.PutDrift(tenant, *drift);
    if (!put.ok()) return put;
  }
  const absl::MutexLock lock(&mutex_);
  published_ms_[tenant] = ended_ms;
  return absl::OkStatus();
}

std::string Sweep::NextRunner() {
  const absl::MutexLock lock(&mutex_);
  return absl::StrCat(options_.runner, "/", ++runs_);
}

}  // namespace rapport::churn

#include "services/churn/service/partition_sweep.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "common/time/interval.h"
#include "services/churn/core/customer_row.h"
#include "services/churn/service/score_store.h"
#include "services/churn/service/sweep_observation.h"

namespace rapport::churn {
namespace {

using storage::v1::CustomerRow;

constexpr int32_t kMembersPerRead = 10'000;
constexpr int64_t kLastRank = (int64_t{1} << 53) - 1;
constexpr absl::Duration kFeatureDeadline = absl::Seconds(30);
// The write path is shared with callers, who come first.
constexpr absl::Duration kPauseWhileFull = absl::Milliseconds(20);
constexpr int kMostPauses = 500;

// Adds the members of an index with ranks up to `to`.
absl::Status AddMembers(store::Store& store, const store::Partition& partition, absl::string_view index, int64_t to,
                        absl::flat_hash_set<std::string>& members) {
  store::IndexRange range;
  range.partition = partition;
  range.index = std::string(index);
  range.from = -kLastRank;
  range.to = to;
  range.limit = kMembersPerRead;
  do {
    absl::StatusOr<store::IndexPage> page = store.RangeIndex(range);
    if (!page.ok()) return page.status();
    for (store::RankedMember& each : page->members) members.insert(std::move(each.member));
    range.cursor = std::move(page->next_cursor);
  } while (!range.cursor.empty());
  return absl::OkStatus();
}

SweptCustomer CustomerOf(const CustomerRow& row, const store::Partition& partition, int64_t now_ms) {
  SweptCustomer customer;
  customer.partition = partition;
  customer.customer_id = row.customer_id();
  customer.owner_id = std::string(AttributeAt(row, "owner", now_ms));
  customer.now_ms = now_ms;
  for (const storage::v1::TenureSpan& tenure : row.tenures()) {
    if (tenure.has_end_ms() && tenure.end_ms() <= now_ms) customer.losses_ms.push_back(tenure.end_ms());
  }
  return customer;
}

}  // namespace

PartitionSweep::PartitionSweep(const SweepTools& tools, const Terms& terms, store::Partition partition,
                               SweepEntry entry)
    : tools_(tools), terms_(terms), partition_(std::move(partition)), entry_(std::move(entry)) {}

absl::StatusOr<PartitionSweep> PartitionSweep::Take(const SweepTools& tools, const Terms& terms,
                                                    store::Partition partition, SweepEntry entry) {
  const bool resumes = !entry.state.done_up_to().empty();
  PartitionSweep sweep(tools, terms, std::move(partition), std::move(entry));
  if (resumes) {
    auto met = LoadMet(tools.reader.store(), sweep.partition_.tenant, {sweep.partition_.index});
    if (!met.ok()) return met.status();
    sweep.met_ = std::move(met->front());
  }
  const absl::Status taken = sweep.Save();
  if (!taken.ok()) return taken;
  return sweep;
}

absl::Status PartitionSweep::Save() {
  entry_.state.set_runner(terms_.runner);
  entry_.state.set_leased_until_ms(ToMillis(tools_.reader.Now() + terms_.lease));
  return SaveSweep(tools_.reader.store(), partition_, met_, entry_);
}

absl::Status PartitionSweep::Run(const std::function<bool()>& go_on) {
  const absl::Time start = absl::Now();
  absl::Status status = RunToEnd(go_on);
  if (absl::IsAborted(status)) return status;
  entry_.state.clear_runner();
  entry_.state.clear_leased_until_ms();
  status.Update(SaveSweep(tools_.reader.store(), partition_, met_, entry_));
  if (!status.ok() || !finished()) return status;
  int64_t customers = 0;
  for (const int64_t count : entry_.state.customers_by_band()) customers += count;
  tools_.metrics.OnPartitionSwept(partition_.tenant, customers, absl::Now() - start);
  return status;
}

absl::Status PartitionSweep::RunToEnd(const std::function<bool()>& go_on) {
  now_ms_ = ToMillis(tools_.reader.Now());
  const absl::StatusOr<Plan> plan = MakePlan();
  if (!plan.ok()) return plan.status();
  absl::Status status = LetGo(plan->left, true);
  if (status.ok()) status = LetGo(plan->unknown, false);
  const auto chunk = static_cast<size_t>(terms_.chunk);
  for (size_t done = 0; status.ok() && done < plan->active.size(); done += chunk) {
    if (!go_on()) return absl::OkStatus();
    status = ScoreChunk(absl::MakeConstSpan(plan->active).subspan(done, chunk));
  }
  if (!status.ok()) return status;
  entry_.state.clear_done_up_to();
  // Clocks of two processes may differ: a round never ends before it begins.
  entry_.state.set_finished_ms(std::max(ToMillis(tools_.reader.Now()), entry_.state.round_ms()));
  return absl::OkStatus();
}

absl::StatusOr<PartitionSweep::Plan> PartitionSweep::MakePlan() const {
  absl::flat_hash_set<std::string> scored;
  for (const v1::HealthBand band : kBands) {
    const absl::Status read = AddMembers(tools_.reader.store(), partition_, RiskIndex(band), kLastRank, scored);
    if (!read.ok()) return read;
  }
  absl::Status status = AddMembers(tools_.reader.store(), partition_, kAwaitedIndex, now_ms_, scored);
  if (!status.ok()) return status;
  Plan plan;
  status = tools_.directory.ForEachInPartition(partition_.tenant, partition_.index, [&](const CustomerRow& row) {
    const bool was_scored = scored.erase(row.customer_id()) > 0;
    if (!ActiveAt(row, now_ms_)) {
      if (was_scored) plan.left.push_back(CustomerOf(row, partition_, now_ms_));
    } else if (row.customer_id() > entry_.state.done_up_to()) {
      plan.active.push_back(CustomerOf(row, partition_, now_ms_));
    }
  });
  if (!status.ok()) return status;
  for (const std::string& customer_id : scored) {
    plan.unknown.push_back({partition_, customer_id, "", {}, now_ms_});
  }
  return plan;
}

absl::Status PartitionSweep::LetGo(const std::vector<SweptCustomer>& customers, bool are_known) {
  const auto chunk = static_cast<size_t>(terms_.chunk);
  for (size_t done = 0; done < customers.size(); done += chunk) {
    const auto some = absl::MakeConstSpan(customers).subspan(done, chunk);
    absl::Status status = Store(some.size(), [&](size_t i, std::shared_ptr<write::Gathering> gathering) {
      return are_known ? MakeLeaveWrite(some[i], std::move(gathering)) : MakeForgetWrite(some[i], std::move(gathering));
    });
    if (status.ok()) status = Save();
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status PartitionSweep::ScoreChunk(absl::Span<const SweptCustomer> customers) {
  std::vector<std::string> ids;
  for (const SweptCustomer& customer : customers) ids.push_back(customer.customer_id);
  const absl::StatusOr<ModelsInUse> models = tools_.models.Get(partition_.tenant);
  if (!models.ok()) return models.status();
  const auto features = tools_.features.Load(partition_.tenant, ids, std::nullopt, absl::Now() + kFeatureDeadline);
  if (!features.ok()) return features.status();
  auto results = tools_.scoring.ScoreLoaded(partition_.tenant, *models, *features, {});
  if (!results.ok()) return results.status();
  absl::Status status = Observe(*models, *features, *results, met_);
  if (!status.ok()) return status;

  auto& by_band = *entry_.state.mutable_customers_by_band();
  by_band.Resize(v1::HealthBand_ARRAYSIZE, 0);
  std::vector<size_t> scored;  // without those who were erased a moment ago
  for (size_t i = 0; i < results->size(); ++i) {
    if (!(*results)[i].has_score()) continue;
    scored.push_back(i);
    ++by_band[(*results)[i].score().band()];
  }
  const int horizon_days = models->active == nullptr ? 0 : models->active->scorer->model().metadata().horizon_days();
  status = Store(scored.size(), [&](size_t i, std::shared_ptr<write::Gathering> gathering) {
    NewScore made{std::move(*(*results)[scored[i]].mutable_score()), horizon_days};
    return MakeScoreWrite(customers[scored[i]], std::move(made), tools_.metrics, std::move(gathering));
  });
  if (!status.ok()) return status;
  entry_.state.set_done_up_to(customers.back().customer_id);
  return Save();
}

absl::Status PartitionSweep::Store(size_t count, MakeWrite make) {
  if (count == 0) return absl::OkStatus();
  const auto has_room = [&] { return tools_.path.CheckRoom(partition_.tenant, static_cast<int64_t>(count)).ok(); };
  for (int i = 0; i < kMostPauses && !has_room(); ++i) absl::SleepFor(kPauseWhileFull);
  absl::Notification done;
  absl::Status status;
  const auto gathering = std::make_shared<write::Gathering>(count, [&](const absl::StatusOr<int64_t>& finished) {
    status = finished.status();
    done.Notify();
  });
  std::vector<std::unique_ptr<write::Write>> writes;
  writes.reserve(count);
  for (size_t i = 0; i < count; ++i) writes.push_back(make(i, gathering));
  absl::Status submitted = tools_.path.Submit(std::move(writes));
  if (!submitted.ok()) return submitted;
  done.WaitForNotification();
  return status;
}

}  // namespace rapport::churn

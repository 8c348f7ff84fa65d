#include "common/metrics/instrumented_store.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>

#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "common/metrics/runtime_metrics.h"

namespace rapport::metrics {
namespace {

class Operation {
 public:
  Operation(Registry& registry, const char* name)
      : seconds_(registry.GetHistogram(kStoreDuration, {name})), errors_(registry.GetCounter(kStoreErrors, {name})) {}

  // Times `run` and counts its failure, as `failed` sees it in the result.
  template <class Run, class Failed>
  auto Record(Run run, Failed failed) {
    const absl::Time start = absl::Now();
    auto result = run();
    seconds_.Observe(absl::ToDoubleSeconds(absl::Now() - start));
    if (failed(result)) errors_.Increment();
    return result;
  }

  template <class Run>
  auto Record(Run run) {
    return Record(run, [](const auto& result) { return !result.ok(); });
  }

 private:
  Histogram& seconds_;
  Counter& errors_;
};

bool AnyFailed(const std::vector<absl::Status>& statuses) {
  for (const absl::Status& status : statuses) {
    if (!status.ok() && !absl::IsAborted(status)) return true;
  }
  return false;
}

class InstrumentedStore final : public store::Store {
 public:
  InstrumentedStore(std::unique_ptr<store::Store> inner, Registry& registry)
      : inner_(std::move(inner)),
        commit_(registry, "commit"),
        load_(registry, "load"),
        read_counters_(registry, "read_counters"),
        range_index_(registry, "range_index"),
        read_streams_(registry, "read_streams"),
        ping_(registry, "ping") {
    registry.GetGauge(kStoreUnsafe).Set(static_cast<double>(inner_->info().unsafe.size()));
  }

  std::vector<absl::Status> Commit(absl::Span<const store::Mutation> mutations) override {
    return commit_.Record([&] { return inner_->Commit(mutations); }, AnyFailed);
  }
  absl::StatusOr<std::vector<store::Loaded>> Load(absl::Span<const store::LoadRequest> requests) override {
    return load_.Record([&] { return inner_->Load(requests); });
  }
  absl::StatusOr<std::vector<store::CounterLog>> ReadCounters(absl::Span<const store::TableRef> tables) override {
    return read_counters_.Record([&] { return inner_->ReadCounters(tables); });
  }
  absl::StatusOr<store::IndexPage> RangeIndex(const store::IndexRange& range) override {
    return range_index_.Record([&] { return inner_->RangeIndex(range); });
  }
  absl::StatusOr<std::vector<store::StreamPage>> ReadStreams(absl::Span<const store::StreamRange> ranges) override {
    return read_streams_.Record([&] { return inner_->ReadStreams(ranges); });
  }
  uint32_t GroupOf(const store::Partition& partition) const override { return inner_->GroupOf(partition); }
  uint32_t partition_count() const override { return inner_->partition_count(); }
  const store::StoreInfo& info() const override { return inner_->info(); }
  absl::Status Ping() override {
    return ping_.Record([&] { return inner_->Ping(); });
  }

 private:
  const std::unique_ptr<store::Store> inner_;
  Operation commit_;
  Operation load_;
  Operation read_counters_;
  Operation range_index_;
  Operation read_streams_;
  Operation ping_;
};

}  // namespace

std::unique_ptr<store::Store> InstrumentStore(std::unique_ptr<store::Store> inner, Registry& registry) {
  return std::make_unique<InstrumentedStore>(std::move(inner), registry);
}

}  // namespace rapport::metrics

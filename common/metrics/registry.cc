#include "common/metrics/registry.h"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <cstdio>
#include <cstdlib>
#include <utility>

namespace rapport::metrics {
namespace {

[[noreturn]] void Misused(const Definition& definition, const char* what) {
  std::fprintf(stderr, "metric %s: %s\n", definition.name, what);
  std::abort();
}

prometheus::Labels LabelsOf(const Definition& definition, Type asked_for, LabelValues values) {
  if (definition.type != asked_for) Misused(definition, "asked for as another type than it is defined as");
  if (values.size() != definition.label_count()) Misused(definition, "wrong number of label values");
  prometheus::Labels labels;
  size_t index = 0;
  for (const absl::string_view value : values) labels[definition.labels[index++]] = std::string(value);
  return labels;
}

}  // namespace

CollectHook::CollectHook(CollectHook&& other) noexcept
    : registry_(std::exchange(other.registry_, nullptr)), id_(other.id_) {}

CollectHook& CollectHook::operator=(CollectHook&& other) noexcept {
  std::swap(registry_, other.registry_);
  std::swap(id_, other.id_);
  return *this;
}

CollectHook::~CollectHook() {
  if (registry_ == nullptr) return;
  absl::MutexLock lock(&registry_->hooks_mutex_);
  registry_->hooks_.erase(id_);
}

Registry::Registry() : registry_(std::make_unique<prometheus::Registry>()) {}
Registry::~Registry() = default;

Counter& Registry::GetCounter(const Definition& definition, LabelValues values) {
  const prometheus::Labels labels = LabelsOf(definition, Type::kCounter, values);
  return prometheus::BuildCounter().Name(definition.name).Help(definition.help).Register(*registry_).Add(labels);
}

Gauge& Registry::GetGauge(const Definition& definition, LabelValues values) {
  const prometheus::Labels labels = LabelsOf(definition, Type::kGauge, values);
  return prometheus::BuildGauge().Name(definition.name).Help(definition.help).Register(*registry_).Add(labels);
}

Histogram& Registry::GetHistogram(const Definition& definition, LabelValues values) {
  const prometheus::Labels labels = LabelsOf(definition, Type::kHistogram, values);
  prometheus::Histogram::BucketBoundaries bounds(definition.buckets.begin(), definition.buckets.end());
  return prometheus::BuildHistogram()
      .Name(definition.name)
      .Help(definition.help)
      .Register(*registry_)
      .Add(labels, std::move(bounds));
}

void Registry::Drop(const Definition& definition, Gauge& gauge) {
  prometheus::BuildGauge().Name(definition.name).Help(definition.help).Register(*registry_).Remove(&gauge);
}

CollectHook Registry::OnCollect(std::function<void()> hook) {
  absl::MutexLock lock(&hooks_mutex_);
  hooks_[next_hook_] = std::move(hook);
  return {this, next_hook_++};
}

std::string Registry::Serialize() {
  {
    absl::MutexLock lock(&hooks_mutex_);
    for (const auto& [id, hook] : hooks_) hook();
  }
  return prometheus::TextSerializer().Serialize(registry_->Collect());
}

}  // namespace rapport::metrics

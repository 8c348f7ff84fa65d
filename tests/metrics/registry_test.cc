#include "common/metrics/registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>

#include <set>
#include <string>

#include "absl/strings/match.h"
#include "common/metrics/runtime_metrics.h"

namespace rapport::metrics {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr double kBounds[] = {0.1, 1};
constexpr Definition kCalls{.name = "test_calls_total", .help = "Calls.", .type = Type::kCounter, .labels = {"kind"}};
constexpr Definition kDepth{.name = "test_depth", .help = "Depth.", .type = Type::kGauge};
constexpr Definition kLevel{.name = "test_level", .help = "Level.", .type = Type::kGauge, .labels = {"kind"}};
constexpr Definition kTime{
    .name = "test_time_seconds", .help = "Time.", .type = Type::kHistogram, .labels = {}, .buckets = kBounds};

TEST(RegistryTest, GivesTheSameSeriesForTheSameLabels) {
  Registry registry;
  registry.GetCounter(kCalls, {"a"}).Increment(2);
  registry.GetCounter(kCalls, {"a"}).Increment();
  registry.GetCounter(kCalls, {"b"}).Increment();
  EXPECT_EQ(&registry.GetCounter(kCalls, {"a"}), &registry.GetCounter(kCalls, {"a"}));
  const std::string text = registry.Serialize();
  EXPECT_THAT(text, HasSubstr("# HELP test_calls_total Calls.\n# TYPE test_calls_total counter\n"));
  EXPECT_THAT(text, HasSubstr("test_calls_total{kind=\"a\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("test_calls_total{kind=\"b\"} 1\n"));
}

TEST(RegistryTest, TakesTheBucketsOfTheDefinition) {
  Registry registry;
  registry.GetHistogram(kTime).Observe(0.5);
  const std::string text = registry.Serialize();
  EXPECT_THAT(text, HasSubstr("test_time_seconds_bucket{le=\"0.1\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("test_time_seconds_bucket{le=\"1\"} 1\n"));
}

TEST(RegistryTest, TellsNothingOfDroppedSeries) {
  Registry registry;
  registry.GetGauge(kLevel, {"a"}).Set(1);
  registry.GetGauge(kLevel, {"b"}).Set(2);
  registry.Drop(kLevel, registry.GetGauge(kLevel, {"a"}));
  EXPECT_THAT(registry.Serialize(), AllOf(Not(HasSubstr("kind=\"a\"")), HasSubstr("test_level{kind=\"b\"} 2\n")));
  registry.GetGauge(kLevel, {"a"}).Set(3);
  EXPECT_THAT(registry.Serialize(), HasSubstr("test_level{kind=\"a\"} 3\n"));
}

TEST(RegistryTest, AsksHooksAtEachCollectionWhileTheyLive) {
  Registry registry;
  Gauge& depth = registry.GetGauge(kDepth);
  {
    const CollectHook hook = registry.OnCollect([&, calls = 0]() mutable { depth.Set(++calls); });
    registry.Serialize();
    EXPECT_THAT(registry.Serialize(), HasSubstr("test_depth 2\n"));
  }
  EXPECT_THAT(registry.Serialize(), HasSubstr("test_depth 2\n"));
}

TEST(RegistryDeathTest, RefusesMisuse) {
  Registry registry;
  EXPECT_DEATH(registry.GetCounter(kCalls), "test_calls_total: wrong number of label values");
  EXPECT_DEATH(registry.GetGauge(kCalls, {"a"}), "asked for as another type");
}

TEST(RuntimeMetricsTest, FollowTheNamingRules) {
  std::set<std::string> names;
  for (const Definition* definition : kRuntimeMetrics) {
    const std::string name = definition->name;
    EXPECT_TRUE(names.insert(name).second) << name;
    EXPECT_EQ(absl::EndsWith(name, "_total"), definition->type == Type::kCounter) << name;
    EXPECT_TRUE(absl::StartsWith(name, "rapport_") || absl::StartsWith(name, "process_")) << name;
    EXPECT_EQ(definition->buckets.empty(), definition->type != Type::kHistogram) << name;
    EXPECT_TRUE(std::is_sorted(definition->buckets.begin(), definition->buckets.end())) << name;
    EXPECT_THAT(definition->help, ::testing::EndsWith(".")) << name;
    for (size_t i = 0; i < definition->label_count(); ++i) EXPECT_THAT(definition->labels[i], Not(HasSubstr("id")));
  }
}

}  // namespace
}  // namespace rapport::metrics

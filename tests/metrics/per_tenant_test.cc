#include "common/metrics/per_tenant.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/counter.h>

#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"

namespace rapport::metrics {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr Definition kEvents{
    .name = "test_events_total", .help = "Events.", .type = Type::kCounter, .labels = {"tenant"}};

struct Events {
  Events(Registry& registry, absl::string_view tenant) : total(registry.GetCounter(kEvents, {tenant})) {}

  Counter& total;
};

TEST(PerTenantTest, BeginsATenantAtZeroWhenItIsMet) {
  Registry registry;
  PerTenant<Events> tenants(registry);
  EXPECT_THAT(registry.Serialize(), Not(HasSubstr("acme")));
  Events& acme = tenants.Of("acme");
  EXPECT_THAT(registry.Serialize(), HasSubstr("test_events_total{tenant=\"acme\"} 0\n"));
  EXPECT_EQ(&tenants.Of("acme"), &acme);
  EXPECT_NE(&tenants.Of("globex"), &acme);
}

TEST(PerTenantTest, PutsTenantsPastTheBoundTogether) {
  Registry registry;
  PerTenant<Events> tenants(registry);
  for (size_t i = 0; i < kMostTenants; ++i) tenants.Of(absl::StrCat("tenant-", i)).total.Increment();
  tenants.Of("late").total.Increment();
  tenants.Of("later").total.Increment();
  tenants.Of("tenant-0").total.Increment();
  const std::string text = registry.Serialize();
  EXPECT_THAT(text, HasSubstr("test_events_total{tenant=\"__other__\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("test_events_total{tenant=\"tenant-0\"} 2\n"));
  EXPECT_THAT(text, Not(HasSubstr("late")));
}

TEST(PerTenantTest, MakesOneSetForThreadsThatMeetATenantTogether) {
  Registry registry;
  PerTenant<Events> tenants(registry);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&tenants] {
      for (int tenant = 0; tenant < 200; ++tenant) tenants.Of(absl::StrCat("tenant-", tenant)).total.Increment();
    });
  }
  for (std::thread& thread : threads) thread.join();
  const std::string text = registry.Serialize();
  EXPECT_THAT(text, HasSubstr("test_events_total{tenant=\"tenant-0\"} 4\n"));
  EXPECT_THAT(text, HasSubstr("test_events_total{tenant=\"__other__\"} 400\n"));
}

}  // namespace
}  // namespace rapport::metrics

#include "services/churn/service/recent.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "absl/time/time.h"

namespace rapport::churn {
namespace {

using Held = std::shared_ptr<const std::string>;

constexpr absl::Duration kKeptFor = absl::Minutes(1);
const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

Held Value(const std::string& text) {
  return std::make_shared<const std::string>(text);
}

// Remembers others at a moment: enough of them to come to wherever something is kept.
void RememberOthers(Recent<Held>& recent, const std::string& name, absl::Time now) {
  for (int i = 0; i < 500; ++i) recent.Remember("acme", name + std::to_string(i), Value("other"), now);
}

TEST(RecentTest, RemembersForItsTime) {
  Recent<Held> recent(kKeptFor);
  recent.Remember("acme", "c-1", Value("first"), kNow);
  EXPECT_EQ(*recent.Recall("acme", "c-1", kNow + kKeptFor / 2), "first");
  EXPECT_EQ(recent.Recall("acme", "c-1", kNow + kKeptFor), nullptr);
  EXPECT_EQ(recent.Recall("globex", "c-1", kNow), nullptr);
}

TEST(RecentTest, RemembersTheNewest) {
  Recent<Held> recent(kKeptFor);
  recent.Remember("acme", "c-1", Value("first"), kNow);
  recent.Remember("acme", "c-1", Value("second"), kNow + kKeptFor);
  EXPECT_EQ(*recent.Recall("acme", "c-1", kNow + kKeptFor), "second");
}

TEST(RecentTest, RemembersAcrossTheTurnOfGenerations) {
  Recent<Held> recent(kKeptFor);
  RememberOthers(recent, "before", kNow - kKeptFor / 2);
  recent.Remember("acme", "c-1", Value("first"), kNow);
  RememberOthers(recent, "after", kNow + kKeptFor * 3 / 4);
  EXPECT_EQ(*recent.Recall("acme", "c-1", kNow + kKeptFor * 3 / 4), "first");
}

TEST(RecentTest, LetsGoWhatIsOver) {
  Recent<Held> recent(kKeptFor);
  Held value = Value("first");
  const std::weak_ptr<const std::string> alive = value;
  recent.Remember("acme", "c-1", std::move(value), kNow);
  RememberOthers(recent, "a", kNow + kKeptFor);
  EXPECT_FALSE(alive.expired());
  RememberOthers(recent, "b", kNow + 2 * kKeptFor);
  EXPECT_TRUE(alive.expired());
}

TEST(RecentTest, KeepsABoundedNumber) {
  Recent<Held> recent(kKeptFor);
  Held value = Value("first");
  const std::weak_ptr<const std::string> alive = value;
  recent.Remember("acme", "c-1", std::move(value), kNow);
  for (int i = 0; i < 100; ++i) RememberOthers(recent, std::to_string(i) + "-", kNow);
  EXPECT_TRUE(alive.expired());
}

}  // namespace
}  // namespace rapport::churn

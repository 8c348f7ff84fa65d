#include <gtest/gtest.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/time/interval.h"
#include "rapport/response_times/v1/promises.pb.h"
#include "tests/response_times/events.h"
#include "tests/response_times/resources.h"
#include "tests/response_times/service_harness.h"

// What is known of customers by a moment is what was known at it.
namespace rapport::response_times {
namespace {

using v1::ConversationEvent;
using Stub = v1::ResponseTimesService::Stub;

constexpr int kConversations = 150;
constexpr int kCustomers = 12;

// Without corrections: those are not undone.
std::vector<ConversationEvent> Events(RandomConversations& random) {
  std::vector<ConversationEvent> events;
  for (int i = 0; i < kConversations; ++i) {
    std::set<std::string> seen;
    for (ConversationEvent& event : random.Conversation(absl::StrCat("conversation-", i), random.Length())) {
      if (seen.insert(event.event_id()).second) events.push_back(std::move(event));
    }
  }
  return events;
}

struct PersonsPromise {
  v1::Promise promise;
  absl::Time kept;
  absl::Time cancelled;
};

std::vector<PersonsPromise> Promises(RandomConversations& random) {
  std::vector<PersonsPromise> promises;
  const absl::Duration all = RandomConversations::Last() - RandomConversations::First();
  for (int i = 0; i < 60; ++i) {
    PersonsPromise each;
    each.promise.set_promise_id(absl::StrCat("promise-", i));
    each.promise.set_customer_id(random.Customer());
    const auto later = [&](absl::Time t) { return t + absl::Hours(1 + random.UpTo(24 * 10)); };
    const absl::Time made = RandomConversations::First() + all / 1000 * random.UpTo(900);
    *each.promise.mutable_made_at() = ToProto(made);
    *each.promise.mutable_due_at() = ToProto(later(made));
    each.kept = random.OneIn(2) ? later(made) : absl::InfiniteFuture();
    each.cancelled = random.OneIn(3) ? later(made) : absl::InfiniteFuture();
    promises.push_back(each);
  }
  return promises;
}

class AsOfTest : public ::testing::Test {
 protected:
  AsOfTest() : service_(RandomConversations::First()) {}

  // What happened before `end`, as recorded for a tenant.
  void Record(Client& client, absl::Time end) {
    service_.SetNow(RandomConversations::First());
    client.Create(ManyResources());
    service_.SetNow(RandomConversations::Last() + absl::Hours(24 * 100));
    std::vector<ConversationEvent> events;
    for (const ConversationEvent& event : events_) {
      if (FromProto(event.occurred_at()) < end) events.push_back(event);
    }
    client.Record(events);
    for (const PersonsPromise& each : promises_) {
      if (FromProto(each.promise.made_at()) >= end) continue;
      v1::MakePromiseRequest make;
      *make.mutable_promise() = each.promise;
      client.Call(&Stub::MakePromise, make);
      if (each.kept < end) {
        v1::KeepPromiseRequest keep;
        keep.set_promise_id(each.promise.promise_id());
        *keep.mutable_kept_at() = ToProto(each.kept);
        client.Call(&Stub::KeepPromise, keep);
      }
      if (each.cancelled < end) {
        v1::CancelPromiseRequest cancel;
        cancel.set_promise_id(each.promise.promise_id());
        *cancel.mutable_cancelled_at() = ToProto(each.cancelled);
        client.Call(&Stub::CancelPromise, cancel);
      }
    }
  }

  RandomConversations random_{77, {.customers = kCustomers}};
  const std::vector<ConversationEvent> events_ = Events(random_);
  const std::vector<PersonsPromise> promises_ = Promises(random_);
  Service service_;
};

TEST_F(AsOfTest, WhatHappensLaterChangesNothing) {
  Client all(service_, "all");
  Record(all, absl::InfiniteFuture());
  const absl::Duration span = RandomConversations::Last() - RandomConversations::First();
  int64_t conversations = 0;
  for (int i = 1; i <= 6; ++i) {
    const absl::Time moment = RandomConversations::First() + span / 7 * i + absl::Minutes(random_.UpTo(1440));
    Client before(service_, absl::StrCat("before-", i));
    Record(before, moment);
    v1::BatchGetCustomerResponsivenessRequest request;
    std::set<std::string> ids{"stranger"};
    while (ids.size() <= kCustomers / 2) ids.insert(random_.Customer());
    for (const std::string& id : ids) request.add_customer_ids(id);
    if (i % 2 == 0) {
      const int64_t today = UtcDay(moment);
      *request.mutable_range() = ToProto(Interval{StartOfUtcDay(today - 90), StartOfUtcDay(today)});
    }
    service_.SetNow(moment);
    const auto then = before.Call(&Stub::BatchGetCustomerResponsiveness, request);
    service_.SetNow(RandomConversations::Last() + absl::Hours(24 * 100));
    *request.mutable_as_of() = ToProto(moment);
    const auto as_of = all.Call(&Stub::BatchGetCustomerResponsiveness, request);
    EXPECT_EQ(as_of.DebugString(), then.DebugString()) << moment;
    for (const v1::CustomerResponsiveness& customer : as_of.customers()) {
      conversations += customer.conversation_count();
    }
  }
  EXPECT_GT(conversations, 50);
}

TEST_F(AsOfTest, AMomentOfTheFutureIsNow) {
  Client all(service_, "all");
  Record(all, absl::InfiniteFuture());
  v1::BatchGetCustomerResponsivenessRequest request;
  for (int i = 0; i < 20; ++i) request.add_customer_ids(random_.Customer());
  const auto now = all.Call(&Stub::BatchGetCustomerResponsiveness, request);
  *request.mutable_as_of() = ToProto(RandomConversations::Last() + absl::Hours(24 * 200));
  EXPECT_EQ(all.Call(&Stub::BatchGetCustomerResponsiveness, request).DebugString(), now.DebugString());
}

}  // namespace
}  // namespace rapport::response_times

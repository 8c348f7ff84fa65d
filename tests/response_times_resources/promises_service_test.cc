#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/response_times/service/promise_listing.h"
#include "services/response_times/service/promise_reader.h"
#include "services/response_times/service/promise_watch.h"
#include "tests/response_times_resources/parts.h"
#include "tests/response_times_resources/promises.h"

namespace rapport::response_times {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

class PromisesTest : public testing::TestWithParam<const char*> {
 protected:
  // A conversation of ann's with these promises, which jo is to keep.
  void PutTargets(const std::string& id, std::vector<storage::v1::TargetPromise> promises) {
    storage::v1::Analysis analysis;
    analysis.set_customer_id("ann");
    for (auto& each : promises) {
      each.set_agent_id("jo");
      *analysis.add_promises() = std::move(each);
    }
    parts.PutConversation(id, analysis);
  }

  v1::ListPromisesResponse List(const v1::ListPromisesRequest& request, const std::string& only_agent = "") {
    v1::ListPromisesResponse response;
    const absl::Status listed = ListPromises(parts.reader(), kTenant, only_agent, request, response);
    EXPECT_TRUE(listed.ok()) << listed;
    return response;
  }

  // Every page of a list.
  std::vector<std::string> Ids(v1::ListPromisesRequest request, const std::string& only_agent = "") {
    std::vector<std::string> ids;
    for (;;) {
      const v1::ListPromisesResponse page = List(request, only_agent);
      for (const v1::Promise& promise : page.promises()) ids.push_back(promise.promise_id());
      if (page.next_page_token().empty()) return ids;
      request.mutable_page()->set_page_token(page.next_page_token());
    }
  }

  v1::ListPromisesRequest DueWithin(absl::Duration before, absl::Duration after) const {
    v1::ListPromisesRequest request;
    *request.mutable_due() = ToProto(Interval{parts.now - before, parts.now + after});
    return request;
  }

  Parts parts{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Engines, PromisesTest, testing::Values("rocksdb", "redis"),
                         [](const auto& each) { return std::string(each.param); });

TEST_P(PromisesTest, AnswersWithThePromiseAsItStands) {
  const absl::Time due = parts.now + absl::Minutes(30);
  const auto kept_early = parts.Keep("p", parts.now);
  ASSERT_TRUE(kept_early.ok()) << kept_early.status();
  EXPECT_FALSE(kept_early->has_made_at());
  const auto made = parts.Make(PromiseDue("p", due));
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->state(), v1::PROMISE_STATE_KEPT);
  EXPECT_EQ(FromProto(made->due_at()), due);
  const auto other = parts.Make(PromiseDue("q", due));
  ASSERT_TRUE(other.ok()) << other.status();
  EXPECT_EQ(other->state(), v1::PROMISE_STATE_PENDING);
  const auto cancelled = parts.Cancel("q", parts.now);
  ASSERT_TRUE(cancelled.ok()) << cancelled.status();
  EXPECT_EQ(cancelled->state(), v1::PROMISE_STATE_CANCELLED);
}

TEST_P(PromisesTest, RefusesWhatCannotBe) {
  EXPECT_EQ(parts.Make(PromiseDue("a/b", parts.now)).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(parts.Keep("", parts.now).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(parts.Keep("p", parts.now + absl::Hours(1)).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(parts.Cancel("p", absl::UnixEpoch() - absl::Seconds(1)).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_P(PromisesTest, ListsByDueTimeAcrossBothOrigins) {
  ASSERT_TRUE(parts.Make(PromiseDue("late", parts.now + absl::Minutes(40))).ok());
  ASSERT_TRUE(parts.Make(PromiseDue("early", parts.now - absl::Minutes(40))).ok());
  ASSERT_TRUE(parts.Make(PromiseDue("outside", parts.now + absl::Minutes(65))).ok());
  storage::v1::TargetPromise paused = TargetDue("gold", parts.now, 1);
  paused.set_remaining_ms(5);
  PutTargets("c/1", {TargetDue("gold", parts.now, 0), paused});
  EXPECT_THAT(Ids(DueWithin(absl::Hours(1), absl::Hours(1))),
              ElementsAre("early", "c/1/gold/first_response_time/0", "late"));
}

TEST_P(PromisesTest, TheRangeIsHalfOpen) {
  ASSERT_TRUE(parts.Make(PromiseDue("first", parts.now)).ok());
  ASSERT_TRUE(parts.Make(PromiseDue("end", parts.now + absl::Seconds(1))).ok());
  EXPECT_THAT(Ids(DueWithin(absl::ZeroDuration(), absl::Seconds(1))), ElementsAre("first"));
}

TEST_P(PromisesTest, PagesEvenWithinOneMoment) {
  std::vector<std::string> expected;
  for (int i = 0; i < 25; ++i) {
    const std::string id = absl::StrCat("p", 100 + i);
    ASSERT_TRUE(parts.Make(PromiseDue(id, parts.now)).ok());
    expected.push_back(id);
  }
  v1::ListPromisesRequest request = DueWithin(absl::Hours(1), absl::Hours(1));
  request.mutable_page()->set_page_size(4);
  EXPECT_EQ(List(request).promises_size(), 4);
  EXPECT_EQ(Ids(request), expected);
}

TEST_P(PromisesTest, FiltersTheList) {
  v1::Promise of_bob = PromiseDue("of-bob", parts.now - absl::Minutes(1), "bob");
  of_bob.set_agent_id("kim");
  ASSERT_TRUE(parts.Make(of_bob).ok());
  ASSERT_TRUE(parts.Make(PromiseDue("kept", parts.now, "cy")).ok());
  ASSERT_TRUE(parts.Keep("kept", parts.now).ok());
  PutTargets("c", {TargetDue("gold", parts.now + absl::Minutes(1))});
  const std::string target = "c/gold/first_response_time/0";
  const v1::ListPromisesRequest all = DueWithin(absl::Hours(1), absl::Hours(1));
  v1::ListPromisesRequest request = all;
  request.add_states(v1::PROMISE_STATE_BROKEN);
  request.add_states(v1::PROMISE_STATE_KEPT);
  EXPECT_THAT(Ids(request), ElementsAre("of-bob", "kept"));
  request = all;
  request.set_customer_id("ann");
  EXPECT_THAT(Ids(request), ElementsAre(target));
  request = all;
  request.set_agent_id("kim");
  EXPECT_THAT(Ids(request), ElementsAre("of-bob"));
  EXPECT_THAT(Ids(request, "jo"), IsEmpty());
  EXPECT_THAT(Ids(all, "jo"), ElementsAre(target));
  request = all;
  request.set_origin(v1::PROMISE_ORIGIN_POLICY);
  EXPECT_THAT(Ids(request), ElementsAre(target));
}

TEST_P(PromisesTest, ListNamesWhatIsWrong) {
  v1::ListPromisesResponse response;
  const auto refused = [&](const v1::ListPromisesRequest& request) {
    return ListPromises(parts.reader(), kTenant, "", request, response).code() == absl::StatusCode::kInvalidArgument;
  };
  EXPECT_TRUE(refused({}));
  v1::ListPromisesRequest request = DueWithin(absl::Hours(1), absl::Hours(1));
  request.mutable_page()->set_page_token("?");
  EXPECT_TRUE(refused(request));
  request = DueWithin(absl::Hours(1), absl::Hours(1));
  request.add_states(v1::PROMISE_STATE_UNSPECIFIED);
  EXPECT_TRUE(refused(request));
}

TEST_P(PromisesTest, FollowsARenegotiatedDueTime) {
  v1::Promise promise = PromiseDue("p", parts.now);
  ASSERT_TRUE(parts.Make(promise).ok());
  promise.set_revision(1);
  *promise.mutable_due_at() = ToProto(parts.now + absl::Minutes(50));
  ASSERT_TRUE(parts.Make(promise).ok());
  EXPECT_THAT(Ids(DueWithin(absl::Minutes(1), absl::Minutes(1))), IsEmpty());
  EXPECT_THAT(Ids(DueWithin(absl::Minutes(1), absl::Hours(1))), ElementsAre("p"));
}

TEST_P(PromisesTest, ErasesThePromisesOfACustomer) {
  ASSERT_TRUE(parts.Make(PromiseDue("a", parts.now, "ann")).ok());
  ASSERT_TRUE(parts.Make(PromiseDue("b", parts.now, "ann")).ok());
  ASSERT_TRUE(parts.Keep("b", parts.now).ok());
  ASSERT_TRUE(parts.Make(PromiseDue("c", parts.now, "bob")).ok());
  EXPECT_EQ(parts.ErasePromises("ann"), 2);
  EXPECT_EQ(parts.ErasePromises("ann"), 0);
  EXPECT_THAT(Ids(DueWithin(absl::Hours(1), absl::Hours(1))), ElementsAre("c"));
  const auto again = parts.Make(PromiseDue("a", parts.now, "ann"));
  ASSERT_TRUE(again.ok());
  EXPECT_TRUE(again->customer_id().empty());
  EXPECT_THAT(Ids(DueWithin(absl::Hours(1), absl::Hours(1))), ElementsAre("c"));
}

TEST_P(PromisesTest, CountsWhatOneSlotHolds) {
  ASSERT_TRUE(parts.Make(PromiseDue("a", parts.now)).ok());
  ASSERT_TRUE(parts.Keep("a", parts.now + absl::Seconds(1)).ok());
  PutTargets("c", {TargetDue("gold", parts.now)});
  const auto counted = LoadCounted(parts.reader(), kTenant, {parts.now, parts.now + absl::Milliseconds(1)});
  ASSERT_TRUE(counted.ok()) << counted.status();
  ASSERT_EQ(counted->size(), 2u);
  EXPECT_EQ(FinalState((*counted)[0].moments), v1::PROMISE_STATE_KEPT_LATE);
  EXPECT_EQ((*counted)[1].origin, v1::PROMISE_ORIGIN_POLICY);
}

// An open watch, and what it tells.
class Watching {
 public:
  using News = std::vector<std::pair<std::string, v1::PromiseNews>>;

  Watching(Parts& parts, const v1::WatchPromisesRequest& request, const std::string& only_agent = "")
      : watch_(PromiseWatch::Open(parts.reader(), kTenant, only_agent, request)) {
    EXPECT_TRUE(watch_.ok()) << watch_.status();
  }

  // Everything that there is to tell now.
  News Told() {
    News news;
    for (;;) {
      v1::WatchPromisesResponse response;
      const absl::StatusOr<bool> told = watch_->Next(response);
      EXPECT_TRUE(told.ok()) << told.status();
      if (!told.ok() || !*told) return news;
      token_ = response.resume_token();
      if (response.news() != v1::PROMISE_NEWS_UNSPECIFIED) {
        news.emplace_back(response.promise().promise_id(), response.news());
      }
    }
  }

  absl::Status Fails() {
    for (;;) {
      v1::WatchPromisesResponse response;
      const absl::StatusOr<bool> told = watch_->Next(response);
      if (!told.ok() || !*told) return told.status();
    }
  }

  const std::string& token() const { return token_; }

 private:
  absl::StatusOr<PromiseWatch> watch_;
  std::string token_;
};

constexpr auto kAboutToBreak = v1::PROMISE_NEWS_ABOUT_TO_BREAK;
constexpr auto kBroken = v1::PROMISE_NEWS_BROKEN;
constexpr auto kKept = v1::PROMISE_NEWS_KEPT;

TEST_P(PromisesTest, WatchTellsAsTimePasses) {
  ASSERT_TRUE(parts.Make(PromiseDue("soon", parts.now + absl::Minutes(10))).ok());
  ASSERT_TRUE(parts.Make(PromiseDue("later", parts.now + absl::Minutes(20))).ok());
  ASSERT_TRUE(parts.Make(PromiseDue("broken before", parts.now - absl::Minutes(1))).ok());
  Watching watch(parts, {});
  EXPECT_THAT(watch.Told(), ElementsAre(Pair("soon", kAboutToBreak)));
  EXPECT_THAT(watch.Told(), IsEmpty());
  parts.now += absl::Minutes(5);
  EXPECT_THAT(watch.Told(), ElementsAre(Pair("later", kAboutToBreak)));
  parts.now += absl::Minutes(5);
  EXPECT_THAT(watch.Told(), ElementsAre(Pair("soon", kBroken)));
  parts.now += absl::Minutes(10);
  EXPECT_THAT(watch.Told(), ElementsAre(Pair("later", kBroken)));
}

TEST_P(PromisesTest, WatchTellsOfChanges) {
  Watching watch(parts, {});
  EXPECT_THAT(watch.Told(), IsEmpty());
  ASSERT_TRUE(parts.Make(PromiseDue("p", parts.now + absl::Minutes(10))).ok());
  EXPECT_THAT(watch.Told(), ElementsAre(Pair("p", kAboutToBreak)));
  ASSERT_TRUE(parts.Keep("p", parts.now).ok());
  EXPECT_THAT(watch.Told(), ElementsAre(Pair("p", kKept)));
  ASSERT_TRUE(parts.Keep("p", parts.now).ok());
  EXPECT_THAT(watch.Told(), IsEmpty());
  parts.now += absl::Minutes(20);
  EXPECT_THAT(watch.Told(), IsEmpty());
  ASSERT_TRUE(parts.Make(PromiseDue("overdue", parts.now - absl::Minutes(1))).ok());
  EXPECT_THAT(watch.Told(), ElementsAre(Pair("overdue", kBroken)));
  ASSERT_TRUE(parts.Keep("overdue", parts.now).ok());
  EXPECT_THAT(watch.Told(), ElementsAre(Pair("overdue", kKept)));
}

TEST_P(PromisesTest, WatchFollowsTargets) {
  const std::string id = "c/gold/first_response_time/0";
  storage::v1::TargetPromise promise = TargetDue("gold", parts.now + absl::Minutes(10));
  PutTargets("c", {promise});
  Watching watch(parts, {});
  EXPECT_THAT(watch.Told(), ElementsAre(Pair(id, kAboutToBreak)));
  promise.set_remaining_ms(600'000);
  PutTargets("c", {promise});
  parts.now += absl::Hours(1);
  EXPECT_THAT(watch.Told(), IsEmpty());
  promise.clear_remaining_ms();
  promise.set_due_ms(ToMillis(parts.now + absl::Minutes(10)));
  PutTargets("c", {promise});
  EXPECT_THAT(watch.Told(), ElementsAre(Pair(id, kAboutToBreak)));
  promise.set_kept_ms(ToMillis(parts.now));
  PutTargets("c", {promise});
  EXPECT_THAT(watch.Told(), ElementsAre(Pair(id, kKept)));
}

TEST_P(PromisesTest, WatchResumesWithoutAGap) {
  Watching first(parts, {});
  EXPECT_THAT(first.Told(), IsEmpty());
  ASSERT_TRUE(parts.Make(PromiseDue("a", parts.now + absl::Minutes(10))).ok());
  ASSERT_TRUE(parts.Make(PromiseDue("b", parts.now + absl::Minutes(30))).ok());
  ASSERT_TRUE(parts.Make(PromiseDue("c", parts.now + absl::Minutes(50))).ok());
  ASSERT_TRUE(parts.Keep("c", parts.now).ok());
  v1::WatchPromisesRequest request;
  request.set_resume_token(first.token());
  parts.now += absl::Minutes(20);
  Watching second(parts, request);
  EXPECT_THAT(second.Told(),
              testing::UnorderedElementsAre(Pair("a", kBroken), Pair("b", kAboutToBreak), Pair("c", kKept)));
  request.set_resume_token(second.token());
  EXPECT_THAT(Watching(parts, request).Told(), IsEmpty());
}

TEST_P(PromisesTest, WatchCatchesUpWithMany) {
  std::set<std::string> expected;
  Watching first(parts, {});
  EXPECT_THAT(first.Told(), IsEmpty());
  std::vector<storage::v1::TargetPromise> promises;
  for (int i = 0; i < 1200; ++i) promises.push_back(TargetDue("gold", parts.now + absl::Hours(1), i));
  PutTargets("c", promises);
  v1::WatchPromisesRequest request;
  request.set_resume_token(first.token());
  parts.now += absl::Hours(2);
  Watching second(parts, request);
  std::set<std::string> told;
  for (int round = 0; round < 10; ++round) {
    for (const auto& [id, news] : second.Told()) {
      EXPECT_EQ(news, kBroken);
      EXPECT_TRUE(told.insert(id).second);
    }
  }
  EXPECT_EQ(told.size(), 1200u);
  request.set_resume_token(second.token());
  EXPECT_THAT(Watching(parts, request).Told(), IsEmpty());
}

TEST_P(PromisesTest, WatchShowsAnAgentOwnPromisesOnly) {
  v1::Promise of_kim = PromiseDue("of-kim", parts.now + absl::Minutes(5));
  of_kim.set_agent_id("kim");
  ASSERT_TRUE(parts.Make(of_kim).ok());
  ASSERT_TRUE(parts.Make(PromiseDue("of-nobody", parts.now + absl::Minutes(5))).ok());
  EXPECT_THAT(Watching(parts, {}, "kim").Told(), ElementsAre(Pair("of-kim", kAboutToBreak)));
  v1::WatchPromisesRequest request;
  request.set_agent_id("jo");
  EXPECT_THAT(Watching(parts, request).Told(), IsEmpty());
}

TEST_P(PromisesTest, WatchTakesTheTimeAhead) {
  ASSERT_TRUE(parts.Make(PromiseDue("p", parts.now + absl::Minutes(50))).ok());
  v1::WatchPromisesRequest request;
  request.mutable_about_to_break()->set_seconds(3600);
  EXPECT_THAT(Watching(parts, request).Told(), ElementsAre(Pair("p", kAboutToBreak)));
  request.mutable_about_to_break()->set_seconds(0);
  EXPECT_THAT(Watching(parts, request).Told(), IsEmpty());
}

TEST_P(PromisesTest, WatchRefusesStrangeRequests) {
  const auto code = [&](const v1::WatchPromisesRequest& request) {
    return PromiseWatch::Open(parts.reader(), kTenant, "", request).status().code();
  };
  v1::WatchPromisesRequest request;
  request.set_resume_token("not a token");
  EXPECT_EQ(code(request), absl::StatusCode::kInvalidArgument);
  request.Clear();
  request.mutable_about_to_break()->set_seconds(-1);
  EXPECT_EQ(code(request), absl::StatusCode::kInvalidArgument);
  request.mutable_about_to_break()->set_seconds(32 * 86'400);
  EXPECT_EQ(code(request), absl::StatusCode::kInvalidArgument);
}

TEST_P(PromisesTest, WatchSaysWhenItsPastIsGone) {
  Watching first(parts, {});
  EXPECT_THAT(first.Told(), IsEmpty());
  v1::WatchPromisesRequest request;
  request.set_resume_token(first.token());
  parts.now += absl::Hours(24 * 32);
  EXPECT_EQ(PromiseWatch::Open(parts.reader(), kTenant, "", request).status().code(), absl::StatusCode::kOutOfRange);
}

TEST(PromisesRetentionTest, WatchSaysWhenItsStreamIsGone) {
  Parts parts("rocksdb", /*stream_retention=*/2);
  Watching watch(parts, {});
  EXPECT_THAT(watch.Told(), IsEmpty());
  for (int i = 0; i < 200; ++i) ASSERT_TRUE(parts.Make(PromiseDue(absl::StrCat("p", i), parts.now)).ok());
  EXPECT_EQ(watch.Fails().code(), absl::StatusCode::kOutOfRange);
}

}  // namespace
}  // namespace rapport::response_times

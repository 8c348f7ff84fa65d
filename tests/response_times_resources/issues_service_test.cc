#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/time/interval.h"
#include "services/response_times/service/issue_listing.h"
#include "services/response_times/service/issue_watch.h"
#include "tests/response_times_resources/parts.h"

namespace rapport::response_times {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

class IssuesTest : public testing::TestWithParam<const char*> {
 protected:
  void PutConversation(const std::string& id, const std::string& customer, std::vector<std::string> followers = {}) {
    storage::v1::Analysis analysis;
    analysis.set_customer_id(customer);
    analysis.set_begun_channel(common::v1::CHANNEL_EMAIL);
    for (std::string& each : followers) analysis.add_follower_ids(std::move(each));
    parts.PutConversation(id, analysis);
  }

  absl::Status TryCreate(const std::string& id, const std::string& title, absl::Duration ago = absl::Hours(1)) {
    v1::CreateTrackedIssueRequest request;
    request.mutable_issue()->set_issue_id(id);
    request.mutable_issue()->set_title(title);
    *request.mutable_issue()->mutable_created_at() = ToProto(parts.now - ago);
    v1::CreateTrackedIssueResponse response;
    return parts.issues().Create(kTenant, absl::InfiniteFuture(), request, response);
  }
  void Create(const std::string& id, absl::Duration ago = absl::Hours(1)) {
    const absl::Status created = TryCreate(id, "Broken", ago);
    ASSERT_TRUE(created.ok()) << created;
  }

  v1::TrackedIssue Link(const std::string& id, const std::vector<std::string>& conversations) {
    v1::LinkConversationsRequest request;
    request.set_issue_id(id);
    for (const std::string& each : conversations) request.add_conversation_ids(each);
    v1::LinkConversationsResponse response;
    const absl::Status linked = parts.issues().Link(kTenant, absl::InfiniteFuture(), request, response);
    EXPECT_TRUE(linked.ok()) << linked;
    return response.issue();
  }

  v1::TrackedIssue Unlink(const std::string& id, const std::string& conversation) {
    v1::UnlinkConversationsRequest request;
    request.set_issue_id(id);
    request.add_conversation_ids(conversation);
    v1::UnlinkConversationsResponse response;
    const absl::Status unlinked = parts.issues().Unlink(kTenant, absl::InfiniteFuture(), request, response);
    EXPECT_TRUE(unlinked.ok()) << unlinked;
    return response.issue();
  }

  v1::TrackedIssue Resolve(const std::string& id) {
    v1::ResolveTrackedIssueRequest request;
    request.set_issue_id(id);
    v1::ResolveTrackedIssueResponse response;
    const absl::Status resolved = parts.issues().Resolve(kTenant, absl::InfiniteFuture(), request, response);
    EXPECT_TRUE(resolved.ok()) << resolved;
    return response.issue();
  }

  absl::StatusOr<std::vector<std::string>> MarkTold(const std::string& id, const std::vector<std::string>& customers) {
    v1::MarkPeopleToldRequest request;
    request.set_issue_id(id);
    for (const std::string& each : customers) request.add_customer_ids(each);
    v1::MarkPeopleToldResponse response;
    const absl::Status marked = parts.issues().MarkTold(kTenant, absl::InfiniteFuture(), request, response);
    if (!marked.ok()) return marked;
    return std::vector<std::string>(response.newly_marked_ids().begin(), response.newly_marked_ids().end());
  }

  absl::StatusOr<std::vector<std::string>> ToTell(const std::string& id, int page_size = 100) {
    std::vector<std::string> people;
    v1::ListPeopleToTellRequest request;
    request.set_issue_id(id);
    request.mutable_page()->set_page_size(page_size);
    for (;;) {
      v1::ListPeopleToTellResponse response;
      const absl::Status listed = ListPeople(parts.reader(), kTenant, request, response);
      if (!listed.ok()) return listed;
      EXPECT_LE(response.people_size(), page_size);
      for (const v1::PersonToTell& person : response.people()) {
        people.push_back(
            absl::StrCat(person.customer_id(), "@", person.conversation_id(), person.follower() ? "+" : ""));
      }
      if (response.next_page_token().empty()) return people;
      request.mutable_page()->set_page_token(response.next_page_token());
    }
  }

  std::vector<std::string> List(bool only_open, int page_size = 100) {
    std::vector<std::string> ids;
    v1::ListTrackedIssuesRequest request;
    request.set_only_open(only_open);
    request.mutable_page()->set_page_size(page_size);
    for (;;) {
      v1::ListTrackedIssuesResponse response;
      const absl::Status listed = ListIssues(parts.reader(), kTenant, request, response);
      EXPECT_TRUE(listed.ok()) << listed;
      for (const v1::TrackedIssue& issue : response.issues()) ids.push_back(issue.issue_id());
      if (response.next_page_token().empty()) return ids;
      request.mutable_page()->set_page_token(response.next_page_token());
    }
  }

  Parts parts{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Engines, IssuesTest, testing::Values("rocksdb", "redis"),
                         [](const auto& each) { return std::string(each.param); });

TEST_P(IssuesTest, IsCreatedOnce) {
  Create("i");
  EXPECT_TRUE(TryCreate("i", "Broken", absl::Hours(2)).ok());
  EXPECT_EQ(TryCreate("i", "Slow").code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(TryCreate("", "Slow").code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(TryCreate("j", "").code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(TryCreate("j", "Slow", -absl::Hours(1)).code(), absl::StatusCode::kInvalidArgument);
  v1::GetTrackedIssueRequest request;
  request.set_issue_id("i");
  v1::GetTrackedIssueResponse response;
  ASSERT_TRUE(GetIssue(parts.reader(), kTenant, request, response).ok());
  EXPECT_EQ(FromProto(response.issue().created_at()), parts.now - absl::Hours(1));
  request.set_issue_id("j");
  EXPECT_EQ(GetIssue(parts.reader(), kTenant, request, response).code(), absl::StatusCode::kNotFound);
}

TEST_P(IssuesTest, CountsConversationsAndPeople) {
  PutConversation("c1", "ann", {"bob"});
  PutConversation("c2", "cy");
  PutConversation("c3", "ann");
  Create("i");
  v1::TrackedIssue issue = Link("i", {"c1", "c2", "c3", "c1", "unknown"});
  EXPECT_EQ(issue.conversation_count(), 4);
  EXPECT_EQ(issue.people_count(), 3);
  EXPECT_EQ(issue.told_count(), 0);
  issue = Unlink("i", "c2");
  EXPECT_EQ(issue.conversation_count(), 3);
  EXPECT_EQ(issue.people_count(), 2);
  v1::GetTrackedIssueRequest request;
  request.set_issue_id("i");
  v1::GetTrackedIssueResponse response;
  ASSERT_TRUE(GetIssue(parts.reader(), kTenant, request, response).ok());
  EXPECT_THAT(response.conversation_ids(), ElementsAre("c1", "c3", "unknown"));
}

TEST_P(IssuesTest, NamesEveryoneToTellOnce) {
  PutConversation("c1", "ann", {"bob", "cy"});
  PutConversation("c2", "bob");
  PutConversation("c3", "ann", {"dee"});
  Create("i");
  Link("i", {"c1", "c2", "c3"});
  EXPECT_EQ(ToTell("i").status().code(), absl::StatusCode::kFailedPrecondition);
  Resolve("i");
  for (const int page_size : {1, 100}) {
    const auto people = ToTell("i", page_size);
    ASSERT_TRUE(people.ok()) << people.status();
    EXPECT_THAT(*people, ElementsAre("ann@c1", "bob@c2", "cy@c1+", "dee@c3+"));
  }
}

TEST_P(IssuesTest, EachIsGivenToOneCallerOnly) {
  PutConversation("c1", "ann", {"bob"});
  Create("i");
  Link("i", {"c1"});
  EXPECT_EQ(MarkTold("i", {"ann"}).status().code(), absl::StatusCode::kFailedPrecondition);
  Resolve("i");
  const auto first = MarkTold("i", {"ann", "ann", "stranger"});
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_THAT(*first, ElementsAre("ann"));
  const auto second = MarkTold("i", {"ann", "bob"});
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_THAT(*second, ElementsAre("bob"));
  EXPECT_THAT(*ToTell("i"), IsEmpty());
  EXPECT_EQ(Resolve("i").told_count(), 2);
  EXPECT_EQ(MarkTold("i", {}).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(MarkTold("j", {"ann"}).status().code(), absl::StatusCode::kNotFound);
}

TEST_P(IssuesTest, TheFirstResolutionCounts) {
  Create("i");
  const absl::Time resolved = parts.now;
  Resolve("i");
  parts.now += absl::Hours(1);
  EXPECT_EQ(FromProto(Resolve("i").resolved_at()), resolved);
}

TEST_P(IssuesTest, IsNotResolvedBeforeItWasTracked) {
  Create("i");
  v1::ResolveTrackedIssueRequest request;
  request.set_issue_id("i");
  *request.mutable_resolved_at() = ToProto(parts.now - absl::Hours(2));
  v1::ResolveTrackedIssueResponse response;
  EXPECT_EQ(parts.issues().Resolve(kTenant, absl::InfiniteFuture(), request, response).code(),
            absl::StatusCode::kInvalidArgument);
  request.set_issue_id("j");
  EXPECT_EQ(parts.issues().Resolve(kTenant, absl::InfiniteFuture(), request, response).code(),
            absl::StatusCode::kNotFound);
}

TEST_P(IssuesTest, ListsTheNewestFirst) {
  for (int i = 0; i < 9; ++i) Create(absl::StrCat("i", i), absl::Hours(i / 2));
  const std::vector<std::string> expected = {"i1", "i0", "i3", "i2", "i5", "i4", "i7", "i6", "i8"};
  EXPECT_EQ(List(false), expected);
  EXPECT_EQ(List(false, 2), expected);
  for (const char* id : {"i1", "i2", "i4", "i6", "i8"}) Resolve(id);
  EXPECT_THAT(List(true, 1), ElementsAre("i0", "i3", "i5", "i7"));
}

TEST_P(IssuesTest, LimitsWhatIsLinked) {
  Create("i");
  v1::LinkConversationsRequest request;
  v1::LinkConversationsResponse response;
  request.set_issue_id("i");
  const auto link = [&] { return parts.issues().Link(kTenant, absl::InfiniteFuture(), request, response); };
  EXPECT_EQ(link().code(), absl::StatusCode::kInvalidArgument);
  for (int batch = 0; batch < 10; ++batch) {
    request.clear_conversation_ids();
    for (int i = 0; i < 1000; ++i) request.add_conversation_ids(absl::StrCat("c", batch * 1000 + i));
    ASSERT_TRUE(link().ok());
  }
  EXPECT_TRUE(link().ok());
  request.clear_conversation_ids();
  request.add_conversation_ids("one more");
  EXPECT_EQ(link().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_P(IssuesTest, ForgetsWhomItTold) {
  PutConversation("c1", "ann", {"bob"});
  for (const char* id : {"i", "j"}) {
    Create(id);
    Link(id, {"c1"});
    Resolve(id);
    ASSERT_TRUE(MarkTold(id, {"ann", "bob"}).ok());
  }
  const auto erased = parts.issues().Erase(kTenant, "ann");
  ASSERT_TRUE(erased.ok()) << erased.status();
  EXPECT_EQ(*erased, 2);
  EXPECT_EQ(*parts.issues().Erase(kTenant, "ann"), 0);
  EXPECT_EQ(Resolve("i").told_count(), 1);
}

class Watching {
 public:
  Watching(Parts& parts, const std::string& token) : watch_(Open(parts, token)) {
    EXPECT_TRUE(watch_.ok()) << watch_.status();
  }

  std::vector<std::pair<std::string, std::string>> Told() {
    std::vector<std::pair<std::string, std::string>> people;
    for (;;) {
      v1::WatchResolutionsResponse response;
      const absl::StatusOr<bool> told = watch_->Next(response);
      EXPECT_TRUE(told.ok()) << told.status();
      if (!told.ok() || !*told) return people;
      token_ = response.resume_token();
      if (response.has_issue()) people.emplace_back(response.issue().issue_id(), response.person().customer_id());
    }
  }

  static absl::StatusOr<IssueWatch> Open(Parts& parts, const std::string& token) {
    v1::WatchResolutionsRequest request;
    request.set_resume_token(token);
    return IssueWatch::Open(parts.reader(), kTenant, request);
  }

  const std::string& token() const { return token_; }

 private:
  absl::StatusOr<IssueWatch> watch_;
  std::string token_;
};

TEST_P(IssuesTest, WatchTellsWhomToTell) {
  PutConversation("c1", "ann", {"bob"});
  PutConversation("c2", "cy");
  Create("i");
  Watching watch(parts, "");
  EXPECT_THAT(watch.Told(), IsEmpty());
  Link("i", {"c1"});
  EXPECT_THAT(watch.Told(), IsEmpty());
  Resolve("i");
  EXPECT_THAT(watch.Told(), ElementsAre(Pair("i", "ann"), Pair("i", "bob")));
  Link("i", {"c2"});
  EXPECT_THAT(watch.Told(), ElementsAre(Pair("i", "cy")));
}

TEST_P(IssuesTest, WatchTellsAgainUntilMarked) {
  PutConversation("c1", "ann", {"bob"});
  Create("i");
  Link("i", {"c1"});
  Watching first(parts, "");
  EXPECT_THAT(first.Told(), IsEmpty());
  const std::string token = first.token();
  Resolve("i");
  EXPECT_THAT(first.Told(), ElementsAre(Pair("i", "ann"), Pair("i", "bob")));
  ASSERT_TRUE(MarkTold("i", {"ann"}).ok());
  EXPECT_THAT(Watching(parts, token).Told(), ElementsAre(Pair("i", "bob")));
  EXPECT_THAT(first.Told(), IsEmpty());
  EXPECT_THAT(Watching(parts, first.token()).Told(), IsEmpty());
}

TEST_P(IssuesTest, WatchRefusesStrangeTokens) {
  for (const char* token : {"?", "bm8gdG9rZW4"}) {
    EXPECT_EQ(Watching::Open(parts, token).status().code(), absl::StatusCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace rapport::response_times

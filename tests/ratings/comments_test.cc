#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "tests/ratings/events.h"
#include "tests/ratings/service_harness.h"

// Comments and ratings as callers with real credentials see them, through every RPC that shows ratings.
namespace rapport::ratings {
namespace {

using Stub = v1::RatingsService::Stub;
using ::testing::IsEmpty;

absl::Time Start() {
  return absl::FromUnixSeconds(1'750'032'000);
}

std::string Credentials() {
  const std::string read = R"("ROLE_READ")";
  const std::string agent = R"("ROLE_AGENT")";
  return CredentialsFile({
      Credential("sender", "acme", R"("ROLE_INGEST")"),
      Credential("reader", "acme", read),
      Credential("admin", "acme", R"("ROLE_READ","ROLE_ADMIN")"),
      Credential("lead", "acme", read, R"(,"lead_of_teams":["blue"])"),
      Credential("lead-of-another", "acme", read, R"(,"lead_of_teams":["red"])"),
      Credential("lead-of-all", "acme", read, R"(,"lead_of_teams":["*"])"),
      Credential("ann", "acme", agent, R"(,"agent_id":"ann")"),
      Credential("bob", "acme", agent, R"(,"agent_id":"bob")"),
      Credential("ann-reading-all", "acme", read + "," + agent, R"(,"agent_id":"ann")"),
      Credential("stranger", "other", read, R"(,"lead_of_teams":["*"])"),
  });
}

constexpr v1::CommentVisibility kPolicies[] = {v1::COMMENT_VISIBILITY_UNSPECIFIED, v1::COMMENT_VISIBILITY_AGENT_ONLY,
                                               v1::COMMENT_VISIBILITY_AGENT_AND_LEAD, v1::COMMENT_VISIBILITY_ALL};

// Whose rating it is and what its comment's policy says is in the id.
std::string IdFor(const std::string& agent, v1::CommentVisibility policy) {
  return absl::StrCat(agent, "-", static_cast<int>(policy));
}

// Ids of ratings that a caller sees, and whether with the comment.
using Seen = std::map<std::string, bool>;

void Note(const v1::Rating& rating, Seen& seen) {
  const bool with_comment = !rating.comment().empty();
  EXPECT_NE(rating.comment_withheld(), with_comment) << rating.rating_id();
  seen[rating.rating_id()] = with_comment;
}

class CommentsTest : public ::testing::Test {
 protected:
  CommentsTest() : service_({.engine = "rocksdb", .credentials = Credentials()}) {}

  Client As(const std::string& name) { return Client(service_, {.tenant = "", .token = name}); }

  void Record() {
    Client sender = As("sender");
    std::vector<v1::Rating> ratings;
    for (const char* agent : {"ann", "bob"}) {
      for (const v1::CommentVisibility policy : kPolicies) {
        v1::Rating rating = MakeRating(IdFor(agent, policy), "c", v1::SCALE_CSAT_5, 2, Start());
        rating.set_agent_id(agent);
        rating.set_comment("words");
        rating.set_comment_visibility(policy);
        (*rating.mutable_labels())["team"] = "blue";
        ratings.push_back(rating);
      }
    }
    sender.RecordBatch(ratings);
  }

  // What the policies allow: `own` is the agent whose comments the caller reads, `lead` whether of the team.
  static Seen Allowed(const std::string& own, bool lead, bool own_only) {
    Seen seen;
    for (const char* agent : {"ann", "bob"}) {
      if (own_only && agent != own) continue;
      for (const v1::CommentVisibility policy : kPolicies) {
        seen[IdFor(agent, policy)] = agent == own || policy == v1::COMMENT_VISIBILITY_ALL ||
                                     (lead && policy == v1::COMMENT_VISIBILITY_AGENT_AND_LEAD);
      }
    }
    return seen;
  }

  Seen Listed(Client client) {
    v1::ListRatingsRequest request;
    *request.mutable_range() = ToProto(Interval{Start(), Start() + absl::Hours(1)});
    Seen seen;
    const v1::ListRatingsResponse response = client.Call(&Stub::ListRatings, request);
    for (const v1::Rating& rating : response.ratings()) Note(rating, seen);
    return seen;
  }

  Seen Got(Client client) {
    Seen seen;
    for (const char* agent : {"ann", "bob"}) {
      for (const v1::CommentVisibility policy : kPolicies) {
        v1::GetRatingRequest request;
        request.set_rating_id(IdFor(agent, policy));
        v1::GetRatingResponse response;
        const grpc::Status status = client.Try(&Stub::GetRating, request, response);
        if (status.error_code() == grpc::StatusCode::NOT_FOUND) continue;
        EXPECT_TRUE(status.ok()) << status.error_message();
        Note(response.rating(), seen);
        Seen history;
        for (const v1::Rating& revision : response.history()) Note(revision, history);
        EXPECT_EQ(history, (Seen{{request.rating_id(), seen[request.rating_id()]}}));
      }
    }
    return seen;
  }

  Seen Exported(Client client) {
    v1::ExportRatingsRequest request;
    *request.mutable_range() = ToProto(Interval{Start(), Start() + absl::Hours(1)});
    Seen seen;
    for (const auto& chunk : client.Export(request)) {
      for (const v1::Rating& rating : chunk.ratings()) Note(rating, seen);
    }
    return seen;
  }

  // What is told after `token` until `count` ratings were, or, without a count, the first message alone.
  Seen Watched(Client client, size_t count, std::string& token) {
    grpc::ClientContext context;
    client.Prepare(context);
    v1::WatchRatingsRequest request;
    request.set_resume_token(token);
    const auto reader = client.stub().WatchRatings(&context, request);
    Seen seen;
    v1::WatchRatingsResponse response;
    do {
      EXPECT_TRUE(reader->Read(&response));
      if (response.has_rating()) Note(response.rating(), seen);
    } while (seen.size() < count && !::testing::Test::HasFailure());
    token = response.resume_token();
    context.TryCancel();
    while (reader->Read(&response)) {
    }
    reader->Finish();
    return seen;
  }

  Service service_;
};

TEST_F(CommentsTest, EveryRpcKeepsToThePolicies) {
  const struct {
    std::string name;
    Seen allowed;
    bool exports;
  } callers[] = {
      {"reader", Allowed("", false, false), true},
      {"admin", Allowed("", false, false), true},
      {"lead", Allowed("", true, false), true},
      {"lead-of-another", Allowed("", false, false), true},
      {"lead-of-all", Allowed("", true, false), true},
      {"ann", Allowed("ann", false, true), false},
      {"bob", Allowed("bob", false, true), false},
      {"ann-reading-all", Allowed("ann", false, false), true},
      {"stranger", {}, true},
  };
  std::map<std::string, std::string> tokens;
  for (const auto& caller : callers) Watched(As(caller.name), 0, tokens[caller.name]);
  Record();
  for (const auto& caller : callers) {
    SCOPED_TRACE(caller.name);
    EXPECT_EQ(Listed(As(caller.name)), caller.allowed);
    EXPECT_EQ(Got(As(caller.name)), caller.allowed);
    EXPECT_EQ(Watched(As(caller.name), caller.allowed.size(), tokens[caller.name]), caller.allowed);
    if (caller.exports) {
      EXPECT_EQ(Exported(As(caller.name)), caller.allowed);
    }
  }
}

TEST_F(CommentsTest, AnAgentAsksForNoFiguresOfOthers) {
  Record();
  Client ann = As("ann");
  const auto denied = [&](auto method, const auto& request, auto response) {
    EXPECT_EQ(ann.Try(method, request, response).error_code(), grpc::StatusCode::PERMISSION_DENIED);
  };
  denied(&Stub::QueryRatings, v1::QueryRatingsRequest(), v1::QueryRatingsResponse());
  denied(&Stub::BatchGetCustomerSatisfaction, v1::BatchGetCustomerSatisfactionRequest(),
         v1::BatchGetCustomerSatisfactionResponse());
  denied(&Stub::ListCustomersBySatisfaction, v1::ListCustomersBySatisfactionRequest(),
         v1::ListCustomersBySatisfactionResponse());
  denied(&Stub::EraseCustomer, v1::EraseCustomerRequest(), v1::EraseCustomerResponse());
  denied(&Stub::RecordRating, v1::RecordRatingRequest(), v1::RecordRatingResponse());
}

TEST_F(CommentsTest, AFilterByAnotherAgentShowsAnAgentNothing) {
  Record();
  v1::ListRatingsRequest request;
  *request.mutable_range() = ToProto(Interval{Start(), Start() + absl::Hours(1)});
  request.mutable_filter()->add_dimensions()->set_dimension(common::v1::DIMENSION_AGENT);
  request.mutable_filter()->mutable_dimensions(0)->set_value("bob");
  Client ann = As("ann");
  EXPECT_THAT(ann.Call(&Stub::ListRatings, request).ratings(), IsEmpty());
}

TEST_F(CommentsTest, ErrorsDoNotShowComments) {
  v1::RecordRatingRequest request;
  *request.mutable_rating() = MakeRating("r", "c", v1::SCALE_CSAT_5, 9, Start());
  request.mutable_rating()->set_comment("secret words");
  v1::RecordRatingResponse response;
  Client sender = As("sender");
  const grpc::Status status = sender.Try(&Stub::RecordRating, request, response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(status.error_message().find("secret"), std::string::npos);
}

}  // namespace
}  // namespace rapport::ratings

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "tests/ratings/events.h"
#include "tests/ratings/service_harness.h"

namespace rapport::ratings {
namespace {

using Stub = v1::RatingsService::Stub;
using ::testing::HasSubstr;

absl::Time Start() {
  return absl::FromUnixSeconds(1'750'032'000);
}

// An open watch. Waiting for a message ends with the deadline of the call.
class Watching {
 public:
  Watching(Client& client, const v1::WatchRatingsRequest& request) {
    client.Prepare(context_);
    reader_ = client.stub().WatchRatings(&context_, request);
  }
  ~Watching() {
    context_.TryCancel();
    if (!ended_) End();
  }

  v1::WatchRatingsResponse Next() {
    v1::WatchRatingsResponse response;
    EXPECT_TRUE(reader_->Read(&response));
    return response;
  }
  // Reads on until each of these ratings was told; the last told state by id.
  std::map<std::string, v1::Rating> Until(std::set<std::string> ids) {
    std::map<std::string, v1::Rating> told;
    for (v1::WatchRatingsResponse response; !ids.empty() && reader_->Read(&response);) {
      token_ = response.resume_token();
      if (!response.has_rating()) continue;
      ids.erase(response.rating().rating_id());
      told[response.rating().rating_id()] = response.rating();
    }
    EXPECT_TRUE(ids.empty()) << "never told of " << *ids.begin();
    return told;
  }
  grpc::Status End() {
    for (v1::WatchRatingsResponse response; reader_->Read(&response);) {
    }
    ended_ = true;
    return reader_->Finish();
  }
  const std::string& token() const { return token_; }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<v1::WatchRatingsResponse>> reader_;
  std::string token_;
  bool ended_ = false;
};

class WatchTest : public ::testing::TestWithParam<const char*> {
 protected:
  WatchTest() : service_({.engine = GetParam(), .stream_retention = 20}), client_(service_, {.tenant = "t"}) {}

  void Record(const std::string& id, int points, int64_t revision = 0, const std::string& customer = "c") {
    v1::Rating rating = MakeRating(id, customer, v1::SCALE_CSAT_5, points, Start());
    rating.set_revision(revision);
    client_.RecordUnary({rating});
  }

  Service service_;
  Client client_;
};

TEST_P(WatchTest, TellsOfWhatComesInFromNowOn) {
  Record("before", 5);
  Watching watch(client_, {});
  const v1::WatchRatingsResponse first = watch.Next();
  EXPECT_FALSE(first.has_rating()) << "the first message tells where the watch begins";
  EXPECT_FALSE(first.resume_token().empty());
  Record("a", 1);
  Record("b", 5);
  const auto told = watch.Until({"a", "b"});
  EXPECT_EQ(told.size(), 2u);
  EXPECT_EQ(told.at("a").points(), 1);
}

TEST_P(WatchTest, TellsOfAReplacementAsItIsThen) {
  Watching watch(client_, {});
  watch.Next();
  Record("a", 1);
  EXPECT_EQ(watch.Until({"a"}).at("a").points(), 1);
  Record("a", 5, 2);
  EXPECT_EQ(watch.Until({"a"}).at("a").points(), 5);
  Record("a", 3, 1);  // superseded
  Record("end", 1);
  EXPECT_EQ(watch.Until({"end"}).count("a"), 0u);
}

TEST_P(WatchTest, TellsOnlyWhatTheFilterLetsThrough) {
  v1::WatchRatingsRequest request;
  request.mutable_filter()->set_sentiment(v1::SENTIMENT_NEGATIVE);
  Watching watch(client_, request);
  watch.Next();
  for (int i = 0; i < 20; ++i) Record(absl::StrCat("r", i), 1 + i % 5);
  Record("end", 1);
  std::set<std::string> ids;
  for (const auto& [id, rating] : watch.Until({"end"})) {
    EXPECT_LE(rating.points(), 2) << id;
    ids.insert(id);
  }
  EXPECT_GE(ids.size(), 1u);
}

TEST_P(WatchTest, ResumesWithoutAGap) {
  std::string token;
  {
    Watching watch(client_, {});
    token = watch.Next().resume_token();
  }
  std::set<std::string> expected;
  for (int i = 0; i < 15; ++i) {
    const std::string id = absl::StrCat("r", i);
    Record(id, 1 + i % 5);
    expected.insert(id);
    // Stop and resume after any number of messages: whatever was not told yet comes.
    v1::WatchRatingsRequest request;
    request.set_resume_token(token);
    Watching watch(client_, request);
    const auto told = watch.Until({id});
    if (i % 3 != 0) token = watch.token();
  }
  v1::WatchRatingsRequest request;
  request.set_resume_token(token);
  Watching watch(client_, request);
  Record("end", 1);
  watch.Until({"end"});
}

TEST_P(WatchTest, TokenOfALongPastIsOutOfRange) {
  v1::WatchRatingsRequest request;
  {
    Watching watch(client_, {});
    request.set_resume_token(watch.Next().resume_token());
  }
  for (int i = 0; i < 400; ++i) Record(absl::StrCat("r", i), 1);
  const grpc::Status status = Watching(client_, request).End();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::OUT_OF_RANGE);
  EXPECT_THAT(status.error_message(), HasSubstr("resume_token"));
}

TEST_P(WatchTest, StrangeTokensAreRefused) {
  for (const char* token : {"x", "!!!", "MTIz", "MS4xLDEuMQ"}) {
    v1::WatchRatingsRequest request;
    request.set_resume_token(token);
    EXPECT_EQ(Watching(client_, request).End().error_code(), grpc::StatusCode::INVALID_ARGUMENT) << token;
  }
}

INSTANTIATE_TEST_SUITE_P(Engines, WatchTest, ::testing::Values("rocksdb", "redis"),
                         [](const auto& engine) { return std::string(engine.param); });

}  // namespace
}  // namespace rapport::ratings

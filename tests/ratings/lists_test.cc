#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "tests/ratings/events.h"
#include "tests/ratings/model.h"
#include "tests/ratings/service_harness.h"

namespace rapport::ratings {
namespace {

using Stub = v1::RatingsService::Stub;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

absl::Time Start() {
  return absl::FromUnixSeconds(1'750'032'000);  // a midnight
}

// Some days are dense, with many ratings at the same moment; most are empty; a few have one.
std::vector<Event> DenseAndEmptyDays(RandomEvents& random) {
  std::vector<Event> events;
  const auto add = [&](absl::Time at) {
    v1::Rating rating = random.Rating(absl::StrCat("rating-", random.UpTo(1'000'000)));
    *rating.mutable_occurred_at() = ToProto(at);
    events.emplace_back(rating);
  };
  for (int i = 0; i < 400; ++i) add(Start() + absl::Hours(24 * 30) + absl::Seconds(random.UpTo(60)));
  for (int i = 0; i < 300; ++i) add(Start() + absl::Milliseconds(random.UpTo(86'399'999)));
  for (int i = 0; i < 12; ++i) add(Start() + absl::Hours(24 * random.UpTo(58)) + absl::Minutes(random.UpTo(1439)));
  add(Start());
  add(Start() + absl::Hours(24) - absl::Milliseconds(1));
  return events;
}

v1::RatingFilter RandomFilter(RandomEvents& random) {
  v1::RatingFilter filter;
  if (random.OneIn(5)) filter.set_customer_id(random.Customer());
  if (random.OneIn(4)) filter.set_scale(static_cast<v1::Scale>(1 + random.UpTo(5)));
  if (random.OneIn(4)) filter.set_sentiment(static_cast<v1::Sentiment>(1 + random.UpTo(2)));
  if (random.OneIn(5)) filter.set_conversation_id(absl::StrCat("conversation-", random.UpTo(5)));
  filter.set_with_comment(random.OneIn(4));
  const auto add = [&](common::v1::Dimension dimension, const std::string& value) {
    filter.add_dimensions()->set_dimension(dimension);
    filter.mutable_dimensions(filter.dimensions_size() - 1)->set_value(value);
  };
  if (random.OneIn(4)) add(common::v1::DIMENSION_AGENT, random.OneIn(3) ? "" : absl::StrCat("agent-", random.UpTo(8)));
  if (random.OneIn(4)) add(common::v1::DIMENSION_PLAN, random.OneIn(3) ? "" : "pro");
  return filter;
}

class ListsTest : public ::testing::TestWithParam<const char*> {
 protected:
  ListsTest() : service_({.engine = GetParam()}), client_(service_, {.tenant = "t"}) {}

  // Loads what the model is to have.
  void Load(const std::vector<Event>& events) {
    client_.Record(events);
    model_ = std::make_unique<Model>(events);
  }

  // Newest first.
  std::vector<std::string> Expected(const Interval& range, const v1::RatingFilter& filter) const {
    std::vector<std::string> ids;
    for (const CountedRating& each : model_->ratings()) {
      if (range.Contains(each.at) && Matches(each, filter)) ids.push_back(each.rating.rating_id());
    }
    return ids;
  }

  Interval RandomRange() {
    if (random_.OneIn(4)) return {Start() - absl::Hours(24 * 400), Start() + absl::Hours(24 * 61)};
    if (random_.OneIn(3)) return {Start() + absl::Hours(24 * 30), Start() + absl::Hours(24 * 30) + absl::Seconds(30)};
    const absl::Time a = random_.Moment();
    const absl::Time b = random_.Moment();
    return {std::min(a, b), std::max(a, b) + absl::Milliseconds(1)};
  }

  Service service_;
  Client client_;
  RandomEvents random_{41, {.start = Start(), .span = absl::Hours(24 * 59), .customers = 10}};
  std::unique_ptr<Model> model_;
};

TEST_P(ListsTest, PagesTogetherAreTheWholeList) {
  Load(DenseAndEmptyDays(random_));
  for (int round = 0; round < 40; ++round) {
    v1::ListRatingsRequest request;
    const Interval range = RandomRange();
    *request.mutable_range() = ToProto(range);
    *request.mutable_filter() = RandomFilter(random_);
    std::vector<std::string> ids;
    do {
      const int size = static_cast<int>(1 + random_.UpTo(random_.OneIn(3) ? 9 : 400));
      request.mutable_page()->set_page_size(size);
      const auto response = client_.Call(&Stub::ListRatings, request);
      ASSERT_LE(response.ratings_size(), size);
      for (const v1::Rating& rating : response.ratings()) ids.push_back(rating.rating_id());
      request.mutable_page()->set_page_token(response.next_page_token());
    } while (!request.page().page_token().empty());
    ASSERT_EQ(ids, Expected(range, request.filter())) << request.DebugString();
  }
}

TEST_P(ListsTest, ExportIsTheListBackwardsAndResumes) {
  Load(DenseAndEmptyDays(random_));
  for (int round = 0; round < 15; ++round) {
    v1::ExportRatingsRequest request;
    const Interval range = RandomRange();
    *request.mutable_range() = ToProto(range);
    *request.mutable_filter() = RandomFilter(random_);
    std::vector<std::string> ids;
    const auto chunks = client_.Export(request);
    for (const auto& chunk : chunks) {
      for (const v1::Rating& rating : chunk.ratings()) ids.push_back(rating.rating_id());
    }
    std::vector<std::string> expected = Expected(range, request.filter());
    std::reverse(expected.begin(), expected.end());
    ASSERT_EQ(ids, expected) << request.DebugString();
    request.set_resume_token(chunks.back().resume_token());
    for (const auto& chunk : client_.Export(request)) EXPECT_EQ(chunk.ratings_size(), 0) << "nothing comes again";
  }
}

TEST_P(ListsTest, LongCommentsMakeShortChunks) {
  std::vector<Event> events;
  for (int i = 0; i < 900; ++i) {
    v1::Rating rating = random_.Rating(absl::StrCat("rating-", i));
    rating.set_comment(std::string(4000, 'x'));
    rating.set_comment_visibility(v1::COMMENT_VISIBILITY_ALL);
    for (int label = 0; label < 5; ++label) {
      (*rating.mutable_labels())[absl::StrCat("label", label)] = std::string(200, 'y');
    }
    *rating.mutable_occurred_at() = ToProto(Start() + absl::Seconds(i / 10));
    events.emplace_back(rating);
  }
  Load(events);
  v1::ExportRatingsRequest request;
  const Interval range{Start(), Start() + absl::Hours(24)};
  *request.mutable_range() = ToProto(range);
  const auto chunks = client_.Export(request);
  std::vector<std::string> ids;
  for (size_t i = 0; i < chunks.size(); ++i) {
    EXPECT_LT(chunks[i].ByteSizeLong(), size_t{4} << 20) << "what clients take at most unless told otherwise";
    for (const v1::Rating& rating : chunks[i].ratings()) ids.push_back(rating.rating_id());
    // Resumed after this chunk, the export goes on with the next one.
    request.set_resume_token(chunks[i].resume_token());
    const auto rest = client_.Export(request);
    ASSERT_EQ(rest.size(), std::max<size_t>(1, chunks.size() - i - 1));
    if (i + 1 < chunks.size()) {
      EXPECT_EQ(BytesOf(rest.front()), BytesOf(chunks[i + 1]));
    }
  }
  std::vector<std::string> expected = Expected(range, {});
  std::reverse(expected.begin(), expected.end());
  EXPECT_EQ(ids, expected);
  EXPECT_GE(chunks.size(), 2u);

  v1::ListRatingsRequest list;
  *list.mutable_range() = request.range();
  list.mutable_page()->set_page_size(1000);
  const auto page = client_.Call(&Stub::ListRatings, list);
  EXPECT_LT(page.ByteSizeLong(), size_t{4} << 20);
  EXPECT_FALSE(page.next_page_token().empty());
}

TEST_P(ListsTest, StrangeTokensAreRefused) {
  v1::ListRatingsRequest list;
  *list.mutable_range() = ToProto(Interval{Start(), Start() + absl::Hours(24)});
  for (const char* token : {"x", "!!!", "MTIz*", "eHl6"}) {
    list.mutable_page()->set_page_token(token);
    v1::ListRatingsResponse response;
    const grpc::Status status = client_.Try(&Stub::ListRatings, list, response);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << token;
    EXPECT_THAT(status.error_message(), HasSubstr("page.page_token"));
  }
}

TEST_P(ListsTest, TokensFromBeyondAllTimeEndTheList) {
  Load(DenseAndEmptyDays(random_));
  v1::ListRatingsRequest list;
  *list.mutable_range() = ToProto(Interval{Start(), Start() + absl::Hours(24)});
  // "-9223372036854775808,x" in base 64.
  list.mutable_page()->set_page_token("LTkyMjMzNzIwMzY4NTQ3NzU4MDgseA");
  EXPECT_THAT(client_.Call(&Stub::ListRatings, list).ratings(), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Engines, ListsTest, ::testing::Values("rocksdb", "redis"),
                         [](const auto& engine) { return std::string(engine.param); });

}  // namespace
}  // namespace rapport::ratings

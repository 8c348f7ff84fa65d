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

absl::Time Start() {
  return absl::FromUnixSeconds(1'750'032'000);
}

constexpr char kErased[] = "customer-1";

// Random events in which each status of a survey is told once: a record keeps only the earliest, and cannot give back
// the later one of another customer.
std::vector<Event> SomeEvents() {
  RandomEvents random(51, {.start = Start(), .span = absl::Hours(24 * 20), .customers = 8});
  std::set<std::pair<std::string, int>> told;
  std::vector<Event> events;
  for (const Event& event : random.Stream(700)) {
    const auto* survey = std::get_if<v1::Survey>(&event);
    if (survey == nullptr || told.emplace(survey->survey_id(), survey->status()).second) events.push_back(event);
  }
  return events;
}

class EraseTest : public ::testing::TestWithParam<const char*> {
 protected:
  EraseTest()
      : service_({.engine = GetParam()}),
        erasing_(service_, {.tenant = "erasing"}),
        without_(service_, {.tenant = "without"}) {}

  int64_t Erase(const std::string& customer) {
    v1::EraseCustomerRequest request;
    request.set_customer_id(customer);
    return erasing_.Call(&Stub::EraseCustomer, request).erased_count();
  }

  // Both tenants give the same answer.
  template <typename Request, typename Response>
  Response Same(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*), const Request& request) {
    Response response = without_.Call(method, request);
    EXPECT_EQ(BytesOf(erasing_.Call(method, request)), BytesOf(response)) << request.DebugString();
    return response;
  }

  common::v1::TimeRange AllTime() const {
    return ToProto(Interval{Start() - absl::Hours(24), Start() + absl::Hours(24 * 21)});
  }

  Service service_;
  Client erasing_;
  Client without_;
};

TEST_P(EraseTest, NothingOfTheCustomerRemains) {
  const std::vector<Event> events = SomeEvents();
  std::vector<Event> others;
  std::map<std::string, bool> shared;  // by id of an event of the customer: whether others are named under it too
  for (const Event& event : events) {
    if (CustomerOf(event) != kErased) others.push_back(event);
  }
  for (const Event& event : events) {
    if (CustomerOf(event) == kErased) shared[IdOf(event)] = false;
  }
  for (const Event& event : others) {
    if (const auto found = shared.find(IdOf(event)); found != shared.end()) found->second = true;
  }
  erasing_.Record(events);
  without_.Record(others);
  EXPECT_EQ(Erase(kErased), static_cast<int64_t>(shared.size()));

  v1::QueryRatingsRequest query;
  *query.mutable_range() = AllTime();
  query.set_include_customer_figures(true);
  query.set_bucket(common::v1::BUCKET_DAY);
  for (int dimension = 0; dimension <= common::v1::Dimension_MAX; ++dimension) {
    query.set_group_by(static_cast<common::v1::Dimension>(dimension));
    Same(&Stub::QueryRatings, query);
  }
  v1::BatchGetCustomerSatisfactionRequest satisfaction;
  for (int i = 0; i < 8; ++i) satisfaction.add_customer_ids(absl::StrCat("customer-", i));
  EXPECT_EQ(Same(&Stub::BatchGetCustomerSatisfaction, satisfaction).customers(1).scales_size(), 0);
  v1::ListCustomersBySatisfactionRequest ranking;
  *ranking.mutable_range() = AllTime();
  ranking.set_order(v1::CUSTOMER_ORDER_LEAST_HAPPY);
  for (int scale = 1; scale <= v1::Scale_MAX; ++scale) {
    ranking.set_scale(static_cast<v1::Scale>(scale));
    const v1::ListCustomersBySatisfactionResponse ranked = Same(&Stub::ListCustomersBySatisfaction, ranking);
    for (const v1::CustomerSatisfaction& each : ranked.customers()) {
      EXPECT_NE(each.customer_id(), kErased);
    }
  }

  v1::ExportRatingsRequest exported;
  *exported.mutable_range() = AllTime();
  const auto export_of = [&](Client& client) {
    std::vector<std::string> ratings;
    for (const auto& chunk : client.Export(exported)) {
      for (const v1::Rating& rating : chunk.ratings()) ratings.push_back(BytesOf(WithoutReceipt(rating)));
    }
    return ratings;
  };
  EXPECT_EQ(export_of(erasing_), export_of(without_));
  v1::ListRatingsRequest list;
  *list.mutable_range() = AllTime();
  list.mutable_filter()->set_customer_id(kErased);
  EXPECT_EQ(erasing_.Call(&Stub::ListRatings, list).ratings_size(), 0);

  for (const auto& [id, has_others] : shared) {
    v1::GetRatingRequest get;
    get.set_rating_id(id);
    v1::GetRatingResponse response;
    const grpc::Status status = erasing_.Try(&Stub::GetRating, get, response);
    ASSERT_EQ(status.ok(), has_others) << id;
    EXPECT_EQ(response.DebugString().find(absl::StrCat("\"", kErased, "\"")), std::string::npos) << id;
  }
  EXPECT_EQ(Erase(kErased), 0) << "again";
}

TEST_P(EraseTest, EventsOfErasedIdsAreNotStoredAgain) {
  const std::vector<Event> events = SomeEvents();
  erasing_.Record(events);
  std::set<std::string> of_others;
  for (const Event& event : events) {
    if (CustomerOf(event) != kErased) of_others.insert(IdOf(event));
  }
  std::vector<Event> repeated;
  for (const Event& event : events) {
    if (of_others.count(IdOf(event)) == 0) repeated.push_back(event);
  }
  ASSERT_FALSE(repeated.empty());
  Erase(kErased);
  v1::QueryRatingsRequest query;
  *query.mutable_range() = AllTime();
  const std::string before = BytesOf(erasing_.Call(&Stub::QueryRatings, query));
  for (const v1::Outcome outcome : erasing_.Record(repeated)) EXPECT_EQ(outcome, v1::OUTCOME_ERASED);
  EXPECT_EQ(BytesOf(erasing_.Call(&Stub::QueryRatings, query)), before);
}

TEST_P(EraseTest, AnUnknownCustomerIsErasedAlready) {
  EXPECT_EQ(Erase("nobody"), 0);
}

TEST_P(EraseTest, ManyRatingsOfOneCustomerAreErased) {
  std::vector<v1::Rating> ratings;
  for (int i = 0; i < 1500; ++i) {
    ratings.push_back(MakeRating(absl::StrCat("r", i), kErased, v1::SCALE_NPS_11, i % 11, Start() + absl::Minutes(i)));
    if (ratings.size() < 750) continue;
    erasing_.RecordBatch(ratings);
    ratings.clear();
  }
  EXPECT_EQ(Erase(kErased), 1500);
  v1::QueryRatingsRequest query;
  *query.mutable_range() = AllTime();
  EXPECT_EQ(Same(&Stub::QueryRatings, query).rows(0).scales_size(), 0);
}

TEST_P(EraseTest, ErasingInOneTenantLeavesTheOthers) {
  const v1::Rating rating = MakeRating("r", kErased, v1::SCALE_NPS_11, 9, Start());
  erasing_.RecordUnary({rating});
  without_.RecordUnary({rating});
  EXPECT_EQ(Erase(kErased), 1);
  v1::GetRatingRequest get;
  get.set_rating_id("r");
  EXPECT_EQ(without_.Call(&Stub::GetRating, get).rating().customer_id(), kErased);
}

INSTANTIATE_TEST_SUITE_P(Engines, EraseTest, ::testing::Values("rocksdb", "redis"),
                         [](const auto& engine) { return std::string(engine.param); });

}  // namespace
}  // namespace rapport::ratings

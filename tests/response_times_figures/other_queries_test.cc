#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "common/time/interval.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/response_times/core/promise.h"
#include "services/response_times/service/customers_query.h"
#include "services/response_times/service/escalations_query.h"
#include "services/response_times/service/promises_query.h"
#include "tests/response_times_figures/stored_world.h"

namespace rapport::response_times {
namespace {

using ::testing::HasSubstr;

class OtherQueriesTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { world_ = std::make_unique<StoredWorld>(400); }
  static void TearDownTestSuite() { world_ = nullptr; }

  static v1::QueryPromisesResponse Promises(const v1::QueryPromisesRequest& request) {
    v1::QueryPromisesResponse response;
    const absl::Status status = QueryPromises(world_->reader(), world_->dictionary(), kTenant, 5, request, response);
    EXPECT_TRUE(status.ok()) << status;
    return response;
  }

  // Counted one by one.
  static std::map<v1::PromiseState, int64_t> CountPromises(const Interval& due, const std::string* agent) {
    std::map<v1::PromiseState, int64_t> counts;
    for (const auto& [id, analysis] : world_->analyses()) {
      for (const storage::v1::TargetPromise& promise : analysis.promises()) {
        if (!due.Contains(absl::FromUnixMillis(promise.due_ms()))) continue;
        if (agent != nullptr && world_->AgentOf(promise.dimension_codes()) != *agent) continue;
        ++counts[StateOf(MomentsOf(promise), ToMillis(kNow))];
      }
    }
    return counts;
  }

  static void ExpectCounts(const v1::PromiseRow& row, std::map<v1::PromiseState, int64_t> counts) {
    EXPECT_EQ(row.kept_count(), counts[v1::PROMISE_STATE_KEPT]);
    EXPECT_EQ(row.kept_late_count(), counts[v1::PROMISE_STATE_KEPT_LATE]);
    EXPECT_EQ(row.broken_count(), counts[v1::PROMISE_STATE_BROKEN]);
    EXPECT_EQ(row.pending_count(), counts[v1::PROMISE_STATE_PENDING]);
    EXPECT_EQ(row.cancelled_count(), counts[v1::PROMISE_STATE_CANCELLED]);
  }

  static std::unique_ptr<StoredWorld> world_;
};

std::unique_ptr<StoredWorld> OtherQueriesTest::world_;

// Some are due in the future, and edges cut slots.
v1::QueryPromisesRequest PromisesRequest() {
  v1::QueryPromisesRequest request;
  *request.mutable_range() = ToProto(Interval{kBegin + absl::Minutes(8), kNow + absl::Hours(24 * 90)});
  return request;
}

TEST_F(OtherQueriesTest, PromisesAreCountedWhereTheyAreDue) {
  const v1::QueryPromisesRequest request = PromisesRequest();
  const v1::QueryPromisesResponse response = Promises(request);
  ASSERT_EQ(response.rows_size(), 1);
  ExpectCounts(response.rows(0), CountPromises(*ParseRange(request.range(), ""), nullptr));
  EXPECT_EQ(response.rows(0).kept().count(), response.rows(0).kept_count());
  EXPECT_EQ(response.rows(0).kept().sample_size(),
            response.rows(0).kept_count() + response.rows(0).kept_late_count() + response.rows(0).broken_count());
}

TEST_F(OtherQueriesTest, PromisesOfBucketsAndGroupsAreThoseOfTheConversations) {
  v1::QueryPromisesRequest request = PromisesRequest();
  request.set_group_by(common::v1::DIMENSION_AGENT);
  request.set_bucket(common::v1::BUCKET_WEEK);
  request.set_time_zone("Europe/Berlin");
  request.set_compare_with_previous(true);
  const v1::QueryPromisesResponse response = Promises(request);
  for (const auto* rows : {&response.rows(), &response.totals()}) {
    for (const v1::PromiseRow& row : *rows) {
      const std::string agent = row.group();
      ExpectCounts(row, CountPromises(*ParseRange(row.bucket(), ""), &agent));
    }
  }
  EXPECT_EQ(response.totals_size(), kAgentCount + 1);
}

TEST_F(OtherQueriesTest, PromisesInFragmentsOfSlotsAreCounted) {
  for (const auto& [id, analysis] : world_->analyses()) {
    for (const storage::v1::TargetPromise& promise : analysis.promises()) {
      const absl::Time due = absl::FromUnixMillis(promise.due_ms());
      v1::QueryPromisesRequest request;
      *request.mutable_range() = ToProto(Interval{due, due + absl::Milliseconds(1)});
      ExpectCounts(Promises(request).rows(0), CountPromises(*ParseRange(request.range(), ""), nullptr));
    }
    if (id > "c15") break;
  }
}

TEST_F(OtherQueriesTest, PromisesOfOneOriginAreCountedAlone) {
  v1::QueryPromisesRequest request = PromisesRequest();
  request.set_origin(v1::PROMISE_ORIGIN_PERSON);
  ExpectCounts(Promises(request).rows(0), {});
  request.set_origin(v1::PROMISE_ORIGIN_POLICY);
  ExpectCounts(Promises(request).rows(0), CountPromises(*ParseRange(request.range(), ""), nullptr));
}

TEST_F(OtherQueriesTest, OthersSeeNoSmallGroupOfPromises) {
  v1::QueryPromisesRequest request = PromisesRequest();
  request.set_group_by(common::v1::DIMENSION_AGENT);
  request.set_bucket(common::v1::BUCKET_DAY);
  request.set_audience(v1::AUDIENCE_PUBLIC);
  int withheld = 0;
  const auto answer = Promises(request);
  for (const v1::PromiseRow& row : answer.rows()) {
    const int64_t all =
        row.kept_count() + row.kept_late_count() + row.broken_count() + row.pending_count() + row.cancelled_count();
    EXPECT_TRUE(row.suppressed() ? all == 0 : all >= 5);
    if (row.suppressed()) ++withheld;
  }
  EXPECT_GT(withheld, 0);
}

TEST_F(OtherQueriesTest, ALongRangeOfPromisesHasNoEnd) {
  v1::QueryPromisesRequest request = PromisesRequest();
  request.mutable_range()->mutable_end()->set_seconds(
      absl::ToUnixSeconds(absl::FromCivil(absl::CivilDay(9999, 12, 1), absl::UTCTimeZone())));
  ExpectCounts(Promises(request).rows(0), CountPromises(*ParseRange(request.range(), ""), nullptr));
}

TEST_F(OtherQueriesTest, EscalationsAreThoseOfTheConversations) {
  v1::QueryEscalationsRequest request;
  *request.mutable_range() = ToProto(Interval{kBegin + absl::Minutes(8), kEnd - absl::Hours(300)});
  request.mutable_filter()->set_dimension(common::v1::DIMENSION_AGENT);
  request.mutable_filter()->set_value("agent1");
  const Interval range = *ParseRange(request.range(), "");
  int64_t events = 0;
  std::set<std::string> customers;
  std::map<v1::EscalationReason, int64_t> reasons;
  int64_t tried = 0;
  for (const auto& [id, analysis] : world_->analyses()) {
    for (const storage::v1::Escalation& escalation : analysis.escalations()) {
      if (world_->AgentOf(escalation.dimension_codes()) != "agent1") continue;
      if (!range.Contains(absl::FromUnixMillis(escalation.occurred_ms()))) continue;
      ++events;
      ++reasons[escalation.reason()];
      customers.insert(analysis.customer_id());
      tried += analysis.tried_size();
    }
  }
  ASSERT_GT(events, 5);
  v1::QueryEscalationsResponse response;
  ASSERT_TRUE(QueryEscalations(world_->reader(), world_->dictionary(), kTenant, request, response).ok());
  EXPECT_EQ(response.event_count(), events);
  EXPECT_EQ(response.customer_count(), static_cast<int64_t>(customers.size()));
  for (const v1::EscalationFigures& figures : response.reasons()) {
    EXPECT_EQ(figures.event_count(), reasons[figures.reason()]);
  }
  for (const v1::SelfServiceFigures& figures : response.tried_before()) {
    if (figures.kind() != v1::SELF_SERVICE_FORUM) continue;
    EXPECT_EQ(figures.conversation_count(), tried);
  }
  request.set_top_customers(-1);
  EXPECT_THAT(
      std::string(QueryEscalations(world_->reader(), world_->dictionary(), kTenant, request, response).message()),
      HasSubstr("top_customers: -1"));
}

TEST_F(OtherQueriesTest, CustomersAreThoseOfTheirConversations) {
  const int64_t first = UtcDay(kBegin) + 10;
  const int64_t last = UtcDay(kBegin) + 30;
  const Interval range{StartOfUtcDay(first), StartOfUtcDay(last + 1)};
  v1::CustomerResponsiveness expected;
  int64_t replies = 0;
  for (const auto& [id, analysis] : world_->analyses()) {
    if (analysis.customer_id() != "customer7") continue;
    if (range.Contains(absl::FromUnixMillis(analysis.begun_ms()))) {
      expected.set_conversation_count(expected.conversation_count() + 1);
      expected.set_reopen_count(expected.reopen_count() + analysis.reopen_count());
      expected.set_self_service_count(expected.self_service_count() + analysis.self_service_count());
    }
    for (const storage::v1::Stretch& stretch : analysis.stretches()) {
      if (stretch.kind() > storage::v1::STRETCH_KIND_LATER_RESPONSE) continue;
      if (!stretch.open() && range.Contains(absl::FromUnixMillis(stretch.start_ms()))) ++replies;
    }
    if (analysis.has_waiting()) expected.set_waiting_count(expected.waiting_count() + 1);
    for (const storage::v1::TargetPromise& promise : analysis.promises()) {
      if (!range.Contains(absl::FromUnixMillis(promise.due_ms()))) continue;
      const v1::PromiseState state = StateOf(MomentsOf(promise), ToMillis(kNow));
      if (state == v1::PROMISE_STATE_BROKEN) expected.set_promises_broken(expected.promises_broken() + 1);
      if (state == v1::PROMISE_STATE_KEPT) expected.set_promises_kept(expected.promises_kept() + 1);
    }
  }
  v1::BatchGetCustomerResponsivenessRequest request;
  request.add_customer_ids("customer7");
  request.add_customer_ids("stranger");
  *request.mutable_range() = ToProto(range);
  v1::BatchGetCustomerResponsivenessResponse response;
  ASSERT_TRUE(GetResponsiveness(world_->reader(), world_->policies(), kTenant, request, response).ok());
  ASSERT_EQ(response.customers_size(), 2);
  const v1::CustomerResponsiveness& customer = response.customers(0);
  EXPECT_EQ(customer.conversation_count(), expected.conversation_count());
  EXPECT_EQ(customer.reopen_count(), expected.reopen_count());
  EXPECT_EQ(customer.self_service_count(), expected.self_service_count());
  EXPECT_EQ(customer.waiting_count(), expected.waiting_count());
  EXPECT_EQ(customer.promises_broken(), expected.promises_broken());
  EXPECT_EQ(customer.promises_kept(), expected.promises_kept());
  EXPECT_EQ(customer.next_response().answered_count(), replies);
  for (int i = 1; i < customer.channels_size(); ++i) {
    EXPECT_GE(customer.channels(i - 1).count(), customer.channels(i).count());
  }
  EXPECT_TRUE(customer.has_last_message_day());
  EXPECT_EQ(response.customers(1).customer_id(), "stranger");
  EXPECT_EQ(response.customers(1).conversation_count(), 0);
  EXPECT_FALSE(response.customers(1).first_response().median().has_value());
}

TEST_F(OtherQueriesTest, CustomersAreAskedForByTheirIdsAndWholeDays) {
  v1::BatchGetCustomerResponsivenessRequest request;
  v1::BatchGetCustomerResponsivenessResponse response;
  const auto error = [&] {
    return std::string(GetResponsiveness(world_->reader(), world_->policies(), kTenant, request, response).message());
  };
  EXPECT_THAT(error(), HasSubstr("customer_ids: 0 customers"));
  request.add_customer_ids("");
  EXPECT_THAT(error(), HasSubstr("customer_ids"));
  request.set_customer_ids(0, "c");
  *request.mutable_range() = ToProto(Interval{kBegin, kBegin + absl::Hours(5)});
  EXPECT_THAT(error(), HasSubstr("range: cuts a UTC day"));
}

}  // namespace
}  // namespace rapport::response_times

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <thread>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "common/time/buckets.h"
#include "tests/ratings/events.h"
#include "tests/ratings/model.h"
#include "tests/ratings/service_harness.h"

// The same events once in order, and shuffled, repeated and from several senders at once: the same answers, to the
// byte, and those of a plain computation from the events.
namespace rapport::ratings {
namespace {

using Stub = v1::RatingsService::Stub;

constexpr double kClose = 1e-9;
constexpr v1::Scale kAllScales[] = {v1::SCALE_EMOTICON_3, v1::SCALE_THUMBS_2, v1::SCALE_CSAT_5,
                                    v1::SCALE_NPS_11,     v1::SCALE_CES_5,    v1::SCALE_CES_7};

// Sixty days in which clocks change in most zones that change them.
absl::Time Start() {
  return absl::FromCivil(absl::CivilDay(2025, 9, 20), absl::UTCTimeZone());
}
RandomEvents::Options SixtyDays() {
  return {.start = Start(), .span = absl::Hours(24 * 60)};
}

// A service that took the events of one model for two tenants.
struct Loaded {
  explicit Loaded(const char* engine)
      : service({.engine = engine}), clean(service, {.tenant = "clean"}), mixed(service, {.tenant = "mixed"}) {
    RandomEvents random(31, SixtyDays());
    const std::vector<Event> events = random.Stream(2000);
    model = std::make_unique<Model>(events);
    for (const Event& event : events) ids.push_back(IdOf(event));
    for (const v1::Outcome outcome : clean.Record(events)) EXPECT_NE(outcome, v1::OUTCOME_UNSPECIFIED);
    SendMixed(events, random);
  }

  void SendMixed(std::vector<Event> events, RandomEvents& random) {
    const size_t distinct = events.size();
    for (size_t i = 0; i < distinct; ++i) {
      if (random.OneIn(2)) events.push_back(events[i]);
    }
    std::shuffle(events.begin(), events.end(), random.engine());
    constexpr size_t kSenders = 3;
    std::vector<std::thread> senders;
    for (size_t s = 0; s < kSenders; ++s) {
      const size_t from = events.size() * s / kSenders;
      const size_t to = events.size() * (s + 1) / kSenders;
      senders.emplace_back([&, from, to] { mixed.Record(absl::MakeSpan(events).subspan(from, to - from)); });
    }
    for (std::thread& sender : senders) sender.join();
  }

  // The answer of both tenants.
  template <typename Request, typename Response>
  Response Same(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*), const Request& request) {
    Response response = clean.Call(method, request);
    EXPECT_EQ(BytesOf(mixed.Call(method, request)), BytesOf(response)) << request.DebugString();
    return response;
  }

  Service service;
  Client clean;
  Client mixed;
  std::unique_ptr<Model> model;
  std::vector<std::string> ids;
};

class EqualityTest : public ::testing::TestWithParam<const char*> {
 protected:
  static void TearDownTestSuite() { loaded_.clear(); }
  void SetUp() override {
    std::unique_ptr<Loaded>& loaded = loaded_[GetParam()];
    if (loaded == nullptr) loaded = std::make_unique<Loaded>(GetParam());
    on_ = loaded.get();
  }
  const Model& model() const { return *on_->model; }

  Loaded* on_ = nullptr;
  RandomEvents random_{32, SixtyDays()};

 private:
  static std::map<std::string, std::unique_ptr<Loaded>> loaded_;
};
std::map<std::string, std::unique_ptr<Loaded>> EqualityTest::loaded_;

// A question at random, with its parts as the model takes them.
struct Question {
  v1::QueryRatingsRequest request;
  absl::TimeZone zone;
  Interval range;
  std::optional<common::v1::Dimension> group_by;
  std::map<common::v1::Dimension, std::string> filter;
};

Interval RandomRange(RandomEvents& random, absl::TimeZone zone) {
  const absl::CivilDay day(2025, 9, 15);
  switch (random.UpTo(3)) {
    case 0: {
      const absl::CivilMonth month(2025, 8 + static_cast<int>(random.UpTo(2)));
      return {absl::FromCivil(month, zone), absl::FromCivil(month + 1 + random.UpTo(2), zone)};
    }
    case 1: {
      const absl::CivilDay first = day + random.UpTo(60);
      return {absl::FromCivil(first, zone), absl::FromCivil(first + 1 + random.UpTo(20), zone)};
    }
    default: {
      const absl::Time a = random.Moment();
      const absl::Time b = random.Moment();
      return {std::min(a, b), std::max(a, b) + absl::Milliseconds(1)};
    }
  }
}

std::string RandomValue(RandomEvents& random, common::v1::Dimension dimension) {
  if (random.OneIn(5)) return "";
  if (random.OneIn(12)) return "never seen";
  switch (dimension) {
    case common::v1::DIMENSION_AGENT:
      return absl::StrCat("agent-", random.UpTo(6));
    case common::v1::DIMENSION_TEAM:
      return absl::StrCat("team-", random.UpTo(2));
    case common::v1::DIMENSION_CHANNEL:
      return random.OneIn(2) ? "EMAIL" : "IN_APP";
    case common::v1::DIMENSION_LOCALE:
      return "de";
    default:
      return random.OneIn(2) ? "free" : "pro";
  }
}

Question RandomQuestion(RandomEvents& random) {
  static constexpr const char* kZones[] = {"", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe",
                                           "Asia/Kathmandu"};
  Question question;
  v1::QueryRatingsRequest& request = question.request;
  request.set_time_zone(kZones[random.UpTo(4)]);
  question.zone = *LoadZone(request.time_zone(), "");
  question.range = RandomRange(random, question.zone);
  *request.mutable_range() = ToProto(question.range);
  request.set_bucket(static_cast<common::v1::Bucket>(random.UpTo(5)));
  if (request.bucket() == common::v1::BUCKET_HOUR && question.range.end - question.range.start > absl::Hours(200)) {
    request.set_bucket(common::v1::BUCKET_DAY);
  }
  if (random.OneIn(2)) request.set_scale(kAllScales[random.UpTo(5)]);
  if (random.OneIn(2)) {
    request.set_group_by(rollup::DimensionAt(static_cast<int>(random.UpTo(5))));
    question.group_by = request.group_by();
  }
  const common::v1::Dimension filtered = rollup::DimensionAt(static_cast<int>(random.UpTo(5)));
  if (random.OneIn(2) && filtered != request.group_by()) {
    request.mutable_filter()->set_dimension(filtered);
    request.mutable_filter()->set_value(RandomValue(random, filtered));
    question.filter[filtered] = request.filter().value();
  }
  if (random.OneIn(4)) request.set_confidence(0.8);
  request.set_compare_with_previous(random.OneIn(2));
  request.set_include_customer_figures(random.OneIn(2));
  request.set_top_customers(static_cast<int>(random.UpTo(3)));
  return question;
}

void ExpectProportion(const common::v1::Figure& figure, int64_t count, int64_t total) {
  EXPECT_EQ(figure.sample_size(), total);
  ASSERT_EQ(figure.has_value(), total > 0);
  if (total == 0) return;
  EXPECT_EQ(figure.count(), count);
  EXPECT_NEAR(figure.value(), static_cast<double>(count) / static_cast<double>(total), kClose);
  EXPECT_LE(figure.ci_low(), figure.value() + kClose);
  EXPECT_GE(figure.ci_high(), figure.value() - kClose);
}

void ExpectMean(const common::v1::Figure& figure, double sum, int64_t total) {
  EXPECT_EQ(figure.sample_size(), total);
  ASSERT_EQ(figure.has_value(), total > 0);
  if (total == 0) return;
  EXPECT_NEAR(figure.value(), sum / static_cast<double>(total), kClose);
}

void ExpectCustomerFigures(const v1::RatingFigures& figures, const ExpectedFigures& expected, int top) {
  double shares = 0;
  double means = 0;
  for (const auto& [id, customer] : expected.customers) {
    shares += static_cast<double>(customer.positive) / static_cast<double>(customer.ratings);
    means += customer.points / static_cast<double>(customer.ratings);
  }
  const auto customers = static_cast<int64_t>(expected.customers.size());
  ExpectMean(figures.customer_weighted_positive(), shares, customers);
  ExpectMean(figures.customer_weighted_mean(), means, customers);
  EXPECT_EQ(figures.top_customer_share().sample_size(), expected.negative);
  ASSERT_EQ(figures.top_customer_share().has_value(), expected.negative > 0);
  if (expected.negative > 0) {
    EXPECT_NEAR(figures.top_customer_share().value(), expected.TopCustomerShare(top == 0 ? 10 : top), kClose);
  }
}

void ExpectComparison(const common::v1::Figure& figure, double previous_sum, int64_t previous_total) {
  const common::v1::Comparison& comparison = figure.comparison();
  EXPECT_EQ(comparison.previous_sample_size(), previous_total);
  ASSERT_EQ(comparison.has_previous_value(), previous_total > 0);
  ASSERT_EQ(comparison.has_difference(), previous_total > 0 && figure.has_value());
  if (previous_total == 0) return;
  const double previous = previous_sum / static_cast<double>(previous_total);
  EXPECT_NEAR(comparison.previous_value(), previous, kClose);
  if (!comparison.has_difference()) return;
  EXPECT_NEAR(comparison.difference(), figure.value() - previous, kClose);
}

void ExpectFigures(const v1::RatingFigures& figures, const ExpectedFigures& expected) {
  EXPECT_FALSE(figures.suppressed());
  EXPECT_EQ(figures.rating_count(), expected.ratings);
  switch (figures.scale()) {
    case v1::SCALE_EMOTICON_3:
      ExpectProportion(figures.happiness(), expected.positive, expected.ratings);
      ExpectProportion(figures.wow(), expected.wow, expected.ratings);
      break;
    case v1::SCALE_THUMBS_2:
      ExpectProportion(figures.thumbs_up(), expected.positive, expected.ratings);
      break;
    case v1::SCALE_CSAT_5:
      ExpectProportion(figures.csat(), expected.positive, expected.ratings);
      break;
    case v1::SCALE_NPS_11:
      ExpectMean(figures.nps(), 100.0 * static_cast<double>(expected.positive - expected.negative), expected.ratings);
      break;
    default:
      ExpectProportion(figures.low_effort(), expected.positive, expected.ratings);
  }
  ExpectMean(figures.mean(), expected.points, expected.ratings);
  ExpectProportion(figures.response_rate(), expected.answered, expected.delivered);
  std::map<std::string, int64_t> distribution;
  for (const v1::ScoreCount& each : figures.distribution()) {
    if (each.count() != 0) distribution[each.score()] = each.count();
  }
  EXPECT_EQ(distribution, expected.distribution);
}

// Compares the rows of one bucket, beginning at `row`, with the model; returns how many there should be.
int ExpectRows(const Question& question, const Model& model, const Interval& bucket, const Interval& previous,
               const google::protobuf::RepeatedPtrField<v1::RatingRow>& rows, int row) {
  Selection selection{bucket, question.filter};
  std::vector<std::string> groups = {""};
  if (question.group_by) groups = model.ValuesIn(*question.group_by, selection);
  const int first = row;
  for (const std::string& group : groups) {
    if (question.group_by) selection.values[*question.group_by] = group;
    std::vector<v1::Scale> scales;
    for (const v1::Scale scale : kAllScales) {
      const bool wanted = question.request.scale() == v1::SCALE_UNSPECIFIED || question.request.scale() == scale;
      if (wanted && model.FiguresOf(scale, selection).Any()) scales.push_back(scale);
    }
    if (scales.empty() && question.group_by) continue;
    if (row >= rows.size()) {
      ADD_FAILURE() << "no row of " << group << " in " << ToProto(bucket).DebugString();
      return row - first;
    }
    const v1::RatingRow& answered = rows[row++];
    EXPECT_EQ(BytesOf(answered.bucket()), BytesOf(ToProto(bucket)));
    EXPECT_EQ(answered.has_group(), question.group_by.has_value());
    EXPECT_EQ(answered.group(), group);
    EXPECT_EQ(answered.scales_size(), static_cast<int>(scales.size()));
    for (size_t i = 0; i < scales.size() && !::testing::Test::HasFailure(); ++i) {
      const v1::RatingFigures& figures = answered.scales(static_cast<int>(i));
      EXPECT_EQ(figures.scale(), scales[i]);
      const ExpectedFigures expected = model.FiguresOf(scales[i], selection);
      ExpectFigures(figures, expected);
      if (question.request.include_customer_figures()) {
        ExpectCustomerFigures(figures, expected, question.request.top_customers());
      }
      EXPECT_EQ(figures.mean().has_comparison(), question.request.compare_with_previous());
      if (!question.request.compare_with_previous()) continue;
      const ExpectedFigures before = model.FiguresOf(scales[i], {previous, selection.values});
      ExpectComparison(figures.mean(), before.points, before.ratings);
      ExpectComparison(figures.response_rate(), static_cast<double>(before.answered), before.delivered);
    }
  }
  return row - first;
}

void ExpectAnswer(const Question& question, const Model& model, const v1::QueryRatingsResponse& response) {
  const auto buckets = *CutIntoBuckets(question.range, question.request.bucket(), question.zone, 10'000);
  int row = 0;
  for (size_t i = 0; i < buckets.size(); ++i) {
    const Interval previous =
        i > 0 ? buckets[i - 1] : PreviousBucket(question.range, question.request.bucket(), question.zone);
    row += ExpectRows(question, model, buckets[i], previous, response.rows(), row);
  }
  EXPECT_EQ(response.rows_size(), row);
  EXPECT_EQ(response.totals_size(), ExpectRows(question, model, question.range,
                                               PreviousPeriod(question.range, question.zone), response.totals(), 0));
}

TEST_P(EqualityTest, FiguresAreThoseOfTheEvents) {
  for (int round = 0; round < 250; ++round) {
    const Question question = RandomQuestion(random_);
    SCOPED_TRACE(question.request.DebugString());
    ExpectAnswer(question, model(), on_->Same(&Stub::QueryRatings, question.request));
    if (HasFailure()) return;
  }
}

TEST_P(EqualityTest, RecordsAreTheSame) {
  for (const std::string& id : on_->ids) {
    v1::GetRatingRequest request;
    request.set_rating_id(id);
    const auto get = [&](Client& client) {
      v1::GetRatingResponse response = client.Call(&Stub::GetRating, request);
      response.mutable_rating()->clear_received_at();
      for (v1::Rating& revision : *response.mutable_history()) revision.clear_received_at();
      return BytesOf(response);
    };
    ASSERT_EQ(get(on_->mixed), get(on_->clean)) << id;
  }
}

TEST_P(EqualityTest, ListsAreTheSame) {
  v1::ListRatingsRequest request;
  *request.mutable_range() = ToProto(Interval{Start(), Start() + absl::Hours(24 * 61)});
  request.mutable_page()->set_page_size(1000);
  std::vector<std::string> ids;
  do {
    const auto list = [&](Client& client) {
      v1::ListRatingsResponse response = client.Call(&Stub::ListRatings, request);
      for (v1::Rating& rating : *response.mutable_ratings()) rating.clear_received_at();
      return response;
    };
    const v1::ListRatingsResponse response = list(on_->clean);
    ASSERT_EQ(BytesOf(list(on_->mixed)), BytesOf(response));
    for (const v1::Rating& rating : response.ratings()) ids.push_back(rating.rating_id());
    request.mutable_page()->set_page_token(response.next_page_token());
  } while (!request.page().page_token().empty());
  std::vector<std::string> expected;
  for (const CountedRating& each : model().ratings()) expected.push_back(each.rating.rating_id());
  EXPECT_EQ(ids, expected);
}

TEST_P(EqualityTest, SatisfactionOfCustomersIsThatOfTheirRatings) {
  for (int round = 0; round < 30; ++round) {
    v1::BatchGetCustomerSatisfactionRequest request;
    for (int64_t i = random_.UpTo(9); i >= 0; --i) request.add_customer_ids(random_.Customer());
    request.add_customer_ids("nobody");
    Interval range{absl::UnixEpoch(), Start() + absl::Hours(24 * 365)};
    if (random_.OneIn(2)) {
      const int64_t first = UtcDay(Start()) + random_.UpTo(50);
      range = {StartOfUtcDay(first), StartOfUtcDay(first + 1 + random_.UpTo(20))};
      *request.mutable_range() = ToProto(range);
    }
    if (random_.OneIn(2)) {
      const absl::Time as_of = Start() + absl::Minutes(random_.UpTo(70 * 1440));
      *request.mutable_as_of() = ToProto(as_of);
      range.end = std::min(range.end, StartOfUtcDay(UtcDay(as_of)));
    }
    const auto response = on_->Same(&Stub::BatchGetCustomerSatisfaction, request);
    ASSERT_EQ(response.customers_size(), request.customer_ids_size());
    for (int i = 0; i < response.customers_size(); ++i) {
      const v1::CustomerSatisfaction& customer = response.customers(i);
      EXPECT_EQ(customer.customer_id(), request.customer_ids(i));
      std::optional<absl::Time> last;
      for (const CountedRating& each : model().ratings()) {
        const bool own = each.rating.customer_id() == customer.customer_id() && range.Contains(each.at);
        if (own) last = std::max(last.value_or(each.at), each.at);
      }
      ASSERT_EQ(customer.has_last_rated_day(), last.has_value());
      if (last) {
        EXPECT_EQ(FromProto(customer.last_rated_day()), StartOfUtcDay(UtcDay(*last)));
      }
      int scales = 0;
      for (const v1::Scale scale : kAllScales) {
        const ExpectedFigures figures = model().FiguresOf(scale, {range, {}});
        const auto own = figures.customers.find(customer.customer_id());
        if (own == figures.customers.end()) continue;
        ASSERT_LT(scales, customer.scales_size());
        const v1::CustomerScale& answered = customer.scales(scales++);
        EXPECT_EQ(answered.scale(), scale);
        EXPECT_EQ(answered.rating_count(), own->second.ratings);
        ExpectProportion(answered.positive(), own->second.positive, own->second.ratings);
        ExpectProportion(answered.negative(), own->second.negative, own->second.ratings);
        ExpectMean(answered.mean(), own->second.points, own->second.ratings);
      }
      EXPECT_EQ(customer.scales_size(), scales);
    }
    if (HasFailure()) return;
  }
}

// The ends of the Wilson interval at 95 %, to 12 digits, so that equal ones are equal.
double WilsonBound(const ExpectedFigures::Customer& customer, bool low) {
  const double z = 1.959963984540054;
  const auto n = static_cast<double>(customer.ratings);
  const double p = static_cast<double>(customer.positive) / n;
  const double half = z * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
  const double bound = (p + z * z / (2 * n) + (low ? -half : half)) / (1 + z * z / n);
  return std::round(bound * 1e12) / 1e12;
}

TEST_P(EqualityTest, CustomersAreRankedByTheBoundsOfTheirIntervals) {
  for (int round = 0; round < 40; ++round) {
    v1::ListCustomersBySatisfactionRequest request;
    const Interval range = RandomRange(random_, absl::UTCTimeZone());
    *request.mutable_range() = ToProto(range);
    request.set_scale(kAllScales[random_.UpTo(5)]);
    const bool happiest = random_.OneIn(2);
    request.set_order(happiest ? v1::CUSTOMER_ORDER_HAPPIEST : v1::CUSTOMER_ORDER_LEAST_HAPPY);
    request.set_min_ratings(static_cast<int>(random_.UpTo(3)));
    request.mutable_page()->set_page_size(static_cast<int>(1 + random_.UpTo(14)));
    Selection selection{range, {}};
    if (random_.OneIn(3)) {
      const auto dimension = rollup::DimensionAt(static_cast<int>(random_.UpTo(5)));
      request.mutable_filter()->set_dimension(dimension);
      request.mutable_filter()->set_value(RandomValue(random_, dimension));
      selection.values[dimension] = request.filter().value();
    }
    SCOPED_TRACE(request.DebugString());
    const ExpectedFigures figures = model().FiguresOf(request.scale(), selection);
    std::vector<std::pair<double, std::string>> expected;
    for (const auto& [id, customer] : figures.customers) {
      if (customer.ratings < request.min_ratings()) continue;
      const double bound = WilsonBound(customer, happiest);
      expected.emplace_back(happiest ? -bound : bound, id);
    }
    std::sort(expected.begin(), expected.end());
    size_t place = 0;
    do {
      const auto response = on_->Same(&Stub::ListCustomersBySatisfaction, request);
      for (const v1::CustomerSatisfaction& customer : response.customers()) {
        ASSERT_LT(place, expected.size());
        const std::string& id = expected[place++].second;
        ASSERT_EQ(customer.customer_id(), id);
        ASSERT_EQ(customer.scales_size(), 1);
        const ExpectedFigures::Customer& own = figures.customers.at(id);
        ExpectProportion(customer.scales(0).positive(), own.positive, own.ratings);
      }
      request.mutable_page()->set_page_token(response.next_page_token());
    } while (!request.page().page_token().empty());
    ASSERT_EQ(place, expected.size());
  }
}

TEST_P(EqualityTest, AnotherTenantSeesNothing) {
  Client stranger(on_->service, {.tenant = "stranger"});
  v1::QueryRatingsRequest query;
  *query.mutable_range() = ToProto(Interval{Start(), Start() + absl::Hours(24 * 61)});
  const auto figures = stranger.Call(&Stub::QueryRatings, query);
  ASSERT_EQ(figures.rows_size(), 1);
  EXPECT_EQ(figures.rows(0).scales_size(), 0);
  v1::ListRatingsRequest list;
  *list.mutable_range() = query.range();
  EXPECT_EQ(stranger.Call(&Stub::ListRatings, list).ratings_size(), 0);
  v1::GetRatingRequest get;
  get.set_rating_id(on_->ids.front());
  v1::GetRatingResponse response;
  EXPECT_EQ(stranger.Try(&Stub::GetRating, get, response).error_code(), grpc::StatusCode::NOT_FOUND);
  v1::BatchGetCustomerSatisfactionRequest customers;
  customers.add_customer_ids(model().ratings().front().rating.customer_id());
  EXPECT_EQ(stranger.Call(&Stub::BatchGetCustomerSatisfaction, customers).customers(0).scales_size(), 0);
  v1::ListCustomersBySatisfactionRequest ranking;
  *ranking.mutable_range() = query.range();
  ranking.set_scale(v1::SCALE_CSAT_5);
  ranking.set_order(v1::CUSTOMER_ORDER_HAPPIEST);
  EXPECT_EQ(stranger.Call(&Stub::ListCustomersBySatisfaction, ranking).customers_size(), 0);
  v1::ExportRatingsRequest exported;
  *exported.mutable_range() = query.range();
  for (const auto& chunk : stranger.Export(exported)) EXPECT_EQ(chunk.ratings_size(), 0);
}

INSTANTIATE_TEST_SUITE_P(Engines, EqualityTest, ::testing::Values("rocksdb", "redis"),
                         [](const auto& engine) { return std::string(engine.param); });

TEST(SuppressionInServiceTest, SmallGroupsAreWithheldAndWhatWouldTellThem) {
  Service service({.min_group_size = 5});
  Client client(service, {.tenant = "t"});
  std::vector<v1::Rating> ratings;
  const auto add = [&](const std::string& agent, int count) {
    for (int i = 0; i < count; ++i) {
      ratings.push_back(MakeRating(absl::StrCat(agent, i), absl::StrCat("c", i), v1::SCALE_CSAT_5, 1 + i % 5, Start()));
      ratings.back().set_agent_id(agent);
    }
  };
  add("large", 9);
  add("middle", 6);
  add("small", 2);
  client.RecordBatch(ratings);
  v1::QueryRatingsRequest request;
  *request.mutable_range() = ToProto(Interval{Start(), Start() + absl::Hours(24)});
  request.set_group_by(common::v1::DIMENSION_AGENT);
  std::map<std::string, bool> suppressed;
  const v1::QueryRatingsResponse grouped = client.Call(&Stub::QueryRatings, request);
  for (const v1::RatingRow& row : grouped.rows()) {
    suppressed[row.group()] = row.scales(0).suppressed();
    if (row.scales(0).suppressed()) {
      EXPECT_FALSE(row.scales(0).has_csat());
      EXPECT_EQ(row.scales(0).distribution_size(), 0);
    }
  }
  EXPECT_EQ(suppressed, (std::map<std::string, bool>{{"large", false}, {"middle", true}, {"small", true}}));
  // A filter is no way around it.
  request.clear_group_by();
  request.mutable_filter()->set_dimension(common::v1::DIMENSION_AGENT);
  for (const auto& [agent, withheld] : suppressed) {
    request.mutable_filter()->set_value(agent);
    const auto response = client.Call(&Stub::QueryRatings, request);
    ASSERT_EQ(response.rows_size(), 1);
    EXPECT_EQ(response.rows(0).scales(0).suppressed(), withheld) << agent;
    EXPECT_EQ(response.rows(0).scales(0).has_csat(), !withheld) << agent;
  }
  request.clear_filter();
  EXPECT_EQ(client.Call(&Stub::QueryRatings, request).rows(0).scales(0).csat().sample_size(), 17);
}

}  // namespace
}  // namespace rapport::ratings

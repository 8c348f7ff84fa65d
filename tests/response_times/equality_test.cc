#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "common/time/buckets.h"
#include "tests/response_times/events.h"
#include "tests/response_times/model.h"
#include "tests/response_times/resources.h"
#include "tests/response_times/service_harness.h"

// The same events once in order, and shuffled, repeated, in other batches and from several senders at once: the same
// answers, to the byte, and those of the reference.
namespace rapport::response_times {
namespace {

using common::v1::Dimension;
using v1::ConversationEvent;
using Stub = v1::ResponseTimesService::Stub;

constexpr double kClose = 1e-9;
constexpr int kConversations = 400;
constexpr v1::Metric kMetrics[] = {v1::METRIC_FIRST_RESPONSE_TIME,   v1::METRIC_NEXT_RESPONSE_TIME,
                                   v1::METRIC_FIRST_RESOLUTION_TIME, v1::METRIC_FULL_RESOLUTION_TIME,
                                   v1::METRIC_REQUESTER_WAIT_TIME,   v1::METRIC_ON_HOLD_TIME,
                                   v1::METRIC_AGENT_WAIT_TIME};

// When it is asked. Most snoozes are over; a few are not.
absl::Time Now() {
  return absl::FromCivil(absl::CivilHour(2025, 12, 20, 15), absl::UTCTimeZone());
}

const reference::Rules& Rules() {
  static const reference::Rules* const rules = new reference::Rules(
      ManyResources(), {ToMillis(RandomConversations::First()), ToMillis(RandomConversations::Last())});
  return *rules;
}

std::vector<ConversationEvent> Events(RandomConversations& random) {
  std::vector<ConversationEvent> events;
  for (int i = 0; i < kConversations; ++i) {
    for (const ConversationEvent& event : random.Conversation(absl::StrCat("conversation-", i), random.Length())) {
      if (FromProto(event.occurred_at()) <= Now()) events.push_back(event);
    }
  }
  return events;
}

// A service that took the events of one model for two tenants.
struct Loaded {
  explicit Loaded(const char* engine)
      : service(RandomConversations::First(), {.engine = engine}), clean(service, "clean"), mixed(service, "mixed") {
    clean.Create(ManyResources());
    mixed.Create(ManyResources());
    service.SetNow(Now());
    RandomConversations random(41, {});
    events = Events(random);
    model = std::make_unique<Model>(events, Rules(), ToMillis(Now()));
    clean.Record(events);
    SendMixed(random);
  }

  void SendMixed(RandomConversations& random) {
    std::vector<ConversationEvent> sent = events;
    for (const ConversationEvent& event : events) {
      if (random.OneIn(2)) sent.push_back(event);
    }
    std::shuffle(sent.begin(), sent.end(), random.engine());
    constexpr size_t kSenders = 3;
    std::vector<std::thread> senders;
    for (size_t s = 0; s < kSenders; ++s) {
      const size_t from = sent.size() * s / kSenders;
      const size_t to = sent.size() * (s + 1) / kSenders;
      senders.emplace_back([&, from, to, s] { mixed.Record(absl::MakeSpan(sent).subspan(from, to - from), 17 + s); });
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
  std::vector<ConversationEvent> events;
  std::unique_ptr<Model> model;
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
  void AskForTimes(const Model& model, int questions);
  void AskForPromises(const Model& model, int questions);

  Loaded* on_ = nullptr;
  RandomConversations random_{42, {}};

 private:
  static std::map<std::string, std::unique_ptr<Loaded>> loaded_;
};
std::map<std::string, std::unique_ptr<Loaded>> EqualityTest::loaded_;

absl::TimeZone RandomZone(RandomConversations& random, std::string& name) {
  static constexpr const char* kZones[] = {"", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe",
                                           "Asia/Kathmandu"};
  name = kZones[random.UpTo(4)];
  return *LoadZone(name, "");
}

Interval RandomRange(RandomConversations& random, absl::TimeZone zone) {
  switch (random.UpTo(3)) {
    case 0: {
      const absl::CivilMonth month(2025, 1 + random.UpTo(10));
      return {absl::FromCivil(month, zone), absl::FromCivil(month + 1 + random.UpTo(2), zone)};
    }
    case 1: {
      const absl::CivilDay first = absl::CivilDay(2025, random.OneIn(2) ? 3 : 10, 1) + random.UpTo(35);
      return {absl::FromCivil(first, zone), absl::FromCivil(first + 1 + random.UpTo(20), zone)};
    }
    case 2:
      return {RandomConversations::First(), Now()};
    default: {
      const absl::Time start = RandomConversations::First() + absl::Milliseconds(random.UpTo(320LL * 86'400'000));
      return {start, start + absl::Milliseconds(1 + random.UpTo(40LL * 86'400'000))};
    }
  }
}

std::string RandomValue(RandomConversations& random, Dimension dimension) {
  if (random.OneIn(6)) return "";
  if (random.OneIn(15)) return "never seen";
  switch (dimension) {
    case common::v1::DIMENSION_AGENT:
      return absl::StrCat("agent-", random.UpTo(5));
    case common::v1::DIMENSION_TEAM:
      return absl::StrCat("team-", random.UpTo(2));
    case common::v1::DIMENSION_CHANNEL:
      return random.OneIn(2) ? "EMAIL" : "CHAT";
    case common::v1::DIMENSION_PRODUCT:
      return absl::StrCat("product-", random.UpTo(1));
    case common::v1::DIMENSION_LOCALE:
      return "de";
    default:
      return random.OneIn(2) ? "free" : "pro";
  }
}

// A question at random, with its parts as the model takes them. Both kinds of series ask alike.
struct Question {
  absl::TimeZone zone;
  Interval range;
  std::optional<Dimension> group_by;
  std::map<Dimension, std::string> filter;
};

template <typename Request>
Question Ask(RandomConversations& random, Request& request) {
  Question question;
  question.zone = RandomZone(random, *request.mutable_time_zone());
  question.range = RandomRange(random, question.zone);
  *request.mutable_range() = ToProto(question.range);
  request.set_bucket(static_cast<common::v1::Bucket>(random.UpTo(5)));
  if (request.bucket() == common::v1::BUCKET_HOUR && question.range.end - question.range.start > absl::Hours(200)) {
    request.set_bucket(common::v1::BUCKET_WEEK);
  }
  if (random.OneIn(2)) {
    request.set_group_by(rollup::DimensionAt(static_cast<int>(random.UpTo(5))));
    question.group_by = request.group_by();
  }
  const Dimension filtered = rollup::DimensionAt(static_cast<int>(random.UpTo(5)));
  if (random.OneIn(2) && filtered != request.group_by()) {
    request.mutable_filter()->set_dimension(filtered);
    request.mutable_filter()->set_value(RandomValue(random, filtered));
    question.filter[filtered] = request.filter().value();
  }
  if (random.OneIn(4)) request.set_confidence(0.8);
  request.set_compare_with_previous(random.OneIn(2));
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

double MeanSeconds(const std::vector<Ms>& times) {
  double sum = 0;
  for (const Ms ms : times) sum += static_cast<double>(ms);
  return sum / static_cast<double>(times.size()) / 1000;
}

int64_t UpTo(Ms most, const std::vector<Ms>& times) {
  return std::upper_bound(times.begin(), times.end(), most) - times.begin();
}

Ms InMs(const google::protobuf::Duration& duration) {
  return duration.seconds() * 1000 + duration.nanos() / 1'000'000;
}

void ExpectQuantile(const v1::QuantileFigure& figure, const ExpectedTimes& expected) {
  const auto size = static_cast<int64_t>(expected.answered.size());
  EXPECT_EQ(figure.answered().sample_size(), size);
  ASSERT_EQ(figure.answered().has_value(), size > 0);
  if (size == 0) return;
  const auto rank = static_cast<int64_t>(std::ceil(figure.quantile() * static_cast<double>(size) - kClose));
  const double exact =
      static_cast<double>(expected.answered[static_cast<size_t>(std::max<int64_t>(rank, 1) - 1)]) / 1000;
  EXPECT_NEAR(figure.answered().value(), exact, 0.01 * exact + kClose) << figure.quantile();
}

// The share that the Kaplan-Meier estimate says was answered by a time, from the exact times. Whoever is open at the
// time of an answer was at risk of it.
double AnsweredBy(double seconds, const ExpectedTimes& times) {
  double survival = 1;
  for (size_t i = 0; i < times.answered.size(); ++i) {
    const Ms at = times.answered[i];
    if (static_cast<double>(at) / 1000 > seconds) break;
    const auto answered_before = std::lower_bound(times.answered.begin(), times.answered.end(), at);
    const auto open_before = std::lower_bound(times.open.begin(), times.open.end(), at);
    const auto at_risk =
        static_cast<double>((times.answered.end() - answered_before) + (times.open.end() - open_before));
    const auto ties = static_cast<double>(UpTo(at, times.answered) - (answered_before - times.answered.begin()));
    survival *= 1 - ties / at_risk;
    i = static_cast<size_t>(UpTo(at, times.answered)) - 1;
  }
  return 1 - survival;
}

// Times are known to 1 %, which can move an answer past the age of an open one: an estimate of some size is close.
void ExpectKaplanMeier(const v1::QuantileFigure& figure, const ExpectedTimes& expected) {
  constexpr double kLoose = 0.02;
  constexpr size_t kSome = 25;
  if (expected.answered.size() < kSome) return;
  if (!figure.kaplan_meier().has_value()) {
    EXPECT_LT(AnsweredBy(1e12, expected), figure.quantile() + kLoose);
    return;
  }
  const double value = figure.kaplan_meier().value();
  EXPECT_GE(AnsweredBy(value * 1.0101, expected), figure.quantile() - kLoose);
  EXPECT_LE(AnsweredBy(value * 0.9899 - 0.002, expected), figure.quantile() + kLoose);
}

void ExpectWithin(const v1::WithinFigure& figure, const ExpectedTimes& expected) {
  const Ms threshold = InMs(figure.threshold());
  const int64_t young = UpTo(threshold, expected.open);
  const auto total = static_cast<int64_t>(expected.answered.size() + expected.open.size()) - young;
  EXPECT_EQ(figure.within().censored_count(), young);
  EXPECT_EQ(figure.within().sample_size(), total);
  ASSERT_EQ(figure.within().has_value(), total > 0);
  if (total == 0) return;
  EXPECT_LE(std::abs(figure.within().count() - UpTo(threshold, expected.answered)), figure.uncertain_count());
  if (figure.uncertain_count() == 0) ExpectProportion(figure.within(), UpTo(threshold, expected.answered), total);
}

void ExpectTimes(const v1::TimeFigures& figures, const ExpectedTimes& expected) {
  EXPECT_FALSE(figures.suppressed());
  EXPECT_EQ(figures.answered_count(), static_cast<int64_t>(expected.answered.size()));
  EXPECT_EQ(figures.open_count(), static_cast<int64_t>(expected.open.size()));
  EXPECT_EQ(figures.mean().sample_size(), figures.answered_count());
  ASSERT_EQ(figures.mean().has_value(), !expected.answered.empty());
  ASSERT_EQ(figures.has_max(), !expected.answered.empty());
  if (!expected.answered.empty()) {
    const double mean = MeanSeconds(expected.answered);
    EXPECT_NEAR(figures.mean().value(), mean, kClose * (1 + mean));
    EXPECT_EQ(InMs(figures.max()), expected.answered.back());
  }
  for (const v1::QuantileFigure& quantile : figures.quantiles()) {
    ExpectQuantile(quantile, expected);
    ExpectKaplanMeier(quantile, expected);
  }
  for (const v1::WithinFigure& within : figures.within()) ExpectWithin(within, expected);
  int64_t below = 0;
  for (const v1::HistogramBucket& bucket : figures.histogram()) {
    const int64_t up_to = bucket.has_up_to() ? UpTo(InMs(bucket.up_to()), expected.answered) : figures.answered_count();
    EXPECT_EQ(bucket.count(), up_to - below);
    below = up_to;
  }
}

void ExpectConversations(const v1::ConversationFigures& figures, const ExpectedConversations& expected) {
  EXPECT_EQ(figures.conversation_count(), expected.begun);
  EXPECT_EQ(figures.resolved_count(), expected.resolved);
  EXPECT_EQ(figures.reopen_count(), expected.reopenings);
  ExpectProportion(figures.reopened(), expected.resolved_reopened, expected.resolved);
  ExpectProportion(figures.one_touch(), expected.one_touch, expected.resolved);
}

void ExpectComparison(const common::v1::Figure& mean, const ExpectedTimes& before) {
  ASSERT_TRUE(mean.has_comparison()) << before.answered.size() << mean.DebugString();
  EXPECT_EQ(mean.comparison().previous_sample_size(), static_cast<int64_t>(before.answered.size()));
  ASSERT_EQ(mean.comparison().has_previous_value(), !before.answered.empty());
  if (before.answered.empty()) return;
  const double previous = MeanSeconds(before.answered);
  EXPECT_NEAR(mean.comparison().previous_value(), previous, kClose * (1 + previous));
  ASSERT_EQ(mean.comparison().has_difference(), mean.has_value());
  if (mean.has_value()) {
    EXPECT_NEAR(mean.comparison().difference(), mean.value() - previous, kClose * (1 + previous));
  }
}

// Compares the rows of one bucket, from `row` on, with what `expect` says of each group; returns how many there are.
template <typename Rows, typename Groups, typename Expect>
int ExpectRows(const Question& question, const Interval& bucket, const Rows& rows, int row, const Groups& groups_of,
               const Expect& expect) {
  Selection selection{bucket, question.filter};
  std::set<std::string> groups = {""};
  if (question.group_by) groups = groups_of(selection);
  for (const std::string& group : groups) {
    if (question.group_by) selection.values[*question.group_by] = group;
    if (row >= rows.size()) {
      ADD_FAILURE() << "no row of \"" << group << "\" in " << ToProto(bucket).DebugString();
      return row;
    }
    SCOPED_TRACE(rows[row].ShortDebugString());
    EXPECT_EQ(BytesOf(rows[row].bucket()), BytesOf(ToProto(bucket)));
    EXPECT_EQ(rows[row].has_group(), question.group_by.has_value());
    EXPECT_EQ(rows[row].group(), group);
    expect(rows[row], selection);
    if (::testing::Test::HasFailure()) return row;
    ++row;
  }
  return row;
}

// The same for all buckets and the whole period. `expect` gets the period before, too.
template <typename Request, typename Response, typename Groups, typename Expect>
void ExpectSeries(const Question& question, const Request& request, const Response& response, const Groups& groups_of,
                  const Expect& expect) {
  const auto buckets = *CutIntoBuckets(question.range, request.bucket(), question.zone, 10'000);
  int row = 0;
  for (size_t i = 0; i < buckets.size() && !::testing::Test::HasFailure(); ++i) {
    const Interval previous = i > 0 ? buckets[i - 1] : PreviousBucket(question.range, request.bucket(), question.zone);
    row = ExpectRows(question, buckets[i], response.rows(), row, groups_of,
                     [&](const auto& each, const Selection& selection) { expect(each, selection, previous); });
  }
  if (::testing::Test::HasFailure()) return;
  EXPECT_EQ(response.rows_size(), row);
  const Interval previous = PreviousPeriod(question.range, question.zone);
  EXPECT_EQ(response.totals_size(),
            ExpectRows(question, question.range, response.totals(), 0, groups_of,
                       [&](const auto& each, const Selection& selection) { expect(each, selection, previous); }));
}

void EqualityTest::AskForTimes(const Model& model, int questions) {
  for (int round = 0; round < questions; ++round) {
    v1::QueryResponseTimesRequest request;
    const Question question = Ask(random_, request);
    for (const v1::Metric metric : kMetrics) {
      if (random_.OneIn(3)) request.add_metrics(metric);
    }
    if (request.metrics().empty()) request.add_metrics(v1::METRIC_NEXT_RESPONSE_TIME);
    if (!random_.OneIn(3)) request.add_clocks(v1::CLOCK_CALENDAR);
    if (random_.OneIn(2) || request.clocks().empty()) request.add_clocks(v1::CLOCK_BUSINESS);
    for (const double quantile : {0.001, 0.25, 0.5, 0.9, 0.99, 0.99999}) request.add_quantiles(quantile);
    for (const int64_t seconds : {1L, 60L, 3600L, 5000L, 21'600L, 259'200L, 1'000'000L}) {
      request.add_thresholds()->set_seconds(seconds);
    }
    request.set_include_histogram(random_.OneIn(2));
    SCOPED_TRACE(request.ShortDebugString());
    const auto groups_of = [&](const Selection& selection) {
      return model.GroupsOf(request, *question.group_by, selection);
    };
    const auto expect = [&](const v1::ResponseTimeRow& row, const Selection& selection, const Interval& previous) {
      ASSERT_EQ(row.times_size(), request.metrics_size() * request.clocks_size());
      for (int i = 0; i < row.times_size(); ++i) {
        const v1::TimeFigures& figures = row.times(i);
        ExpectTimes(figures, model.TimesOf(figures.metric(), figures.clock(), selection));
        if (!request.compare_with_previous()) continue;
        ExpectComparison(figures.mean(),
                         model.TimesOf(figures.metric(), figures.clock(), {previous, selection.values}));
      }
      ExpectConversations(row.conversations(), model.ConversationsOf(selection));
    };
    ExpectSeries(question, request, on_->Same(&Stub::QueryResponseTimes, request), groups_of, expect);
    if (HasFailure()) return;
  }
}

void EqualityTest::AskForPromises(const Model& model, int questions) {
  for (int round = 0; round < questions; ++round) {
    v1::QueryPromisesRequest request;
    const Question question = Ask(random_, request);
    if (random_.OneIn(3)) request.set_origin(v1::PROMISE_ORIGIN_POLICY);
    SCOPED_TRACE(request.ShortDebugString());
    const auto groups_of = [&](const Selection& selection) {
      return model.PromiseGroupsOf(*question.group_by, selection);
    };
    const auto expect = [&](const v1::PromiseRow& row, const Selection& selection, const Interval&) {
      auto states = model.PromisesOf(selection);
      EXPECT_EQ(row.kept_count(), states[v1::PROMISE_STATE_KEPT]);
      EXPECT_EQ(row.kept_late_count(), states[v1::PROMISE_STATE_KEPT_LATE]);
      EXPECT_EQ(row.broken_count(), states[v1::PROMISE_STATE_BROKEN]);
      EXPECT_EQ(row.pending_count(), states[v1::PROMISE_STATE_PENDING]);
      EXPECT_EQ(row.cancelled_count(), states[v1::PROMISE_STATE_CANCELLED]);
      ExpectProportion(row.kept(), row.kept_count(), row.kept_count() + row.kept_late_count() + row.broken_count());
    };
    ExpectSeries(question, request, on_->Same(&Stub::QueryPromises, request), groups_of, expect);
    if (HasFailure()) return;
  }
}

TEST_P(EqualityTest, TimesAreThoseOfTheReference) {
  AskForTimes(model(), 200);
}

TEST_P(EqualityTest, PromisesAreThoseOfTheReference) {
  AskForPromises(model(), 200);
}

// Nothing is recorded meanwhile: what is open ages, snoozes end and promises break by the clock alone.
TEST_P(EqualityTest, AnswersFollowTheClock) {
  const absl::Time later = Now() + absl::Hours(24 * 40);
  on_->service.SetNow(later);
  const Model then(on_->events, Rules(), ToMillis(later));
  AskForTimes(then, 40);
  AskForPromises(then, 40);
  on_->service.SetNow(Now());
}

TEST_P(EqualityTest, PromisesAreListedByDueTime) {
  v1::ListPromisesRequest request;
  *request.mutable_due() = ToProto(Interval{RandomConversations::First(), RandomConversations::Last()});
  request.mutable_page()->set_page_size(97);
  std::vector<std::pair<Ms, std::string>> listed;
  do {
    const v1::ListPromisesResponse response = on_->Same(&Stub::ListPromises, request);
    for (const v1::Promise& promise : response.promises()) {
      listed.emplace_back(ToMillis(promise.due_at()),
                          absl::StrCat(promise.conversation_id(), " ", promise.policy_id(), " ",
                                       v1::Metric_Name(promise.metric()), " ", ToMillis(promise.made_at()), " ",
                                       v1::PromiseState_Name(promise.state()), " ", promise.agent_id()));
    }
    request.mutable_page()->set_page_token(response.next_page_token());
  } while (!request.page().page_token().empty());
  EXPECT_TRUE(
      std::is_sorted(listed.begin(), listed.end(), [](const auto& a, const auto& b) { return a.first < b.first; }));
  std::vector<std::pair<Ms, std::string>> expected;
  for (const auto& [id, conversation] : model().conversations()) {
    if (conversation.merged) continue;
    for (const reference::TargetPromise& promise : conversation.promises) {
      if (promise.IsPaused(Rules())) continue;
      expected.emplace_back(
          promise.DueMs(Rules()),
          absl::StrCat(id, " ", promise.policy_id, " ", v1::Metric_Name(promise.metric), " ", promise.clock.start, " ",
                       v1::PromiseState_Name(promise.StateAt(model().now(), Rules())), " ",
                       promise.values[rollup::IndexOf(common::v1::DIMENSION_AGENT)]));
    }
  }
  EXPECT_THAT(listed, ::testing::UnorderedElementsAreArray(expected));
}

TEST_P(EqualityTest, ShareRanksAreThoseOfTheReference) {
  for (int round = 0; round < 100; ++round) {
    v1::GetShareRankRequest request;
    const Interval range = RandomRange(random_, absl::UTCTimeZone());
    *request.mutable_range() = ToProto(range);
    request.set_metric(kMetrics[random_.UpTo(6)]);
    request.set_clock(random_.OneIn(2) ? v1::CLOCK_BUSINESS : v1::CLOCK_CALENDAR);
    request.mutable_duration()->set_seconds(1 + random_.UpTo(random_.OneIn(2) ? 100'000 : 3'000));
    Selection selection{range, {}};
    if (random_.OneIn(2)) {
      const Dimension dimension = rollup::DimensionAt(static_cast<int>(random_.UpTo(5)));
      request.mutable_filter()->set_dimension(dimension);
      request.mutable_filter()->set_value(RandomValue(random_, dimension));
      selection.values[dimension] = request.filter().value();
    }
    SCOPED_TRACE(request.ShortDebugString());
    const ExpectedTimes expected = model().TimesOf(request.metric(), request.clock(), selection);
    const v1::GetShareRankResponse response = on_->Same(&Stub::GetShareRank, request);
    const auto answered = static_cast<int64_t>(expected.answered.size());
    EXPECT_EQ(response.slower_than().sample_size(), answered);
    ASSERT_EQ(response.slower_than().has_value(), answered > 0);
    if (answered == 0) continue;
    const int64_t faster = UpTo(InMs(request.duration()) - 1, expected.answered);
    EXPECT_LE(std::abs(response.slower_than().count() - faster), response.uncertain_count());
  }
}

TEST_P(EqualityTest, WhoWaitsIsWhoWaitsInTheReference) {
  struct Wait {
    Ms since;
    Ms waited;
    common::v1::Channel channel;
    std::string agent_id;
    v1::Priority priority;
    std::optional<Ms> due;

    bool operator==(const Wait&) const = default;
  };
  std::map<std::string, Wait> expected;
  for (const auto& [id, conversation] : model().conversations()) {
    if (conversation.merged || !conversation.waiting) continue;
    const reference::Waiting& each = *conversation.waiting;
    if (!each.clock.IsRunning(model().now())) continue;
    expected[id] = {each.clock.start, each.clock.CalendarMs(model().now()), each.channel, each.agent_id, each.priority,
                    each.due};
  }
  v1::ListWaitingRequest request;
  request.mutable_page()->set_page_size(13);
  std::map<std::string, Wait> listed;
  Ms longest = reference::kForever;
  do {
    const v1::ListWaitingResponse response = on_->Same(&Stub::ListWaiting, request);
    for (const v1::WaitingConversation& each : response.conversations()) {
      EXPECT_LE(InMs(each.waiting()), longest) << "the longest first";
      longest = InMs(each.waiting());
      const bool is_new =
          listed
              .try_emplace(
                  each.conversation_id(),
                  Wait{ToMillis(each.waiting_since()), longest, each.channel(), each.agent_id(), each.priority(),
                       each.has_due_at() ? std::optional(ToMillis(each.due_at())) : std::nullopt})
              .second;
      EXPECT_TRUE(is_new) << each.conversation_id();
    }
    request.mutable_page()->set_page_token(response.next_page_token());
  } while (!request.page().page_token().empty());
  EXPECT_FALSE(expected.empty());
  EXPECT_TRUE(listed == expected);

  const v1::GetBacklogResponse backlog = on_->Same(&Stub::GetBacklog, v1::GetBacklogRequest());
  EXPECT_EQ(backlog.waiting_count(), static_cast<int64_t>(expected.size()));
  for (const v1::ChannelBacklog& channel : backlog.channels()) {
    int64_t waiting = 0;
    Ms oldest = 0;
    for (const auto& [id, wait] : expected) {
      if (wait.channel != channel.channel()) continue;
      ++waiting;
      oldest = std::max(oldest, wait.waited);
    }
    EXPECT_EQ(channel.waiting_count(), waiting);
    EXPECT_EQ(InMs(channel.oldest_wait()), oldest);
  }
}

TEST_P(EqualityTest, ConversationsAreExplainedAsInTheReference) {
  for (const auto& [id, expected] : model().conversations()) {
    SCOPED_TRACE(id);
    v1::GetConversationRequest request;
    request.set_conversation_id(id);
    const v1::GetConversationResponse response = on_->Same(&Stub::GetConversation, request);
    EXPECT_EQ(response.customer_id(), expected.customer_id);
    EXPECT_EQ(response.state(), expected.StateAt(model().now()));
    std::vector<std::string> told;
    for (const v1::ExplainedEvent& each : response.timeline()) {
      told.push_back(each.event().event_id());
      EXPECT_FALSE(each.effect().empty());
    }
    std::vector<std::string> events;
    for (const ConversationEvent& event : expected.timeline) events.push_back(event.event_id());
    EXPECT_EQ(told, events);
    std::multiset<std::string> stretches;
    for (const v1::ExplainedStretch& each : response.stretches()) {
      EXPECT_FALSE(each.reason().empty());
      EXPECT_FALSE(each.counted() && expected.merged);
      // What ended without what it waited for, and all of a merged conversation, is shown and not counted.
      if (!each.counted() && (each.has_end() || expected.merged)) continue;
      stretches.insert(absl::StrCat(v1::Metric_Name(each.metrics(0)), " ", ToMillis(each.start()), " ",
                                    InMs(each.calendar_time()), " ",
                                    each.has_business_time() ? InMs(each.business_time()) : -1, " ", each.agent_id()));
    }
    std::multiset<std::string> counted;
    for (const reference::Stretch& each : expected.stretches) {
      if (expected.merged) break;
      // Kinds and metrics have the same numbers, but for the first response, which is of the first kind.
      counted.insert(absl::StrCat(v1::Metric_Name(static_cast<v1::Metric>(each.kind)), " ", each.clock.start, " ",
                                  each.clock.CalendarMs(model().now()), " ",
                                  each.clock.BusinessMs(model().now(), Rules()).value_or(-1), " ",
                                  each.values[rollup::IndexOf(common::v1::DIMENSION_AGENT)]));
    }
    EXPECT_EQ(stretches, counted);
    if (HasFailure()) return;
  }
}

TEST_P(EqualityTest, CustomersAreAnsweredAsInTheReference) {
  for (int round = 0; round < 30; ++round) {
    v1::BatchGetCustomerResponsivenessRequest request;
    for (int64_t i = random_.UpTo(9); i >= 0; --i) request.add_customer_ids(random_.Customer());
    request.add_customer_ids("nobody");
    Interval range{absl::UnixEpoch(), RandomConversations::Last()};
    if (random_.OneIn(2)) {
      const int64_t first = UtcDay(RandomConversations::First()) + random_.UpTo(330);
      range = {StartOfUtcDay(first), StartOfUtcDay(first + 1 + random_.UpTo(60))};
      *request.mutable_range() = ToProto(range);
    }
    const auto response = on_->Same(&Stub::BatchGetCustomerResponsiveness, request);
    ASSERT_EQ(response.customers_size(), request.customer_ids_size());
    for (int i = 0; i < response.customers_size(); ++i) {
      const v1::CustomerResponsiveness& told = response.customers(i);
      const std::string& id = request.customer_ids(i);
      SCOPED_TRACE(id);
      EXPECT_EQ(told.customer_id(), id);
      int64_t conversations = 0;
      int64_t reopens = 0;
      int64_t escalations = 0;
      std::vector<Ms> first;
      std::vector<Ms> all;
      std::map<v1::PromiseState, int64_t> promises;
      std::map<common::v1::Channel, int64_t> messages;
      const auto in_range = [&](Ms moment) { return range.Contains(absl::FromUnixMillis(moment)); };
      for (const auto& [unused, each] : model().conversations()) {
        if (each.merged || each.customer_id != id) continue;
        if (each.begun && in_range(*each.begun)) {
          ++conversations;
          reopens += each.reopens;
        }
        for (const reference::Escalation& escalation : each.escalations) escalations += in_range(escalation.occurred);
        for (const reference::Stretch& stretch : each.stretches) {
          if (stretch.open || !in_range(stretch.clock.start)) continue;
          const Ms ms = stretch.clock.CalendarMs(model().now());
          if (stretch.kind == storage::v1::STRETCH_KIND_FIRST_RESPONSE) first.push_back(ms);
          if (stretch.kind <= storage::v1::STRETCH_KIND_LATER_RESPONSE) all.push_back(ms);
        }
        for (const reference::TargetPromise& promise : each.promises) {
          if (in_range(promise.DueMs(Rules()))) ++promises[promise.StateAt(model().now(), Rules())];
        }
        for (const auto& [key, count] : each.messages) {
          if (range.Contains(StartOfUtcDay(key.first))) messages[key.second] += count;
        }
      }
      EXPECT_EQ(told.conversation_count(), conversations);
      EXPECT_EQ(told.reopen_count(), reopens);
      EXPECT_EQ(told.escalation_count(), escalations);
      EXPECT_EQ(told.first_response().answered_count(), static_cast<int64_t>(first.size()));
      EXPECT_EQ(told.next_response().answered_count(), static_cast<int64_t>(all.size()));
      if (!all.empty()) {
        EXPECT_NEAR(told.next_response().mean().value(), MeanSeconds(all), 0.01 * MeanSeconds(all) + kClose);
      }
      EXPECT_EQ(told.promises_kept(), promises[v1::PROMISE_STATE_KEPT]);
      EXPECT_EQ(told.promises_kept_late(), promises[v1::PROMISE_STATE_KEPT_LATE]);
      EXPECT_EQ(told.promises_broken(), promises[v1::PROMISE_STATE_BROKEN]);
      std::map<common::v1::Channel, int64_t> channels;
      for (const v1::ChannelCount& channel : told.channels()) channels[channel.channel()] = channel.count();
      EXPECT_EQ(channels, messages);
    }
    if (HasFailure()) return;
  }
}

TEST_P(EqualityTest, EscalationsAreThoseOfTheReference) {
  for (int round = 0; round < 50; ++round) {
    v1::QueryEscalationsRequest request;
    const Interval range = RandomRange(random_, absl::UTCTimeZone());
    *request.mutable_range() = ToProto(range);
    Selection selection{range, {}};
    if (random_.OneIn(2)) {
      const Dimension dimension = rollup::DimensionAt(static_cast<int>(random_.UpTo(5)));
      request.mutable_filter()->set_dimension(dimension);
      request.mutable_filter()->set_value(RandomValue(random_, dimension));
      selection.values[dimension] = request.filter().value();
    }
    SCOPED_TRACE(request.ShortDebugString());
    int64_t events = 0;
    std::set<std::string> customers;
    std::map<v1::EscalationReason, std::pair<int64_t, std::set<std::string>>> reasons;
    for (const auto& [id, conversation] : model().conversations()) {
      if (conversation.merged) continue;
      for (const reference::Escalation& each : conversation.escalations) {
        if (!selection.Has(each.occurred, each.values)) continue;
        ++events;
        ++reasons[each.reason].first;
        if (conversation.customer_id.empty()) continue;
        customers.insert(conversation.customer_id);
        reasons[each.reason].second.insert(conversation.customer_id);
      }
    }
    const v1::QueryEscalationsResponse response = on_->Same(&Stub::QueryEscalations, request);
    EXPECT_EQ(response.event_count(), events);
    EXPECT_EQ(response.customer_count(), static_cast<int64_t>(customers.size()));
    EXPECT_EQ(response.reasons_size(), static_cast<int>(reasons.size()));
    for (const v1::EscalationFigures& figures : response.reasons()) {
      const auto& [count, by] = reasons[figures.reason()];
      EXPECT_EQ(figures.event_count(), count);
      EXPECT_EQ(figures.customer_count(), static_cast<int64_t>(by.size()));
      ExpectProportion(figures.event_share(), count, events);
    }
    if (HasFailure()) return;
  }
}

TEST_P(EqualityTest, WhatIsExportedIsWhatCounts) {
  v1::ExportEventsRequest request;
  *request.mutable_range() = ToProto(Interval{RandomConversations::First(), RandomConversations::Last()});
  const std::vector<ConversationEvent> clean = on_->clean.Export(request);
  const std::vector<ConversationEvent> mixed = on_->mixed.Export(request);
  ASSERT_EQ(clean.size(), mixed.size());
  std::map<std::string, std::vector<std::string>> exported;
  for (size_t i = 0; i < clean.size(); ++i) {
    ASSERT_EQ(BytesOf(clean[i]), BytesOf(mixed[i]));
    ConversationEvent event = clean[i];
    event.clear_received_at();
    exported[event.conversation_id()].push_back(BytesOf(event));
  }
  for (const auto& [id, conversation] : model().conversations()) {
    std::vector<std::string> expected;
    for (const ConversationEvent& event : conversation.timeline) expected.push_back(BytesOf(event));
    ASSERT_EQ(exported[id], expected);
  }
}

INSTANTIATE_TEST_SUITE_P(Engines, EqualityTest, ::testing::Values("rocksdb", "redis"),
                         [](const auto& engine) { return std::string(engine.param); });

}  // namespace
}  // namespace rapport::response_times

#include "services/ratings/core/record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "common/time/interval.h"
#include "common/write/partition.h"
#include "services/ratings/core/facts.h"
#include "services/ratings/core/measurement.h"
#include "tests/ratings/events.h"

namespace rapport::ratings {
namespace {

using storage::v1::RatingRecord;
using Counters = std::map<std::pair<std::string, std::string>, int64_t>;

constexpr char kId[] = "r";
const absl::Time kNow = absl::FromUnixSeconds(1'760'000'000);

// Codes that follow from the values alone, as a dictionary that saw all of them would give.
rollup::Codes CodesFor(const Event& event) {
  const rollup::Values values =
      std::visit([](const auto& e) { return rollup::ValuesOf(e.agent_id(), e.channel(), e.labels()); }, event);
  rollup::Codes codes{};
  for (int i = 0; i < rollup::kDimensionCount; ++i) {
    for (const char c : values[i]) codes[i] = static_cast<rollup::Code>(codes[i] * 31 + c);
  }
  return codes;
}

v1::Outcome Apply(const Event& event, RatingRecord& record) {
  const auto* rating = std::get_if<v1::Rating>(&event);
  return rating != nullptr ? AddRating(*rating, CodesFor(event), kNow, record)
                           : AddSurvey(std::get<v1::Survey>(event), CodesFor(event), record);
}

Counters CountersOf(write::Changes changes) {
  store::Mutation mutation;
  std::move(changes).MoveInto(mutation);
  Counters counters;
  for (const store::Add& add : mutation.adds) {
    for (const auto& [field, count] : add.deltas.Sum()) counters[{add.table, field}] = count;
  }
  return counters;
}

Counters Measured(const RatingRecord& record) {
  write::Changes changes;
  Measure(kId, record, +1, changes);
  return CountersOf(std::move(changes));
}

// Applies events as the write path does, and keeps the counters by differences.
struct Written {
  RatingRecord record;
  write::Changes changes;

  v1::Outcome Add(const Event& event) {
    const RatingRecord before = record;
    const v1::Outcome outcome = Apply(event, record);
    Measure(kId, before, -1, changes);
    Measure(kId, record, +1, changes);
    return outcome;
  }
};

// Revisions and surveys of one id, among few moments so that many are tied.
std::vector<Event> EventsOfOneId(RandomEvents& random) {
  std::vector<Event> events;
  const int64_t revisions = random.UpTo(8);
  v1::Rating rating = random.Rating(kId);
  for (int64_t i = 0; i < revisions; ++i) {
    events.emplace_back(rating);
    rating = random.Revised(rating);
  }
  const int64_t surveys = random.UpTo(5);
  for (int64_t i = 0; i < surveys; ++i) {
    events.emplace_back(random.Survey(kId, static_cast<v1::SurveyStatus>(1 + random.UpTo(2))));
  }
  return events;
}

RandomEvents::Options FewMoments() {
  return {.start = kNow - absl::Hours(48), .span = absl::Hours(40), .customers = 3, .moments = 4};
}

TEST(RecordTest, DoesNotDependOnOrderAndRepetition) {
  RandomEvents random(21, FewMoments());
  for (int round = 0; round < 1500; ++round) {
    std::vector<Event> events = EventsOfOneId(random);
    Written clean;
    for (const Event& event : events) clean.Add(event);

    const size_t distinct = events.size();
    for (size_t i = 0; i < distinct; ++i) {
      if (random.OneIn(2)) events.push_back(events[i]);
    }
    std::shuffle(events.begin(), events.end(), random.engine());
    Written shuffled;
    for (const Event& event : events) shuffled.Add(event);

    ASSERT_EQ(BytesOf(shuffled.record), BytesOf(clean.record));
    const Counters counters = CountersOf(std::move(shuffled.changes));
    ASSERT_EQ(counters, CountersOf(std::move(clean.changes)));
    ASSERT_EQ(counters, Measured(shuffled.record)) << "differences add up to the measure of the last state";
    for (const auto& [name, count] : counters) ASSERT_GT(count, 0);
  }
}

TEST(RecordTest, OutcomesTellWhatAnEventDid) {
  RandomEvents random(22, FewMoments());
  std::set<v1::Outcome> seen;
  for (int round = 0; round < 500; ++round) {
    std::vector<Event> events = EventsOfOneId(random);
    for (size_t i = events.size(); i-- > 0;) events.push_back(events[i]);
    RatingRecord record;
    for (const Event& event : events) {
      const RatingRecord before = record;
      const v1::Outcome outcome = Apply(event, record);
      seen.insert(outcome);
      if (outcome == v1::OUTCOME_DUPLICATE) {
        ASSERT_EQ(BytesOf(record), BytesOf(before));
      }
      if (!std::holds_alternative<v1::Rating>(event)) continue;
      if (outcome == v1::OUTCOME_SUPERSEDED) {
        ASSERT_EQ(BytesOf(*Counted(record)), BytesOf(*Counted(before)));
        ASSERT_EQ(record.revisions_size(), before.revisions_size() + 1);
      }
      if (outcome == v1::OUTCOME_CREATED) {
        ASSERT_EQ(Counted(before), nullptr);
      }
      if (outcome == v1::OUTCOME_REPLACED) {
        ASSERT_NE(BytesOf(*Counted(record)), BytesOf(*Counted(before)));
      }
    }
  }
  EXPECT_EQ(seen, (std::set<v1::Outcome>{v1::OUTCOME_CREATED, v1::OUTCOME_REPLACED, v1::OUTCOME_SUPERSEDED,
                                         v1::OUTCOME_DUPLICATE}));
}

TEST(RecordTest, LatestOccurrenceCountsAndTiesGoToTheLargerRevision) {
  const auto rating = [](int points, absl::Duration after, int64_t revision) {
    v1::Rating made = MakeRating(kId, "c", v1::SCALE_CSAT_5, points, kNow + after);
    made.set_revision(revision);
    return made;
  };
  RatingRecord record;
  EXPECT_EQ(Apply(rating(1, absl::Seconds(5), 0), record), v1::OUTCOME_CREATED);
  EXPECT_EQ(Apply(rating(2, absl::Seconds(4), 9), record), v1::OUTCOME_SUPERSEDED);
  EXPECT_EQ(Counted(record)->rating().points(), 1);
  EXPECT_EQ(Apply(rating(3, absl::Seconds(5), 2), record), v1::OUTCOME_REPLACED);
  EXPECT_EQ(Apply(rating(4, absl::Seconds(5), 1), record), v1::OUTCOME_SUPERSEDED);
  EXPECT_EQ(Counted(record)->rating().points(), 3);
  EXPECT_EQ(record.revisions_size(), 4) << "history is kept";
}

TEST(RecordTest, MillisecondsAreKept) {
  v1::Rating rating = MakeRating(kId, "c", v1::SCALE_CSAT_5, 1, kNow);
  rating.mutable_occurred_at()->set_nanos(123'456'789);
  RatingRecord record;
  Apply(rating, record);
  EXPECT_EQ(Counted(record)->rating().occurred_at().nanos(), 123'000'000);
  rating.mutable_occurred_at()->set_nanos(123'999'999);
  EXPECT_EQ(Apply(rating, record), v1::OUTCOME_DUPLICATE);
}

TEST(RecordTest, OutputFieldsOfASenderAreNotTaken) {
  v1::Rating rating = MakeRating(kId, "c", v1::SCALE_CSAT_5, 1, kNow);
  RatingRecord record;
  Apply(rating, record);
  rating.set_comment_withheld(true);
  *rating.mutable_received_at() = ToProto(kNow - absl::Hours(5));
  EXPECT_EQ(Apply(rating, record), v1::OUTCOME_DUPLICATE);
  EXPECT_EQ(FromProto(Counted(record)->rating().received_at()), kNow);
}

TEST(RecordTest, KeepsTheRevisionsThatWouldCountFirst) {
  RatingRecord record;
  const int all = kMostRevisions + 20;
  for (int i = 0; i < all; ++i) {
    const int revision = i * 37 % all;
    v1::Rating rating = MakeRating(kId, "c", v1::SCALE_CSAT_5, 1, kNow);
    rating.set_revision(revision);
    Apply(rating, record);
  }
  ASSERT_EQ(record.revisions_size(), kMostRevisions);
  for (int i = 0; i < kMostRevisions; ++i) EXPECT_EQ(record.revisions(i).rating().revision(), 20 + i);
}

TEST(RecordTest, EarliestEventOfAStatusCounts) {
  RandomEvents random(23, FewMoments());
  v1::Survey survey = random.Survey(kId, v1::SURVEY_STATUS_DELIVERED);
  *survey.mutable_occurred_at() = ToProto(kNow);
  RatingRecord record;
  EXPECT_EQ(Apply(survey, record), v1::OUTCOME_CREATED);
  *survey.mutable_occurred_at() = ToProto(kNow + absl::Seconds(1));
  EXPECT_EQ(Apply(survey, record), v1::OUTCOME_SUPERSEDED);
  *survey.mutable_occurred_at() = ToProto(kNow - absl::Seconds(1));
  EXPECT_EQ(Apply(survey, record), v1::OUTCOME_REPLACED);
  EXPECT_EQ(FromProto(FindSurvey(record, v1::SURVEY_STATUS_DELIVERED)->survey().occurred_at()),
            kNow - absl::Seconds(1));
  EXPECT_EQ(FindSurvey(record, v1::SURVEY_STATUS_OFFERED), nullptr);
}

TEST(RecordTest, SurveyDecidesWhoIsCredited) {
  RatingRecord record;
  v1::Rating rating = MakeRating(kId, "c", v1::SCALE_CSAT_5, 1, kNow);
  rating.set_agent_id("answered");
  Apply(rating, record);
  EXPECT_EQ(CreditedAgent(record), "answered");
  v1::Survey survey;
  survey.set_survey_id(kId);
  survey.set_customer_id("c");
  survey.set_status(v1::SURVEY_STATUS_OFFERED);
  survey.set_agent_id("offered");
  Apply(survey, record);
  EXPECT_EQ(CreditedAgent(record), "offered");
  survey.set_status(v1::SURVEY_STATUS_DELIVERED);
  survey.set_agent_id("delivered");
  Apply(survey, record);
  EXPECT_EQ(CreditedAgent(record), "delivered");
  EXPECT_EQ(CountedCodes(record)[0], CodesFor(survey)[0]);
}

TEST(RecordTest, ASurveyWithoutAnAgentLeavesTheCredit) {
  RatingRecord record;
  v1::Rating rating = MakeRating(kId, "c", v1::SCALE_CSAT_5, 1, kNow);
  rating.set_agent_id("answered");
  Apply(rating, record);
  v1::Survey survey;
  survey.set_status(v1::SURVEY_STATUS_DELIVERED);
  Apply(survey, record);
  EXPECT_EQ(CreditedAgent(record), "answered");
  EXPECT_EQ(CountedCodes(record), CodesFor(rating));
}

TEST(RecordTest, ErasingTakesOutExactlyTheCustomersParts) {
  RandomEvents random(24, FewMoments());
  for (int round = 0; round < 1500; ++round) {
    const std::vector<Event> events = EventsOfOneId(random);
    const std::string erased = random.Customer();
    Written with;
    bool any = false;
    for (const Event& event : events) {
      with.Add(event);
      any = any || CustomerOf(event) == erased;
    }
    // A survey of another that was the earliest hides one of this customer, and the reverse: a record cannot give back
    // what it did not keep. What remains is what it kept of others.
    RatingRecord expected = with.record;
    expected.clear_revisions();
    expected.clear_surveys();
    bool kept_any = false;
    for (const auto& revision : with.record.revisions()) {
      kept_any = kept_any || revision.rating().customer_id() == erased;
      if (revision.rating().customer_id() != erased) *expected.add_revisions() = revision;
    }
    for (const auto& survey : with.record.surveys()) {
      kept_any = kept_any || survey.survey().customer_id() == erased;
      if (survey.survey().customer_id() != erased) *expected.add_surveys() = survey;
    }
    const RatingRecord before = with.record;
    ASSERT_EQ(EraseCustomer(erased, with.record), kept_any);
    const bool nothing_left = expected.revisions_size() + expected.surveys_size() == 0;
    expected.set_erased(kept_any && nothing_left);
    if (kept_any && !nothing_left) expected.add_erased_customers(write::StableHash(erased));
    ASSERT_EQ(BytesOf(with.record), BytesOf(expected));
    Measure(kId, before, -1, with.changes);
    Measure(kId, with.record, +1, with.changes);
    ASSERT_EQ(CountersOf(std::move(with.changes)), Measured(with.record));
    ASSERT_FALSE(EraseCustomer(erased, with.record)) << "again";
  }
}

TEST(RecordTest, EveryCustomerInARecordIsFoundByItsDays) {
  RandomEvents random(25, FewMoments());
  for (int round = 0; round < 500; ++round) {
    RatingRecord record;
    for (const Event& event : EventsOfOneId(random)) Apply(event, record);
    std::set<std::string> named;
    for (const auto& revision : record.revisions()) named.insert(revision.rating().customer_id());
    for (const auto& survey : record.surveys()) named.insert(survey.survey().customer_id());
    std::set<std::string> found;
    for (const auto& [name, count] : Measured(record)) {
      if (name.first[0] != 'c') continue;
      const auto day = DecodeCustomerDay(name.second);
      ASSERT_TRUE(day.has_value());
      EXPECT_EQ(name.first, CustomerDayTable(day->customer_id));
      found.emplace(day->customer_id);
    }
    ASSERT_EQ(found, named);
  }
}

TEST(RecordTest, AnErasedCustomersEventsStayOutOfARecordThatAnotherKeeps) {
  RatingRecord record;
  const v1::Rating of_erased = MakeRating(kId, "c", v1::SCALE_CSAT_5, 1, kNow);
  v1::Rating of_another = MakeRating(kId, "d", v1::SCALE_CSAT_5, 2, kNow + absl::Seconds(1));
  Apply(of_erased, record);
  Apply(of_another, record);
  EXPECT_TRUE(EraseCustomer("c", record));
  EXPECT_EQ(Apply(of_erased, record), v1::OUTCOME_ERASED);
  EXPECT_EQ(Apply(of_another, record), v1::OUTCOME_DUPLICATE);
  of_another.set_revision(1);
  EXPECT_EQ(Apply(of_another, record), v1::OUTCOME_REPLACED);
  EXPECT_TRUE(EraseCustomer("d", record));
  EXPECT_TRUE(record.erased());
}

TEST(RecordTest, ErasedIdsStayErased) {
  RatingRecord record;
  const v1::Rating rating = MakeRating(kId, "c", v1::SCALE_CSAT_5, 1, kNow);
  v1::Survey survey;
  survey.set_customer_id("c");
  survey.set_status(v1::SURVEY_STATUS_DELIVERED);
  Apply(rating, record);
  Apply(survey, record);
  EXPECT_TRUE(EraseCustomer("c", record));
  EXPECT_EQ(Apply(rating, record), v1::OUTCOME_ERASED);
  EXPECT_EQ(Apply(survey, record), v1::OUTCOME_ERASED);
  v1::Rating of_another = rating;
  of_another.set_customer_id("d");
  EXPECT_EQ(Apply(of_another, record), v1::OUTCOME_ERASED);
  EXPECT_TRUE(Measured(record).empty());
}

TEST(RecordTest, PackedBytesUnpackToTheSame) {
  RandomEvents random(26, FewMoments());
  for (int round = 0; round < 500; ++round) {
    RatingRecord record;
    for (const Event& event : EventsOfOneId(random)) Apply(event, record);
    const auto unpacked = Unpack(kId, Pack(record));
    ASSERT_TRUE(unpacked.ok()) << unpacked.status();
    ASSERT_EQ(BytesOf(*unpacked), BytesOf(record));
  }
  EXPECT_EQ(Unpack(kId, "\xff\xff").status().code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace rapport::ratings

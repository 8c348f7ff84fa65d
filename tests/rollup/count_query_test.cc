#include "common/rollup/count_query.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "common/time/buckets.h"

namespace rapport::rollup {
namespace {

using common::v1::Dimension;
using common::v1::DIMENSION_AGENT;
using common::v1::DIMENSION_CHANNEL;

constexpr int kPartitions = 3;

struct Event {
  absl::Time time;
  Codes codes{};
  Measure measure = 0;
  int64_t delta = 1;
};

absl::Time Utc(int64_t year, int month, int day, int hour = 0, int minute = 0, int second = 0) {
  return absl::FromCivil(absl::CivilSecond(year, month, day, hour, minute, second), absl::UTCTimeZone());
}

// Events with their counters, spread over partitions as a store would hold them.
// Of another family than the others.
constexpr Measure kFarMeasure = 70'000;

class Counters {
 public:
  explicit Counters(std::vector<Event> events, Pairs pairs = Pairs::kAllLevels) : events_(std::move(events)) {
    for (size_t i = 0; i < events_.size(); ++i) {
      write::Changes changes;
      Count(events_[i].time, events_[i].codes, events_[i].measure, events_[i].delta, changes, pairs);
      store::Mutation mutation;
      std::move(changes).MoveInto(mutation);
      for (const store::Add& add : mutation.adds) tables_[{i % kPartitions, add.table}].Append(add.deltas);
    }
    for (auto& [unused, log] : tables_) EXPECT_TRUE(log.Compact().ok());
  }

  std::vector<CountRow> Answer(const Question& question) const {
    CountQuery query(question);
    for (size_t table = 0; table < query.tables().size(); ++table) {
      for (size_t partition = 0; partition < kPartitions; ++partition) {
        const auto found = tables_.find({partition, query.tables()[table]});
        if (found == tables_.end()) continue;
        EXPECT_TRUE(query.TakeTable(table, found->second).ok());
      }
    }
    for (const CountQuery::Fragment& fragment : query.fragments()) {
      if (question.pairs == Pairs::kAllLevels) {
        EXPECT_LT(fragment.piece.end - fragment.piece.start, 2 * kSlot);
      }
      for (const Event& event : events_) {
        if (fragment.piece.Contains(event.time)) query.TakeEvent(fragment, event.codes, event.measure, event.delta);
      }
    }
    return query.Rows();
  }

  std::vector<CountRow> BruteForce(const Question& question) const {
    std::map<std::pair<int, Code>, std::map<Measure, int64_t>> rows;
    for (const Event& event : events_) {
      if (question.filter && event.codes[IndexOf(question.filter->dimension)] != question.filter->code) continue;
      const Code group = question.group_by ? event.codes[IndexOf(*question.group_by)] : kNoValue;
      for (size_t i = 0; i < question.intervals.size(); ++i) {
        if (!question.intervals[i].Contains(event.time)) continue;
        rows[{static_cast<int>(i), group}][event.measure] += event.delta;
      }
    }
    std::vector<CountRow> result;
    for (auto& [place, counts] : rows) {
      std::erase_if(counts, [&](const auto& count) {
        return count.second == 0 ||
               std::count(question.families.begin(), question.families.end(), FamilyOf(count.first)) == 0;
      });
      if (!counts.empty()) result.push_back({place.first, place.second, {counts.begin(), counts.end()}});
    }
    return result;
  }

 private:
  std::vector<Event> events_;
  std::map<std::pair<size_t, std::string>, store::CounterLog> tables_;
};

bool SameRows(const std::vector<CountRow>& a, const std::vector<CountRow>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const CountRow& x, const CountRow& y) {
    return x.interval == y.interval && x.group == y.group && x.counts == y.counts;
  });
}

class Randomness {
 public:
  explicit Randomness(uint64_t seed) : engine_(seed) {}

  int64_t UpTo(int64_t n) { return std::uniform_int_distribution<int64_t>(0, n)(engine_); }
  bool OneIn(int64_t n) { return UpTo(n - 1) == 0; }

  // Between November 2023 and May 2024; often at the end or beginning of a month, a day or a slot.
  absl::Time Moment() {
    const absl::Time start = Utc(2023, 11, 20);
    absl::Time t = start + absl::Milliseconds(UpTo(absl::Hours(24 * 160) / absl::Milliseconds(1)));
    const absl::CivilSecond civil = absl::ToCivilSecond(t, absl::UTCTimeZone());
    if (OneIn(3)) t = absl::FromCivil(absl::CivilMonth(civil), absl::UTCTimeZone()) + Jitter(absl::Hours(36));
    if (OneIn(4)) t = absl::FromCivil(absl::CivilDay(civil), absl::UTCTimeZone()) + Jitter(absl::Minutes(40));
    if (OneIn(6)) t = absl::FromUnixSeconds(absl::ToUnixSeconds(t) / 900 * 900) + Jitter(absl::Milliseconds(2));
    return absl::FromUnixMillis(absl::ToUnixMillis(t));
  }

  Codes SomeCodes() {
    Codes codes{};
    for (Code& code : codes) code = OneIn(3) ? kNoValue : static_cast<Code>(1 + UpTo(4));
    return codes;
  }

  std::vector<Event> Events(int count) {
    std::vector<Event> events;
    for (int i = 0; i < count; ++i) {
      const Event event{Moment(), SomeCodes(), static_cast<Measure>(OneIn(20) ? kFarMeasure : UpTo(6)), 1};
      events.push_back(event);
      // Some are taken back, and counted otherwise.
      if (!OneIn(5)) continue;
      events.push_back({event.time, event.codes, event.measure, -1});
      events.push_back({Moment(), SomeCodes(), event.measure, +1});
    }
    return events;
  }

  std::vector<Interval> Intervals() {
    switch (UpTo(4)) {
      case 0:  // any
        return Between({Moment(), Moment()});
      case 1:  // several, with gaps
        return Between({Moment(), Moment(), Moment(), Moment(), Moment(), Moment()});
      case 2: {  // whole months
        const absl::CivilMonth first(2023, 11 + static_cast<int>(UpTo(4)));
        return {
            {absl::FromCivil(first, absl::UTCTimeZone()), absl::FromCivil(first + 1 + UpTo(3), absl::UTCTimeZone())}};
      }
      case 3: {  // slots
        const absl::Time start = absl::FromUnixSeconds(absl::ToUnixSeconds(Moment()) / 900 * 900);
        const absl::Time end = start + kSlot * (1 + UpTo(400));
        return {{start, end}, {end, end + kSlot * (1 + UpTo(4000))}};
      }
      default: {  // buckets of a zone, also of one that is off by seconds
        static constexpr const char* kZones[] = {"", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe",
                                                 "Asia/Kathmandu"};
        const absl::TimeZone zone = *LoadZone(kZones[UpTo(4)], "");
        const Interval range = Between({Moment(), Moment()}).front();
        const auto bucket = static_cast<common::v1::Bucket>(common::v1::BUCKET_DAY + UpTo(2));
        return *CutIntoBuckets(range, bucket, zone, 1000);
      }
    }
  }

 private:
  absl::Duration Jitter(absl::Duration most) {
    const int64_t millis = most / absl::Milliseconds(1);
    return absl::Milliseconds(UpTo(2 * millis) - millis);
  }

  static std::vector<Interval> Between(std::vector<absl::Time> edges) {
    std::sort(edges.begin(), edges.end());
    std::vector<Interval> intervals;
    for (size_t i = 0; i + 1 < edges.size(); i += 2) {
      intervals.push_back({edges[i], std::max(edges[i + 1], edges[i] + absl::Milliseconds(1))});
      if (i + 2 < edges.size()) edges[i + 2] = std::max(edges[i + 2], intervals.back().end);
    }
    return intervals;
  }

  std::mt19937_64 engine_;
};

std::string Shown(const Question& question) {
  std::string shown = absl::StrCat("group by ", question.group_by ? static_cast<int>(*question.group_by) : 0);
  if (question.filter) absl::StrAppend(&shown, ", filter ", question.filter->dimension, "=", question.filter->code);
  for (const Interval& each : question.intervals) {
    absl::StrAppend(&shown, "\n", absl::FormatTime(each.start, absl::UTCTimeZone()), " to ",
                    absl::FormatTime(each.end, absl::UTCTimeZone()));
  }
  return shown;
}

// Ungrouped, grouped, filtered by a value, by none, by one that does not occur, and both at once.
std::vector<Question> EveryQuestion(const std::vector<Interval>& intervals) {
  std::vector<std::optional<Dimension>> groups = {std::nullopt};
  for (int i = 0; i < kDimensionCount; ++i) groups.emplace_back(DimensionAt(i));
  std::vector<Question> questions;
  for (const auto& group : groups) {
    questions.push_back({intervals, group, std::nullopt});
    questions.push_back({intervals, group, std::nullopt, Pairs::kAllLevels, {0, FamilyOf(kFarMeasure)}});
    questions.push_back({intervals, group, std::nullopt, Pairs::kAllLevels, {FamilyOf(kFarMeasure)}});
    for (int i = 0; i < kDimensionCount; ++i) {
      if (group == DimensionAt(i)) continue;
      for (const Code code : {kNoValue, kOtherValue, kFirstValue, Code{99}}) {
        questions.push_back({intervals, group, Question::Filter{DimensionAt(i), code}});
      }
    }
  }
  return questions;
}

TEST(CountQueryTest, AgreesWithBruteForceForEveryGroupAndFilter) {
  Randomness random(7);
  const Counters counters(random.Events(3000));
  for (int round = 0; round < 12; ++round) {
    for (const Question& question : EveryQuestion(random.Intervals())) {
      ASSERT_TRUE(SameRows(counters.Answer(question), counters.BruteForce(question))) << Shown(question);
    }
  }
}

TEST(CountQueryTest, AgreesWithBruteForceWherePairsAreCountedByMonthOnly) {
  Randomness random(9);
  const Counters counters(random.Events(2000), Pairs::kMonthsOnly);
  for (int round = 0; round < 12; ++round) {
    std::vector<Question> questions = EveryQuestion(random.Intervals());
    for (Question& question : questions) {
      question.pairs = Pairs::kMonthsOnly;
      ASSERT_TRUE(SameRows(counters.Answer(question), counters.BruteForce(question))) << Shown(question);
    }
  }
}

TEST(CountQueryTest, AgreesWithBruteForceOnManyIntervals) {
  Randomness random(8);
  const Counters counters(random.Events(1500));
  for (int round = 0; round < 1500; ++round) {
    Question question{random.Intervals(), std::nullopt, std::nullopt};
    if (random.OneIn(2)) question.group_by = DimensionAt(static_cast<int>(random.UpTo(2)));
    if (random.OneIn(2)) {
      question.filter = {DimensionAt(3 + static_cast<int>(random.UpTo(2))), static_cast<Code>(random.UpTo(3))};
    }
    ASSERT_TRUE(SameRows(counters.Answer(question), counters.BruteForce(question))) << Shown(question);
  }
}

TEST(CountQueryTest, HoursOfManyDaysAgreeWithBruteForce) {
  Randomness random(9);
  const Counters counters(random.Events(1500));
  const absl::TimeZone zone = *LoadZone("Australia/Lord_Howe", "");
  const Interval range{Utc(2024, 3, 30, 3, 7, 11), Utc(2024, 4, 9, 1, 2, 3)};
  const Question question{*CutIntoBuckets(range, common::v1::BUCKET_HOUR, zone, 10'000), DIMENSION_AGENT,
                          Question::Filter{DIMENSION_CHANNEL, kNoValue}};
  EXPECT_TRUE(SameRows(counters.Answer(question), counters.BruteForce(question)));
}

TEST(CountQueryTest, ReadsFewTablesForALongRange) {
  const CountQuery query({{{Utc(2020, 1, 1), Utc(2025, 1, 1)}}, DIMENSION_AGENT, std::nullopt});
  EXPECT_EQ(query.tables().size(), 2u * 60);
  EXPECT_TRUE(query.fragments().empty());
}

TEST(CountQueryTest, RangeThatCutsEverythingReadsEachLevelOnce) {
  const CountQuery query({{{Utc(2025, 1, 10, 5, 7), Utc(2025, 4, 20, 18, 2)}}, std::nullopt, std::nullopt});
  EXPECT_THAT(query.tables(), ::testing::UnorderedElementsAre("s0020250110", "d00202501", "m00202502", "m00202503",
                                                              "d00202504", "s0020250420"));
  ASSERT_EQ(query.fragments().size(), 2u);
  EXPECT_EQ(query.fragments()[0].piece, (Interval{Utc(2025, 1, 10, 5, 7), Utc(2025, 1, 10, 5, 15)}));
  EXPECT_EQ(query.fragments()[1].piece, (Interval{Utc(2025, 4, 20, 18), Utc(2025, 4, 20, 18, 2)}));
}

TEST(CountQueryTest, IntervalInsideASlotIsOneFragment) {
  const Interval inside{Utc(2025, 1, 10, 5, 1), Utc(2025, 1, 10, 5, 2)};
  const CountQuery query({{inside}, std::nullopt, std::nullopt});
  EXPECT_TRUE(query.tables().empty());
  ASSERT_EQ(query.fragments().size(), 1u);
  EXPECT_EQ(query.fragments()[0].piece, inside);
}

TEST(CountQueryTest, DamagedTableIsDataLoss) {
  const Question question{{{Utc(2025, 1, 1), Utc(2025, 2, 1)}}, std::nullopt, std::nullopt};
  for (const std::string& field : {std::string("no cell"), EncodeCell({96, 0, 0, 1})}) {
    store::CounterLog log;
    log.Add(field, 1);
    CountQuery query(question);
    EXPECT_EQ(query.TakeTable(0, log).code(), absl::StatusCode::kDataLoss);
  }
  CountQuery query(question);
  EXPECT_EQ(query.TakeTable(0, store::CounterLog("\x7f")).code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace rapport::rollup

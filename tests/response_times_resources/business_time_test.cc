#include "services/response_times/core/business_time.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "absl/strings/str_format.h"
#include "services/response_times/core/opening_hours.h"
#include "tests/response_times_resources/calendars.h"
#include "tests/time/local_time.h"

namespace rapport::response_times {
namespace {

const HourList kOffice = {{"09:00", "17:00"}};

TEST(BusinessTimeTest, CountsWhatIsOpenOnly) {
  const BusinessTime time = Open({Calendar("office", "Europe/Berlin", Weekdays(), kOffice)});
  const absl::TimeZone berlin = Zone("Europe/Berlin");
  // A Friday's noon to the Tuesday after.
  EXPECT_EQ(time.Between(Local(berlin, 2024, 3, 15, 12), Local(berlin, 2024, 3, 19, 10)),
            absl::Hours(5) + absl::Hours(8) + absl::Hours(1));
  EXPECT_EQ(time.calendar_id(), "office");
}

TEST(BusinessTimeTest, KeepsMilliseconds) {
  const BusinessTime time = Open({Calendar("office", "UTC", Weekdays(), kOffice)});
  const absl::Time opening = Local(absl::UTCTimeZone(), 2024, 3, 15, 9);
  EXPECT_EQ(time.Between(opening - absl::Milliseconds(5), opening + absl::Milliseconds(7)), absl::Milliseconds(7));
  EXPECT_EQ(time.Due(opening - absl::Hours(1), absl::Milliseconds(7)), opening + absl::Milliseconds(7));
}

TEST(BusinessTimeTest, IsZeroWithoutOpenTime) {
  const BusinessTime time = Open({Calendar("office", "UTC", Weekdays(), kOffice)});
  const absl::Time saturday = Local(absl::UTCTimeZone(), 2024, 3, 16);
  EXPECT_EQ(time.Between(saturday, saturday + absl::Hours(48)), absl::ZeroDuration());
  EXPECT_EQ(time.Between(saturday + absl::Hours(48), saturday), absl::ZeroDuration());
  EXPECT_EQ(time.Between(saturday, saturday), absl::ZeroDuration());
}

TEST(BusinessTimeTest, LeavesOutTheBreakOfASplitShift) {
  const BusinessTime time = Open({Calendar("split", "UTC", Weekdays(), {{"13:30", "18:00"}, {"08:00", "12:00"}})});
  const absl::Time friday = Local(absl::UTCTimeZone(), 2024, 3, 15);
  EXPECT_EQ(time.Between(friday + absl::Hours(11), friday + absl::Hours(14)), absl::Minutes(90));
  EXPECT_EQ(time.Due(friday + absl::Hours(11), absl::Minutes(61)), friday + absl::Minutes(13 * 60 + 31));
}

TEST(BusinessTimeTest, EndsADayAtMidnight) {
  const BusinessTime time = Open({Calendar("evening", "UTC", Weekdays(), {{"22:00", "24:00"}})});
  const absl::Time friday = Local(absl::UTCTimeZone(), 2024, 3, 15);
  EXPECT_EQ(time.Between(friday, friday + absl::Hours(48)), absl::Hours(2));
  EXPECT_EQ(time.Due(friday, absl::Hours(2)), friday + absl::Hours(24));
}

TEST(BusinessTimeTest, TakesHolidaysInTheZoneOfTheCalendar) {
  v1::BusinessCalendar calendar = Calendar("tokyo", "Asia/Tokyo", EveryDay(), kOffice);
  AddHoliday("2024-05-03", {}, calendar);
  AddHoliday("2024-05-04", {{"10:00", "12:00"}}, calendar);
  const BusinessTime time = Open({calendar});
  const absl::TimeZone tokyo = Zone("Asia/Tokyo");
  EXPECT_EQ(time.Between(Local(tokyo, 2024, 5, 3), Local(tokyo, 2024, 5, 4)), absl::ZeroDuration());
  EXPECT_EQ(time.Between(Local(tokyo, 2024, 5, 4), Local(tokyo, 2024, 5, 5)), absl::Hours(2));
  EXPECT_EQ(time.Between(Local(tokyo, 2024, 5, 2), Local(tokyo, 2024, 5, 3)), absl::Hours(8));
}

TEST(BusinessTimeTest, CountsTheHourThatAutumnRepeats) {
  const BusinessTime time = Open({Calendar("always", "Europe/Berlin", EveryDay(), {{"00:00", "24:00"}})});
  const absl::TimeZone berlin = Zone("Europe/Berlin");
  EXPECT_EQ(time.Between(Local(berlin, 2024, 10, 27), Local(berlin, 2024, 10, 28)), absl::Hours(25));
  EXPECT_EQ(time.Between(Local(berlin, 2024, 3, 31), Local(berlin, 2024, 4, 1)), absl::Hours(23));
}

TEST(BusinessTimeTest, MovesEdgesInTheHourThatSpringSkips) {
  const absl::TimeZone berlin = Zone("Europe/Berlin");
  const auto sunday = [&](const std::string& opens, const std::string& closes) {
    return Open({Calendar("night", "Europe/Berlin", {v1::DAY_OF_WEEK_SUNDAY}, {{opens, closes}})})
        .Between(Local(berlin, 2024, 3, 31), Local(berlin, 2024, 4, 1));
  };
  EXPECT_EQ(sunday("02:30", "03:15"), absl::Minutes(15));
  EXPECT_EQ(sunday("01:00", "02:30"), absl::Hours(1));
  EXPECT_EQ(sunday("02:15", "02:45"), absl::ZeroDuration());
}

TEST(BusinessTimeTest, IsDueAtClosingWhenTheDayIsFilledExactly) {
  const BusinessTime time = Open({Calendar("office", "UTC", Weekdays(), kOffice)});
  const absl::Time friday = Local(absl::UTCTimeZone(), 2024, 3, 15);
  EXPECT_EQ(time.Due(friday + absl::Hours(9), absl::Hours(8)), friday + absl::Hours(17));
  EXPECT_EQ(time.Due(friday + absl::Hours(9), absl::Hours(8) + absl::Milliseconds(1)),
            friday + absl::Hours(3 * 24 + 9) + absl::Milliseconds(1));
}

TEST(BusinessTimeTest, StartsAtTheNextOpening) {
  const BusinessTime time = Open({Calendar("office", "UTC", Weekdays(), kOffice)});
  const absl::Time saturday = Local(absl::UTCTimeZone(), 2024, 3, 16, 11);
  EXPECT_EQ(time.Due(saturday, absl::Hours(1)), Local(absl::UTCTimeZone(), 2024, 3, 18, 10));
  EXPECT_EQ(time.Due(saturday, absl::ZeroDuration()), saturday);
}

TEST(BusinessTimeTest, CountsEachMomentByTheVersionInEffectThen) {
  const absl::TimeZone utc = absl::UTCTimeZone();
  const v1::BusinessCalendar always = Calendar("c", "UTC", EveryDay(), {{"00:00", "24:00"}});
  const v1::BusinessCalendar office = Calendar("c", "UTC", EveryDay(), kOffice);
  const BusinessTime time = Open({From(Local(utc, 2024, 1, 2), office), From(Local(utc, 2024, 1, 3, 12), always)});
  EXPECT_EQ(time.Between(Local(utc, 2024, 1, 1), Local(utc, 2024, 1, 2)), absl::ZeroDuration());
  EXPECT_EQ(time.Between(Local(utc, 2024, 1, 2), Local(utc, 2024, 1, 3)), absl::Hours(8));
  EXPECT_EQ(time.Between(Local(utc, 2024, 1, 3), Local(utc, 2024, 1, 4)), absl::Hours(3) + absl::Hours(12));
  EXPECT_EQ(time.Due(Local(utc, 2023, 12, 31), absl::Hours(12)), Local(utc, 2024, 1, 3, 13));
}

TEST(BusinessTimeTest, PlansThatALaterVersionPrecedesAreDropped) {
  const absl::TimeZone utc = absl::UTCTimeZone();
  const BusinessTime time =
      Open({Calendar("c", "UTC", EveryDay(), kOffice),
            From(Local(utc, 2024, 3, 1), Calendar("c", "UTC", EveryDay(), {{"00:00", "24:00"}})),
            From(Local(utc, 2024, 2, 1), Calendar("c", "UTC", EveryDay(), {{"10:00", "11:00"}}))});
  EXPECT_EQ(time.Between(Local(utc, 2024, 1, 31), Local(utc, 2024, 2, 1)), absl::Hours(8));
  EXPECT_EQ(time.Between(Local(utc, 2024, 3, 31), Local(utc, 2024, 4, 1)), absl::Hours(1));
}

TEST(BusinessTimeTest, IsNeverDueWhenItNeverOpens) {
  const absl::TimeZone utc = absl::UTCTimeZone();
  const BusinessTime time = Open({From(Local(utc, 2200, 1, 1), Calendar("c", "UTC", Weekdays(), kOffice))});
  EXPECT_EQ(time.Due(Local(utc, 2024, 1, 1), absl::Milliseconds(1)), absl::InfiniteFuture());
}

TEST(BusinessTimeTest, RefusesCalendarsThatDoNotParse) {
  for (const v1::BusinessCalendar& calendar :
       {Calendar("c", "Mars/Olympus", Weekdays(), kOffice), Calendar("c", "UTC", Weekdays(), {{"17:00", "09:00"}}),
        Calendar("c", "UTC", Weekdays(), {{"9", "17:00"}}),
        Calendar("c", "UTC", {v1::DAY_OF_WEEK_UNSPECIFIED}, kOffice)}) {
    EXPECT_EQ(BusinessTime::Create({calendar}).status().code(), absl::StatusCode::kInvalidArgument)
        << calendar.DebugString();
  }
}

// What is open, minute by minute: the latest time that the local clock has shown decides.
class MinuteByMinute {
 public:
  MinuteByMinute(const std::vector<v1::BusinessCalendar>& versions, absl::Time first, int minutes) : first_(first) {
    std::vector<bool> open;
    for (const v1::BusinessCalendar& version : versions) {
      const absl::TimeZone zone = Zone(version.time_zone());
      absl::CivilMinute shown = absl::CivilMinute::min();
      // Clocks go back by less than a day: what they showed before `first` counts too.
      for (int i = -24 * 60; i < minutes; ++i) {
        const absl::Time t = first + absl::Minutes(i);
        shown = std::max(shown, absl::ToCivilMinute(t, zone));
        if (i < 0) continue;
        if (static_cast<size_t>(i) == open.size()) open.push_back(false);
        if (!version.has_effective_from() || FromProto(version.effective_from()) <= t) open[i] = IsOpen(version, shown);
      }
    }
    before_.push_back(0);
    for (const bool each : open) before_.push_back(before_.back() + (each ? 60'000 : 0));
  }

  // Open milliseconds from the first minute until `t`.
  int64_t Until(absl::Time t) const {
    const int64_t millis = (t - first_) / absl::Milliseconds(1);
    const size_t minute = millis / 60'000;
    const int64_t whole = before_[minute];
    return before_[minute + 1] == whole ? whole : whole + millis % 60'000;
  }

  absl::Time Due(absl::Time start, int64_t allowance) const {
    const int64_t goal = Until(start) + allowance;
    const auto reached = std::lower_bound(before_.begin(), before_.end(), goal);
    if (reached == before_.end()) return absl::InfiniteFuture();
    return first_ + absl::Minutes(reached - before_.begin()) - absl::Milliseconds(*reached - goal);
  }

 private:
  static bool IsOpen(const v1::BusinessCalendar& calendar, absl::CivilMinute shown) {
    const std::string date = absl::FormatCivilTime(absl::CivilDay(shown));
    const std::string minute = absl::StrFormat("%02d:%02d", shown.hour(), shown.minute());
    const auto within = [&](const auto& hours) {
      return std::any_of(hours.begin(), hours.end(), [&](const v1::OpenHours& each) {
        return each.opens_at() <= minute && minute < each.closes_at();
      });
    };
    for (const v1::Holiday& holiday : calendar.holidays()) {
      if (holiday.date() == date) return within(holiday.hours());
    }
    for (const v1::WeekdayHours& weekday : calendar.week()) {
      if (static_cast<int>(weekday.day()) - 1 == static_cast<int>(absl::GetWeekday(shown))) {
        return within(weekday.hours());
      }
    }
    return false;
  }

  absl::Time first_;
  std::vector<int64_t> before_;
};

class RandomCalendars {
 public:
  explicit RandomCalendars(uint64_t seed) : random_(seed) {}

  int64_t UpTo(int64_t n) { return std::uniform_int_distribution<int64_t>(0, n)(random_); }

  HourList Hours() {
    std::vector<int> edges;
    for (int64_t i = 2 * UpTo(3); i > 0; --i) edges.push_back(static_cast<int>(UpTo(UpTo(1) == 0 ? 200 : 1440)));
    std::sort(edges.begin(), edges.end());
    HourList hours;
    for (size_t i = 0; i < edges.size(); i += 2) {
      if (edges[i] < edges[i + 1]) hours.emplace_back(Text(edges[i]), Text(edges[i + 1]));
    }
    return hours;
  }

  v1::BusinessCalendar Make(const std::string& zone, absl::Time around) {
    v1::BusinessCalendar calendar = Calendar("c", zone, {}, {});
    for (const v1::DayOfWeek day : EveryDay()) {
      if (UpTo(3) == 0) continue;
      *calendar.add_week() = Calendar("c", zone, {day}, UpTo(4) == 0 ? HourList{{"00:00", "24:00"}} : Hours()).week(0);
    }
    for (int64_t offset = -3; offset <= 3; ++offset) {
      if (UpTo(2) != 0) continue;
      AddHoliday(absl::FormatCivilTime(absl::ToCivilDay(around, Zone(zone)) + offset), Hours(), calendar);
    }
    return calendar;
  }

 private:
  static std::string Text(int minute) { return absl::StrFormat("%02d:%02d", minute / 60, minute % 60); }

  std::mt19937_64 random_;
};

TEST(BusinessTimeTest, AgreesWithCountingEachMinute) {
  const std::vector<std::pair<std::string, absl::Time>> places = {
      {"Australia/Lord_Howe", absl::FromUnixSeconds(1712415600)},  // half an hour back
      {"Australia/Lord_Howe", absl::FromUnixSeconds(1728142200)},  // half an hour on
      {"Asia/Kathmandu", absl::FromUnixSeconds(1712415600)},
      {"America/New_York", absl::FromUnixSeconds(1710054000)},
      {"America/New_York", absl::FromUnixSeconds(1730613600)},
      {"Europe/Berlin", absl::FromUnixSeconds(1711846800)},
      {"Europe/Berlin", absl::FromUnixSeconds(1729990800)},
      {"Pacific/Apia", absl::FromUnixSeconds(1325239200)},       // skips a day
      {"America/St_Johns", absl::FromUnixSeconds(1162089060)},   // goes back at a minute past midnight
      {"America/Sao_Paulo", absl::FromUnixSeconds(1541300400)},  // skips midnight
      {"America/Sao_Paulo", absl::FromUnixSeconds(1518919200)},  // goes back over midnight
  };
  constexpr int kMinutes = 8 * 24 * 60;
  RandomCalendars random(7);
  for (int round = 0; round < 330; ++round) {
    const auto& [zone, change] = places[round % places.size()];
    const absl::Time first = absl::FromUnixSeconds(absl::ToUnixSeconds(change) / 60 * 60) - absl::Hours(4 * 24);
    std::vector<v1::BusinessCalendar> versions = {random.Make(zone, change)};
    if (random.UpTo(1) == 0) versions[0] = From(first + absl::Minutes(random.UpTo(kMinutes)), versions[0]);
    for (int64_t more = random.UpTo(2); more > 0; --more) {
      versions.push_back(From(first + absl::Minutes(random.UpTo(kMinutes)),
                              random.Make(random.UpTo(3) == 0 ? "Asia/Kathmandu" : zone, change)));
    }
    const BusinessTime time = Open(versions);
    const MinuteByMinute reference(versions, first, kMinutes);
    for (int i = 0; i < 60; ++i) {
      absl::Time a = first + absl::Milliseconds(random.UpTo(kMinutes * int64_t{60'000} - 1));
      absl::Time b = first + absl::Milliseconds(random.UpTo(kMinutes * int64_t{60'000} - 1));
      if (i % 3 == 0) b = std::min(first + absl::Minutes(kMinutes - 1), a + absl::Milliseconds(random.UpTo(7'200'000)));
      if (b < a) std::swap(a, b);
      const int64_t open = reference.Until(b) - reference.Until(a);
      ASSERT_EQ(time.Between(a, b), absl::Milliseconds(open)) << zone << " " << Shown(Interval{a, b});
      const int64_t allowance = random.UpTo(2) == 0 ? open : random.UpTo(open);
      if (allowance > 0) {
        ASSERT_EQ(time.Due(a, absl::Milliseconds(allowance)), reference.Due(a, allowance)) << zone << " " << a;
      }
    }
  }
}

TEST(OpeningHoursTest, ParsesMinutesOfTheDay) {
  EXPECT_EQ(ParseMinuteOfDay("00:00"), 0);
  EXPECT_EQ(ParseMinuteOfDay("23:59"), 1439);
  EXPECT_EQ(ParseMinuteOfDay("24:00"), 1440);
  for (const char* text : {"", "9:00", "24:01", "25:00", "12:60", "12.00", "-1:00", "12:0a", "12:000"}) {
    EXPECT_EQ(ParseMinuteOfDay(text), std::nullopt) << text;
  }
}

TEST(OpeningHoursTest, ParsesDates) {
  EXPECT_EQ(ParseDate("2024-02-29"), absl::CivilDay(2024, 2, 29));
  for (const char* text : {"", "2023-02-29", "2024-13-01", "2024-00-10", "24-02-01", "2024/02/01", "2024-2-1"}) {
    EXPECT_EQ(ParseDate(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace rapport::response_times
